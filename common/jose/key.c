/* SPDX-License-Identifier: Apache-2.0 */
/* key.c: which public keys are strong enough, and which algorithms a key is for. */

#include "common/jose/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include <stdlib.h>
#include <string.h>

#include "common/jose/crypto.h"
#include "common/jose/curve.h"
#include "common/jose/key_internal.h"
#include "common/jose/offered.h"

void aa_key_free(struct aa_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key->kid);
	free(key->pub);
	free(key);
}

const char *aa_key_kid(const struct aa_key *key)
{
	return key->kid;
}

EVP_PKEY *aa_key_pkey(const struct aa_key *key)
{
	return key->pkey;
}

bool aa_kid_is_valid(const char *kid, size_t len)
{
	if (len == 0 || len > AA_KID_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (kid[i] < 0x20 || kid[i] > 0x7e)
			return false;
	return true;
}

static bool kty_fits(const struct aa_key *key, enum aa_alg alg)
{
	switch (key->kty) {
	case AA_KTY_RSA:
		return alg >= AA_ALG_RS256 && alg <= AA_ALG_PS512;
	case AA_KTY_EC:
		return alg == key->curve->alg;
	case AA_KTY_OKP:
		return aa_alg_same(alg, AA_ALG_EDDSA);
	}
	return false;
}

bool aa_key_fits(const struct aa_key *key, enum aa_alg alg)
{
	if (key->alg != AA_ALG_INVALID && !aa_alg_same(key->alg, alg))
		return false;
	return kty_fits(key, alg);
}

static bool same_bytes(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	return a_len == b_len && memcmp(a, b, a_len) == 0;
}

static bool same_kid(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The bytes are those of a thumbprint, in one form whatever the key was read from. */
static bool is_same(const struct aa_key *a, const struct aa_key *b)
{
	return a->kty == b->kty && a->curve == b->curve && same_kid(a->kid, b->kid) &&
	       same_bytes(a->pub, a->pub_len, b->pub, b->pub_len) &&
	       same_bytes(a->e, a->e_len, b->e, b->e_len);
}

const struct aa_key *aa_key_of_two(const struct aa_key *a, const struct aa_key *b, enum aa_alg alg)
{
	if (!is_same(a, b))
		return NULL;
	return aa_key_fits(a, alg) ? a : b;
}

enum aa_alg aa_key_default_alg(const struct aa_key *key)
{
	if (key->alg != AA_ALG_INVALID)
		return key->alg;
	switch (key->kty) {
	case AA_KTY_RSA:
		return AA_ALG_RS256;
	case AA_KTY_EC:
		return key->curve->alg;
	case AA_KTY_OKP:
		return AA_ALG_EDDSA;
	}
	return AA_ALG_INVALID;
}

/* Tells a key that OpenSSL refused from one of an algorithm that it does not hand out. */
static enum aa_jose_err refused(enum aa_alg alg, enum aa_jose_err err)
{
	return aa_alg_is_offered(alg) ? err : AA_JOSE_ALG_OFF;
}

/* Takes `pkey`, also when it fails. */
static enum aa_jose_err make(enum aa_kty kty, EVP_PKEY *pkey, const uint8_t *pub, size_t len,
			     struct aa_key **ret)
{
	struct aa_key *key = calloc(1, sizeof(*key));
	uint8_t *copy = malloc(len);

	if (!key || !copy) {
		EVP_PKEY_free(pkey);
		free(key);
		free(copy);
		return AA_JOSE_NOMEM;
	}
	memcpy(copy, pub, len);
	key->kty = kty;
	key->pkey = pkey;
	key->pub = copy;
	key->pub_len = len;
	*ret = key;
	return AA_JOSE_OK;
}

/* ---- RSA ---------------------------------------------------------------- */

static size_t bit_length(const uint8_t *n, size_t len)
{
	size_t bits = len * 8;

	for (uint8_t top = n[0]; !(top & 0x80); top = (uint8_t)(top << 1))
		bits--;
	return bits;
}

static enum aa_jose_err check_rsa(const uint8_t *n, size_t n_len, const uint8_t *e, size_t e_len)
{
	if (n_len == 0 || e_len == 0 || n[0] == 0 || e[0] == 0)
		return AA_JOSE_KEY_MALFORMED;
	if (n_len > AA_RSA_BITS_MAX / 8)
		return AA_JOSE_KEY_UNFIT;
	if (bit_length(n, n_len) < AA_RSA_BITS_MIN || !(n[n_len - 1] & 1))
		return AA_JOSE_KEY_WEAK;
	if (e_len > AA_RSA_E_MAX || !(e[e_len - 1] & 1) || (e_len == 1 && e[0] < 3))
		return AA_JOSE_KEY_WEAK;
	return AA_JOSE_OK;
}

/* OSSL_PARAM takes numbers in the machine's order. */
static bool to_native(const uint8_t *in, size_t len, uint8_t *out)
{
	BIGNUM *bn = BN_bin2bn(in, (int)len, NULL);
	bool ok = bn && BN_bn2nativepad(bn, out, (int)len) == (int)len;

	BN_free(bn);
	return ok;
}

static EVP_PKEY *rsa_pkey(const uint8_t *n, size_t n_len, const uint8_t *e, size_t e_len)
{
	uint8_t native_n[AA_RSA_BITS_MAX / 8], native_e[AA_RSA_E_MAX];
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, native_n, n_len),
	    OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, native_e, e_len),
	    OSSL_PARAM_END,
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *pkey = NULL;

	if (!ctx || !to_native(n, n_len, native_n) || !to_native(e, e_len, native_e) ||
	    EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

enum aa_jose_err aa_key_new_rsa(const uint8_t *n, size_t n_len, const uint8_t *e, size_t e_len,
				struct aa_key **ret)
{
	enum aa_jose_err err = check_rsa(n, n_len, e, e_len);
	struct aa_key *key;
	EVP_PKEY *pkey;

	if (err != AA_JOSE_OK)
		return err;
	if (!aa_crypto_begin())
		return AA_JOSE_NOMEM;
	ERR_set_mark();
	pkey = rsa_pkey(n, n_len, e, e_len);
	ERR_pop_to_mark();
	if (!pkey)
		return refused(AA_ALG_RS256, AA_JOSE_CRYPTO);
	err = make(AA_KTY_RSA, pkey, n, n_len, &key);
	if (err != AA_JOSE_OK)
		return err;
	memcpy(key->e, e, e_len);
	key->e_len = e_len;
	*ret = key;
	return AA_JOSE_OK;
}

/* ---- EC ----------------------------------------------------------------- */

enum aa_jose_err aa_key_new_ec(const struct aa_curve *curve, const uint8_t *point, size_t len,
			       struct aa_key **ret)
{
	enum aa_jose_err err;
	struct aa_key *key;
	EVP_PKEY *pkey;

	/* The point must be uncompressed: every other form is a second spelling, and the point at infinity has none
	 * here. */
	if (len != 1 + 2 * curve->len || point[0] != 4)
		return AA_JOSE_KEY_MALFORMED;
	if (!aa_crypto_begin())
		return AA_JOSE_NOMEM;
	ERR_set_mark();
	pkey = aa_curve_pkey(curve, point, len);
	ERR_pop_to_mark();
	if (!pkey)
		return refused(curve->alg, AA_JOSE_KEY_WEAK);
	err = make(AA_KTY_EC, pkey, point, len, &key);
	if (err != AA_JOSE_OK)
		return err;
	key->curve = curve;
	*ret = key;
	return AA_JOSE_OK;
}

/* ---- Ed25519 ------------------------------------------------------------ */

/* These are y, little endian, of the points of order 1, 2, 4 and 8 (the sign bit is aside). A signature under such a
 * key says nothing, since most messages have one that anybody can write. OpenSSL takes them. */
static const uint8_t small_order[][AA_ED25519_LEN] = {
    {0x01},
    {0x00},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
     0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
     0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
};

/* y >= 2^255 - 19 is the second spelling of a small y. */
static bool is_canonical(const uint8_t y[AA_ED25519_LEN])
{
	if (y[AA_ED25519_LEN - 1] != 0x7f || y[0] < 0xed)
		return true;
	for (size_t i = 1; i < AA_ED25519_LEN - 1; i++)
		if (y[i] != 0xff)
			return true;
	return false;
}

static enum aa_jose_err check_ed25519(const uint8_t *raw, size_t len)
{
	uint8_t y[AA_ED25519_LEN];

	if (len != AA_ED25519_LEN)
		return AA_JOSE_KEY_MALFORMED;
	memcpy(y, raw, sizeof(y));
	y[AA_ED25519_LEN - 1] &= 0x7f;
	if (!is_canonical(y))
		return AA_JOSE_KEY_WEAK;
	for (size_t i = 0; i < sizeof(small_order) / sizeof(small_order[0]); i++)
		if (memcmp(y, small_order[i], sizeof(y)) == 0)
			return AA_JOSE_KEY_WEAK;
	return AA_JOSE_OK;
}

enum aa_jose_err aa_key_new_ed25519(const uint8_t *raw, size_t len, struct aa_key **ret)
{
	enum aa_jose_err err = check_ed25519(raw, len);
	EVP_PKEY *pkey;

	if (err != AA_JOSE_OK)
		return err;
	if (!aa_crypto_begin())
		return AA_JOSE_NOMEM;
	ERR_set_mark();
	pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, len);
	ERR_pop_to_mark();
	if (!pkey)
		return refused(AA_ALG_EDDSA, AA_JOSE_CRYPTO);
	return make(AA_KTY_OKP, pkey, raw, len, ret);
}
