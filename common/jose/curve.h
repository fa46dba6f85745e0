/* SPDX-License-Identifier: Apache-2.0 */
/* curve.h: the three curves of RFC 7518 section 6.2.1.1. */
#ifndef AGENTAUTH_JOSE_CURVE_H
#define AGENTAUTH_JOSE_CURVE_H

#include <openssl/evp.h>

#include "common/jose/jose.h"

#define AA_EC_LEN_MAX 66

struct aa_curve {
	enum aa_alg alg;	 /* ES256 belongs to P-256 alone, RFC 7518 section 3.4 */
	const char *crv, *group; /* RFC 7518 and OpenSSL names */
	const char *ssh;	 /* RFC 5656: "nistp256" */
	const char *oid;	 /* DER of the contents, of oid_len bytes */
	size_t oid_len;
	size_t len;	      /* bytes of a coordinate, and of r and s */
	const uint8_t *order; /* big endian, of len bytes */
};

#define AA_CURVE_COUNT 3
extern const struct aa_curve aa_curves[AA_CURVE_COUNT];

/* Makes an EVP_PKEY with this point (04 x y), or NULL where the point is not on the curve. */
EVP_PKEY *aa_curve_pkey(const struct aa_curve *curve, const uint8_t *point, size_t len);
/* Gives the curve's generator, 04 x y. */
bool aa_curve_generator(const struct aa_curve *curve, uint8_t *out, size_t size);

#endif
