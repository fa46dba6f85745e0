/* SPDX-License-Identifier: Apache-2.0 */
/* support_tokens.h: credentials for tests: good ones through common/jose, and any bytes at all with a true signature. */
#ifndef AGENTAUTH_TESTS_SUPPORT_TOKENS_H
#define AGENTAUTH_TESTS_SUPPORT_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/jose/jose.h"
#include "common/jose/key_private.h"

/* The n-th test key for this algorithm, made when it is first asked for and kept until the program ends. RSA: 2048. */
const struct aa_private_key *support_key(enum aa_alg alg, unsigned n);

/* A set of public keys: kid, key, kid, key, …, NULL. A kid "" is left out. */
json_t *support_jwks_of(const char *kid, ...);
#define support_jwks(...) support_jwks_of(__VA_ARGS__, (char *)NULL)

/* header and payload as they stand, and a signature over them by this key with this algorithm, whatever the header says
 * of itself. From malloc(), as everything below. */
char *support_sign_bytes(const void *header, size_t header_len, const void *payload, size_t payload_len,
			 enum aa_alg alg, const struct aa_private_key *key);
char *support_sign_text(const char *header, const char *payload, enum aa_alg alg,
			const struct aa_private_key *key);
/* RS256 with a key that common/jose would not have. */
char *support_sign_pkey(const char *header, const char *payload, EVP_PKEY *pkey);
/* HS256 with this secret. */
char *support_hmac(const char *header, const char *payload, const char *secret);
/* PSS with this length of salt, SHA-256. */
char *support_pss(const char *header, const char *payload, const struct aa_private_key *key, int salt);

/* RSA PKCS #1 v1.5 with SHA-256 whose padding has one of several forms, the first of them right; the private key is used
 * as it is, so that nothing but the form is wrong. */
enum { SUPPORT_RSA_GOOD, SUPPORT_RSA_FORMS = 10 };
char *support_rsa_form(const char *header, const char *payload, const struct aa_private_key *key, int form);
const char *support_rsa_form_name(int form);

/* The ECDSA signature over a text as OpenSSL writes it, in ASN.1. The length. */
size_t support_ecdsa_der(const char *input, const struct aa_private_key *key, unsigned char *out, size_t cap);

/* Three segments of any bytes. */
char *support_forge(const char *header, const char *payload, const void *signature, size_t signature_len);

/* The claims of a good assertion of this agent for the host of support_policy.h. A new reference. */
json_t *support_assertion_claims(const char *agent, int64_t now);
/* The claims of a good access token of corp for builder-7. */
json_t *support_token_claims(int64_t now);
/* Sets a member to the value of a JSON text; NULL takes it out. Gives back `claims`. */
json_t *support_bend(json_t *claims, const char *member, const char *text);

/* {"alg", "typ": "JWT", "kid"} and these claims, which are given up. kid NULL: none. typ NULL: none. */
char *support_sign(json_t *claims, enum aa_alg alg, const struct aa_private_key *key, const char *kid,
		   const char *typ);
/* builder-7's good assertion, ES256 with key 0. */
char *support_assertion(int64_t now);
/* A bent one: claims of support_assertion_claims(), one member set to a JSON text or taken out. */
char *support_bent_assertion(int64_t now, const char *member, const char *text);
char *support_bent_token(int64_t now, const char *member, const char *text);

#endif
