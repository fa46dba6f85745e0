/* SPDX-License-Identifier: Apache-2.0 */
/* key_jwk.h: public keys as JWK: RFC 7517, RFC 7518 section 6, RFC 8037 section 2. */
#ifndef AGENTAUTH_JOSE_KEY_JWK_H
#define AGENTAUTH_JOSE_KEY_JWK_H

#include <jansson.h>

#include "common/jose/jose.h"
#include "common/jose/key.h"

#define AA_THUMBPRINT_SIZE 44 /* with its zero */

enum aa_jose_err aa_key_from_jwk(const json_t *jwk, struct aa_key **ret);
/* Makes the public JWK: the required members of RFC 7638 and no others. A new reference; NULL: memory is out. */
json_t *aa_key_to_jwk(const struct aa_key *key);
/* Computes the thumbprint of RFC 7638 with SHA-256, in base64url. */
enum aa_jose_err aa_key_thumbprint(const struct aa_key *key, char ret[AA_THUMBPRINT_SIZE]);

/* Reads a member that must be there and be base64url. *ret is from malloc(). */
enum aa_jose_err aa_jwk_bytes(const json_t *jwk, const char *name, uint8_t **ret, size_t *ret_len);
/* Says whether the JWK has "d" or its like, or "k". */
bool aa_jwk_has_private_member(const json_t *jwk);

#endif
