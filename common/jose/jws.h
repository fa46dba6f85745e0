/* SPDX-License-Identifier: Apache-2.0 */
/* jws.h: JWS compact serialization, RFC 7515 sections 3.1, 5.2 and 7.1.
 *
 * Parsing believes nothing: what aa_jws_parse() gives is what the token says of itself. Only aa_jws_verify()
 * answering AA_JOSE_OK makes the payload something to be read.
 */
#ifndef AGENTAUTH_JOSE_JWS_H
#define AGENTAUTH_JOSE_JWS_H

#include <jansson.h>

#include "common/jose/jose.h"
#include "common/jose/key.h"

struct aa_jws {
	enum aa_alg alg;
	json_t *header;	       /* the protected header, an object */
	const char *kid, *typ; /* of the header, or NULL; kid is at most 256 bytes, of printable ASCII */
	uint8_t *payload;      /* decoded, any bytes, a zero byte behind it */
	size_t payload_len;
	uint8_t *signature;
	size_t signature_len;
	const char *input; /* header.payload within the token that was parsed: borrowed */
	size_t input_len;
};

/* Exactly three segments of canonical base64url, of which the payload alone may be empty, `max` bytes in all; alg
 * one of enum aa_alg, told before the JSON library is asked; no crit, no b64; jwk, jku, x5u, x5c are ignored and never used. `token`
 * must outlive *ret. */
enum aa_jose_err aa_jws_parse(const char *token, size_t len, size_t max, struct aa_jws **ret);
void aa_jws_free(struct aa_jws *jws); /* wipes */

/* RFC 7515 section 5.2 step 8: the signature over input by this key with the header's alg, which the key must
 * fit. */
enum aa_jose_err aa_jws_verify(const struct aa_jws *jws, const struct aa_key *key);

/* Costs what aa_jws_verify() costs for this alg, with a key of its own, and answers nothing: for a principal
 * that has no such key, so that time does not tell that it has none (THREATS 29). */
void aa_jws_verify_nothing(const struct aa_jws *jws);

/* Signs: `header` gets alg; *ret is the compact serialization, from malloc(). */
enum aa_jose_err aa_jws_sign(const json_t *header, const void *payload, size_t payload_len, enum aa_alg alg,
			     const struct aa_private_key *key, char **ret);

#endif
