/* SPDX-License-Identifier: Apache-2.0 */
/* assertion.h: writes assertions, the JWTs that an agent signs with its own key (RFC 7523 section 3). */
#ifndef AGENTAUTH_AGENT_ASSERTION_H
#define AGENTAUTH_AGENT_ASSERTION_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/jose/key.h"
#include "common/jose/key_private.h"

#define ASSERTION_TASK_MAX 128

struct assertion {
	const char *agent, *audience;
	const char *nonce, *scope, *task; /* may be NULL */
	const char *kid;		  /* NULL stands for the key's RFC 7638 thumbprint */
	int64_t ttl;
	enum aa_alg alg; /* AA_ALG_INVALID stands for the key's default */
};

/* Returns the signed assertion for own_wipe(), or NULL with the reason said, which may be a value that cannot be. */
char *assertion_sign(const struct assertion *assertion, const struct aa_private_key *key, int64_t now);

/* Returns the id under which a host knows the key: `asked`, or the id that the key has itself, as a JWK may, or its RFC 7638
 * thumbprint, which is written into `room`. NULL means that memory is out. */
const char *assertion_kid(const char *asked, const struct aa_key *public, char room[44]);

/* The header has these members beside the algorithm. */
struct assertion_header {
	const char *typ;      /* NULL stands for "JWT" */
	const char *kid;      /* NULL stands for assertion_kid(), and with x5t_s256 for none */
	const char *x5t_s256; /* a certificate's digest (RFC 7515 section 4.1.8), or NULL */
};

/* Makes the claims that every assertion has, iss, sub, aud, iat, exp and a fresh jti, and adds those of the object `more`,
 * whose reference is stolen; where that is NULL, since memory or UTF-8 failed, so does this. Returns a new reference, or NULL
 * with the reason said. */
json_t *assertion_claims(const char *issuer, const char *subject, const char *audience, int64_t ttl,
			 json_t *more, int64_t now);
/* Signs claims as they are; `alg` may be AA_ALG_INVALID. Returns a text for own_wipe(), or NULL with the reason said. */
char *assertion_sign_claims(const json_t *claims, const struct assertion_header *header, enum aa_alg alg,
			    const struct aa_private_key *key);
/* Returns 128 random bits in base64url, from malloc(), or NULL. */
char *assertion_random_id(void);

#endif
