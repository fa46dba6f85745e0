/* SPDX-License-Identifier: Apache-2.0 */
/* key_internal.h: the insides of a key and its constructors in key.c, for the files of this room.
 *
 * A key keeps its public bytes in one form beside the EVP_PKEY, so that writing it as JWK or SSH key, and its
 * thumbprint, cost nothing and are the same whatever form it was read from.
 */
#ifndef AGENTAUTH_JOSE_KEY_INTERNAL_H
#define AGENTAUTH_JOSE_KEY_INTERNAL_H

#include <openssl/evp.h>

#include "common/jose/curve.h"
#include "common/jose/jose.h"

#define AA_RSA_BITS_MIN 2048
#define AA_RSA_BITS_MAX 16384
#define AA_RSA_E_MAX 8 /* bytes; OpenSSL refuses longer exponents for all but the smallest moduli */
#define AA_ED25519_LEN 32
#define AA_KID_MAX 256

enum aa_kty { AA_KTY_RSA, AA_KTY_EC, AA_KTY_OKP };

struct aa_key {
	enum aa_kty kty;
	const struct aa_curve *curve; /* of AA_KTY_EC */
	enum aa_alg alg;	      /* what a JWK's "alg" restricts it to, or AA_ALG_INVALID */
	char *kid;
	EVP_PKEY *pkey;
	uint8_t *pub; /* RSA: n, big endian, no leading zero. EC: 04 x y. Ed25519: 32 bytes */
	size_t pub_len;
	uint8_t e[AA_RSA_E_MAX]; /* big endian, no leading zero */
	size_t e_len;
};

struct aa_private_key {
	EVP_PKEY *pkey; /* NULL: `signer` signs */
	struct aa_key *pub;
	const struct aa_signer *signer;
	void *signer_data;
};

/* The strength rules of THREATS 16 live in these three, so that no form of a key goes round them. */
enum aa_jose_err aa_key_new_rsa(const uint8_t *n, size_t n_len, const uint8_t *e, size_t e_len,
				struct aa_key **ret);
enum aa_jose_err aa_key_new_ec(const struct aa_curve *curve, const uint8_t *point, size_t len,
			       struct aa_key **ret);
enum aa_jose_err aa_key_new_ed25519(const uint8_t *raw, size_t len, struct aa_key **ret);

/* Admits 1 to 256 bytes of printable ASCII: the only kid that a header or a key may have (THREATS 8). */
bool aa_kid_is_valid(const char *kid, size_t len);

#endif
