/* SPDX-License-Identifier: Apache-2.0 */
/* key_internal.h: what the files of key*.c and jws*.c share: the insides of a key, the curves, and its
 * constructors.
 *
 * A key keeps its public bytes in one form beside the EVP_PKEY, so that writing it as JWK or SSH key, and its
 * thumbprint, cost nothing and are the same whatever form it was read from.
 */
#ifndef AGENTAUTH_JOSE_KEY_INTERNAL_H
#define AGENTAUTH_JOSE_KEY_INTERNAL_H

#include <openssl/evp.h>

#include "common/jose/jose.h"
#include "common/jose/key.h"
#include "common/jose/ssh_wire.h"

#define AA_RSA_BITS_MIN 2048
#define AA_RSA_BITS_MAX 16384
#define AA_RSA_E_MAX 8 /* bytes; OpenSSL refuses longer exponents for all but the smallest moduli */
#define AA_ED25519_LEN 32
#define AA_EC_LEN_MAX 66
#define AA_KID_MAX 256

enum aa_kty { AA_KTY_RSA, AA_KTY_EC, AA_KTY_OKP };

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

/* An EVP_PKEY with this point, or NULL where the point is not on the curve. */
EVP_PKEY *aa_curve_pkey(const struct aa_curve *curve, const uint8_t *point, size_t len);

/* The curve's generator, 04 x y. */
bool aa_curve_generator(const struct aa_curve *curve, uint8_t *out, size_t size);

/* What stands between the two lines of a text that is this one block. *ret is from malloc(); a private key's is wiped by
 * the caller. */
enum aa_jose_err aa_pem_decode(const char *pem, size_t len, const char *begin, const char *end, uint8_t **ret,
			       size_t *ret_len);

/* The blob of a public key, whose type is `type`. */
enum aa_jose_err aa_key_from_ssh_type(const char *type, struct aa_ssh_reader in, struct aa_key **ret);

/* Private numbers, big endian, as they stand in files, beside the public key, which has been checked and is taken over
 * where it succeeds. Each fails (AA_JOSE_KEY_MALFORMED) where what the private half signs the public one does not verify. */
struct aa_number {
	const uint8_t *p;
	size_t n;
};
enum aa_jose_err aa_private_key_from_rsa(struct aa_key *pub, struct aa_number d, struct aa_number p,
					 struct aa_number q, struct aa_private_key **ret);
enum aa_jose_err aa_private_key_from_ec(struct aa_key *pub, struct aa_number d, struct aa_private_key **ret);
enum aa_jose_err aa_private_key_from_ed25519(struct aa_key *pub, struct aa_number seed,
					     struct aa_private_key **ret);
/* The forms that aa_private_key_from_any() knows beside PEM. */
enum aa_jose_err aa_private_key_from_openssh(const char *text, size_t len, struct aa_private_key **ret);
enum aa_jose_err aa_private_key_from_jwk(const char *text, size_t len, struct aa_private_key **ret);

/* A member that must be there and be base64url. */
enum aa_jose_err aa_jwk_bytes(const json_t *jwk, const char *name, uint8_t **ret, size_t *ret_len);
/* "d" and its like, and "k". */
bool aa_jwk_has_private_member(const json_t *jwk);

/* 1 to 256 bytes of printable ASCII: the only kid that a header or a key may have (THREATS 8). */
bool aa_kid_is_valid(const char *kid, size_t len);

#endif
