/* SPDX-License-Identifier: Apache-2.0 */
/* key_numbers.c: private keys from the numbers that stand in files of other forms. */
#include "common/jose/key_numbers.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <stdlib.h>

#include "common/jose/key.h"
#include "common/jose/key_internal.h"
#include "common/jose/key_private.h"

static bool sign(EVP_PKEY *pkey, const EVP_MD *md, uint8_t *sig, size_t *len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestSignInit(ctx, NULL, md, NULL, pkey) == 1 &&
		  EVP_DigestSign(ctx, sig, len, (const uint8_t *)"pair", 4) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool verify(EVP_PKEY *pkey, const EVP_MD *md, const uint8_t *sig, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestVerifyInit(ctx, NULL, md, NULL, pkey) == 1 &&
		  EVP_DigestVerify(ctx, sig, len, (const uint8_t *)"pair", 4) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool is_pair(EVP_PKEY *private, const struct aa_key *pub)
{
	const EVP_MD *md = pub->kty == AA_KTY_OKP ? NULL : EVP_sha256();
	uint8_t sig[AA_RSA_BITS_MAX / 8];
	size_t len = sizeof(sig);

	return sign(private, md, sig, &len) && verify(pub->pkey, md, sig, len);
}

/* Takes `pkey` (NULL: OpenSSL made none of the numbers), also when it fails. */
static enum aa_jose_err pair(EVP_PKEY *pkey, struct aa_key *pub, struct aa_private_key **ret)
{
	struct aa_private_key *key = NULL;
	enum aa_jose_err err = AA_JOSE_KEY_MALFORMED;

	if (pkey && is_pair(pkey, pub)) {
		key = calloc(1, sizeof(*key));
		err = key ? AA_JOSE_OK : AA_JOSE_NOMEM;
	}
	if (!key) {
		EVP_PKEY_free(pkey);
		return err;
	}
	key->pkey = pkey;
	key->pub = pub;
	*ret = key;
	return AA_JOSE_OK;
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *bld)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return pkey;
}

/* ---- RSA ----------------------------------------------------------------- */

enum { N, E, D, P, Q, DP, DQ, QI, RSA_NUMBERS };

/* The numbers that follow from d and the primes are computed, and not believed (RFC 8017 section 3.2). */
static bool derive(BIGNUM *const bn[RSA_NUMBERS], BN_CTX *ctx)
{
	BIGNUM *less = BN_secure_new();
	bool ok = less && BN_sub(less, bn[P], BN_value_one()) && BN_mod(bn[DP], bn[D], less, ctx) &&
		  BN_sub(less, bn[Q], BN_value_one()) && BN_mod(bn[DQ], bn[D], less, ctx) &&
		  BN_mod_inverse(bn[QI], bn[Q], bn[P], ctx);

	BN_clear_free(less);
	return ok;
}

/* A number longer than the modulus is not of this key, and would take long. */
static bool read_numbers(const struct aa_number in[5], BIGNUM *const bn[RSA_NUMBERS])
{
	for (int i = N; i <= Q; i++)
		if (in[i].n == 0 || in[i].n > in[N].n || !BN_bin2bn(in[i].p, (int)in[i].n, bn[i]))
			return false;
	return BN_is_odd(bn[P]) && BN_is_odd(bn[Q]) && !BN_is_zero(bn[D]);
}

static EVP_PKEY *rsa_of(BIGNUM *const bn[RSA_NUMBERS])
{
	static const char *const names[RSA_NUMBERS] = {
	    OSSL_PKEY_PARAM_RSA_N,	   OSSL_PKEY_PARAM_RSA_E,
	    OSSL_PKEY_PARAM_RSA_D,	   OSSL_PKEY_PARAM_RSA_FACTOR1,
	    OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
	    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	};
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY *pkey = NULL;
	bool ok = bld != NULL;

	for (int i = N; ok && i < RSA_NUMBERS; i++)
		ok = OSSL_PARAM_BLD_push_BN(bld, names[i], bn[i]) == 1;
	if (ok)
		pkey = from_params("RSA", bld);
	OSSL_PARAM_BLD_free(bld);
	return pkey;
}

enum aa_jose_err aa_private_key_from_rsa(struct aa_key *pub, struct aa_number d, struct aa_number p,
					 struct aa_number q, struct aa_private_key **ret)
{
	const struct aa_number in[5] = {{pub->pub, pub->pub_len}, {pub->e, pub->e_len}, d, p, q};
	BIGNUM *bn[RSA_NUMBERS] = {NULL};
	BN_CTX *ctx = BN_CTX_secure_new();
	EVP_PKEY *pkey = NULL;
	enum aa_jose_err err;
	bool ok = ctx != NULL;

	ERR_set_mark();
	for (int i = N; i < RSA_NUMBERS; i++) {
		bn[i] = BN_secure_new();
		ok = ok && bn[i];
	}
	if (ok && read_numbers(in, bn) && derive(bn, ctx))
		pkey = rsa_of(bn);
	err = pair(pkey, pub, ret);
	ERR_pop_to_mark();
	for (int i = N; i < RSA_NUMBERS; i++)
		BN_clear_free(bn[i]);
	BN_CTX_free(ctx);
	return err;
}

/* ---- EC, Ed25519 --------------------------------------------------------- */

enum aa_jose_err aa_private_key_from_ec(struct aa_key *pub, struct aa_number d, struct aa_private_key **ret)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *bn = BN_secure_new();
	EVP_PKEY *pkey = NULL;
	enum aa_jose_err err;

	ERR_set_mark();
	if (bld && bn && d.n > 0 && d.n <= pub->curve->len && BN_bin2bn(d.p, (int)d.n, bn) &&
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, pub->curve->group, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, pub->pub, pub->pub_len) == 1 &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, bn) == 1)
		pkey = from_params("EC", bld);
	err = pair(pkey, pub, ret);
	ERR_pop_to_mark();
	OSSL_PARAM_BLD_free(bld);
	BN_clear_free(bn);
	return err;
}

enum aa_jose_err aa_private_key_from_ed25519(struct aa_key *pub, struct aa_number seed,
					     struct aa_private_key **ret)
{
	EVP_PKEY *pkey = NULL;
	enum aa_jose_err err;

	ERR_set_mark();
	if (seed.n == AA_ED25519_LEN)
		pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed.p, seed.n);
	err = pair(pkey, pub, ret);
	ERR_pop_to_mark();
	return err;
}
