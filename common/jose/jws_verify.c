/* SPDX-License-Identifier: Apache-2.0 */
/* jws_verify.c: whether a signature is a key's: RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1. */
#include "common/jose/jws_verify.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <stdlib.h>
#include <string.h>

#include "common/jose/curve.h"
#include "common/jose/jws.h"
#include "common/jose/key.h"
#include "common/jose/key_internal.h"
#include "common/jose/offered.h"

#define ECDSA_DER_MAX (3 + 2 * (2 + 1 + AA_EC_LEN_MAX)) /* SEQUENCE of two INTEGERs, each with a sign byte */

bool aa_alg_is_pss(enum aa_alg alg)
{
	return alg >= AA_ALG_PS256 && alg <= AA_ALG_PS512;
}

/* The salt is as long as the hash, RFC 7518 section 3.5. OpenSSL takes any length unless it is told. */
static bool setup_pss(EVP_PKEY_CTX *ctx, const EVP_MD *md)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* Says whether 0 < number < order, both big endian and of one length. */
static bool in_range(const uint8_t *number, const uint8_t *order, size_t len)
{
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= number[i];
	return any != 0 && memcmp(number, order, len) < 0;
}

/* Writes an ASN.1 INTEGER of at most AA_EC_LEN_MAX + 1 bytes. */
static size_t put_integer(uint8_t *out, const uint8_t *number, size_t len)
{
	size_t sign;

	while (len > 1 && number[0] == 0) {
		number++;
		len--;
	}
	sign = number[0] >> 7;
	out[0] = 0x02;
	out[1] = (uint8_t)(len + sign);
	out[2] = 0;
	memcpy(out + 2 + sign, number, len);
	return 2 + sign + len;
}

/* r and s stand as they are, of the order's length (RFC 7518 section 3.4). OpenSSL wants them as ASN.1. */
static enum aa_jose_err ecdsa_to_der(const struct aa_curve *curve, const struct aa_jws *jws, uint8_t *der,
				     size_t *ret_len)
{
	const uint8_t *r = jws->signature, *s = jws->signature + curve->len;
	uint8_t body[2 * (AA_EC_LEN_MAX + 3)];
	size_t n, head = 2;

	if (jws->signature_len != 2 * curve->len)
		return AA_JOSE_SIGNATURE;
	if (!in_range(r, curve->order, curve->len) || !in_range(s, curve->order, curve->len))
		return AA_JOSE_SIGNATURE;
	n = put_integer(body, r, curve->len);
	n += put_integer(body + n, s, curve->len);
	der[0] = 0x30;
	if (n >= 0x80)
		der[head++ - 1] = 0x81;
	der[head - 1] = (uint8_t)n;
	memcpy(der + head, body, n);
	*ret_len = head + n;
	return AA_JOSE_OK;
}

static enum aa_jose_err digest_verify(const struct aa_jws *jws, EVP_PKEY *pkey, const uint8_t *sig,
				      size_t sig_len)
{
	const EVP_MD *md = aa_alg_md(jws->alg);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum aa_jose_err err = AA_JOSE_CRYPTO;
	EVP_PKEY_CTX *pctx;

	if (!ctx || EVP_DigestVerifyInit(ctx, &pctx, md, NULL, pkey) != 1)
		goto out;
	if (aa_alg_is_pss(jws->alg) && !setup_pss(pctx, md))
		goto out;
	err = AA_JOSE_SIGNATURE;
	if (EVP_DigestVerify(ctx, sig, sig_len, (const uint8_t *)jws->input, jws->input_len) == 1)
		err = AA_JOSE_OK;
out:
	EVP_MD_CTX_free(ctx);
	return err;
}

enum aa_jose_err aa_jws_verify(const struct aa_jws *jws, const struct aa_key *key)
{
	uint8_t der[ECDSA_DER_MAX];
	const uint8_t *sig = jws->signature;
	size_t sig_len = jws->signature_len;
	enum aa_jose_err err;

	if (!aa_key_fits(key, jws->alg))
		return AA_JOSE_ALG;
	/* The signature must be neither shorter nor have zeros before it (RFC 8017 section 8.2.2 step 1). */
	if (key->kty == AA_KTY_RSA && sig_len != key->pub_len)
		return AA_JOSE_SIGNATURE;
	if (key->kty == AA_KTY_EC) {
		err = ecdsa_to_der(key->curve, jws, der, &sig_len);
		if (err != AA_JOSE_OK)
			return err;
		sig = der;
	}
	ERR_set_mark();
	err = digest_verify(jws, key->pkey, sig, sig_len);
	ERR_pop_to_mark();
	return err;
}

/* ---- for nobody ---------------------------------------------------------- */

/* Makes a modulus as long as the signature, as the key would have that made it. Nobody knows its factors. */
static struct aa_key *rsa_for_nobody(size_t len)
{
	static const uint8_t e[] = {1, 0, 1};
	uint8_t n[AA_RSA_BITS_MAX / 8];
	struct aa_key *key = NULL;

	if (len < AA_RSA_BITS_MIN / 8 || len > sizeof(n))
		return NULL;
	memset(n, 0xd5, len);
	return aa_key_new_rsa(n, len, e, sizeof(e), &key) == AA_JOSE_OK ? key : NULL;
}

/* Takes the curve's generator, a point that is at hand. */
static struct aa_key *ec_for_nobody(const struct aa_curve *curve)
{
	uint8_t point[1 + 2 * AA_EC_LEN_MAX];
	struct aa_key *key = NULL;

	if (!aa_curve_generator(curve, point, sizeof(point)))
		return NULL;
	return aa_key_new_ec(curve, point, 1 + 2 * curve->len, &key) == AA_JOSE_OK ? key : NULL;
}

static struct aa_key *ed25519_for_nobody(void)
{
	uint8_t base[AA_ED25519_LEN];
	struct aa_key *key = NULL;

	memset(base, 0x66, sizeof(base));
	base[0] = 0x58; /* RFC 8032 section 5.1: the base point, y = 4/5 */
	return aa_key_new_ed25519(base, sizeof(base), &key) == AA_JOSE_OK ? key : NULL;
}

void aa_jws_verify_nothing(const struct aa_jws *jws)
{
	struct aa_key *key = NULL;

	for (size_t i = 0; i < AA_CURVE_COUNT; i++)
		if (aa_curves[i].alg == jws->alg)
			key = ec_for_nobody(&aa_curves[i]);
	if (aa_alg_same(jws->alg, AA_ALG_EDDSA))
		key = ed25519_for_nobody();
	else if (aa_alg_md(jws->alg) && !key)
		key = rsa_for_nobody(jws->signature_len);
	if (key)
		(void)aa_jws_verify(jws, key);
	aa_key_free(key);
}
