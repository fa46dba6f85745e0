/* SPDX-License-Identifier: Apache-2.0 */
/* jws_general.h: JWS general JSON serialization, RFC 7515 section 7.2.1: one payload under several signatures.
 *
 * Each signature is verified as the compact JWS that it would be alone (jws.h), by the same functions. Nothing is believed of
 * the payload before as many keys as the caller demands have signed it.
 */
#ifndef AGENTAUTH_JOSE_JWS_GENERAL_H
#define AGENTAUTH_JOSE_JWS_GENERAL_H

#include "common/jose/jose.h"
#include "common/jose/key.h"
#include "common/jose/key_private.h"

#define AA_JWS_SIGNATURES_MAX 32

struct aa_jws_part {
	char *header, *signature; /* in base64url, as they stand */
};

struct aa_jws_general {
	char *payload; /* in base64url, as it stands */
	size_t n;
	struct aa_jws_part parts[AA_JWS_SIGNATURES_MAX];
};

/* Accepts exactly the members payload and signatures, of which each has exactly protected and signature; an unprotected
 * header is refused. *ret is the caller's to free. */
enum aa_jose_err aa_jws_general_parse(const char *text, size_t len, struct aa_jws_general **ret);
/* Makes one of a payload, without signatures. */
enum aa_jose_err aa_jws_general_new(const void *payload, size_t len, struct aa_jws_general **ret);
void aa_jws_general_free(struct aa_jws_general *jws);

/* Decodes the payload, whether anybody signed it or not. *ret is from malloc(), with a zero byte behind it. */
enum aa_jose_err aa_jws_general_payload(const struct aa_jws_general *jws, uint8_t **ret, size_t *ret_len);
/* Verifies signature `i` by this key; its header must have this typ, in its exact case. */
enum aa_jose_err aa_jws_general_verify(const struct aa_jws_general *jws, size_t i, const char *typ,
				       const struct aa_key *key);
/* Adds a signature of this typ, whose kid is the key's thumbprint. */
enum aa_jose_err aa_jws_general_sign(struct aa_jws_general *jws, const char *typ,
				     const struct aa_private_key *key);
/* Writes the text, from malloc(); NULL: memory is out. */
char *aa_jws_general_text(const struct aa_jws_general *jws);

#endif
