/* SPDX-License-Identifier: Apache-2.0 */
/* jws.h: JWS compact serialization, RFC 7515 sections 3.1 and 7.1.
 *
 * Parsing believes nothing: aa_jws_parse() gives what the token says of itself. The payload must not be read before
 * aa_jws_verify() has answered AA_JOSE_OK.
 */
#ifndef AGENTAUTH_JOSE_JWS_H
#define AGENTAUTH_JOSE_JWS_H

#include <jansson.h>

#include "common/jose/jose.h"

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

/* Accepts exactly three segments of canonical base64url, of which the payload alone may be empty, of `max` bytes in all.
 * alg must be one of enum aa_alg, which is checked before the JSON library reads the header; crit and b64 are refused;
 * jwk, jku, x5u and x5c are never used. `token` must outlive *ret. */
enum aa_jose_err aa_jws_parse(const char *token, size_t len, size_t max, struct aa_jws **ret);
void aa_jws_free(struct aa_jws *jws); /* wipes */

#endif
