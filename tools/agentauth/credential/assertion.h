/* SPDX-License-Identifier: Apache-2.0 */
/* assertion.h: what an agent says of itself: a JWT that it signs with its own key, RFC 7523 section 3. */
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
	const char *kid;		  /* NULL: the key's RFC 7638 thumbprint */
	int64_t ttl;
	enum aa_alg alg; /* AA_ALG_INVALID: the key's default */
};

/* The token, from malloc(), wiped by own_wipe(). NULL, with the reason said, where a value cannot be or
 * signing fails. */
char *assertion_sign(const struct assertion *assertion, const struct aa_private_key *key, int64_t now);

/* The id under which a host knows the key: `asked`, the one that the key has itself, as a JWK may, or else its RFC 7638
 * thumbprint, which is written into `room`. NULL: memory is out. */
const char *assertion_kid(const char *asked, const struct aa_key *public, char room[44]);

/* What stands in the header beside the algorithm. */
struct assertion_header {
	const char *typ;      /* NULL: "JWT" */
	const char *kid;      /* NULL: the key's own or its thumbprint; with x5t_s256: none */
	const char *x5t_s256; /* a certificate's digest, RFC 7515 section 4.1.8; NULL: none */
};

/* Claims signed as they are; alg may be AA_ALG_INVALID: the key's default. The token, from malloc(); NULL with the
 * reason said. */
char *assertion_sign_claims(const json_t *claims, const struct assertion_header *header, enum aa_alg alg,
			    const struct aa_private_key *key);
/* 128 random bits in base64url, from malloc(), or NULL. */
char *assertion_random_id(void);

#endif
