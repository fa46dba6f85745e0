/* SPDX-License-Identifier: Apache-2.0 */
/* jose_make.c: making keys and tokens, by OpenSSL and by hand. */
#include "tests/unit/support/jose_make.h"

#include <stdlib.h>

#include <jansson.h>

#include "common/jose/jws.h"
#include "common/jose/jws_verify.h"
#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_private.h"

static struct aa_private_key *keys[AA_ALG_COUNT];

static enum aa_alg family(enum aa_alg alg)
{
	if (alg == AA_ALG_ED25519)
		return AA_ALG_EDDSA;
	return alg <= AA_ALG_PS512 ? AA_ALG_RS256 : alg;
}

const struct aa_private_key *make_key(enum aa_alg alg)
{
	struct aa_private_key **slot = &keys[family(alg)];

	if (!*slot)
		assert_int_equal(aa_private_key_generate(alg, 2048, slot), AA_JOSE_OK);
	return *slot;
}

static char *join(const char *a, const char *b)
{
	char *out = malloc(strlen(a) + strlen(b) + 2);

	assert_non_null(out);
	strcpy(out, a);
	strcat(out, ".");
	strcat(out, b);
	return out;
}

char *make_input(const char *header, const char *payload)
{
	char *h = aa_base64url_encode(header, strlen(header)),
	     *p = aa_base64url_encode(payload, strlen(payload));
	char *out = join(h, p);

	free(h);
	free(p);
	return out;
}

char *make_token(const char *input, const void *sig, size_t sig_len)
{
	char *s = aa_base64url_encode(sig, sig_len), *out = join(input, s);

	free(s);
	return out;
}

/* aa_jws_sign() writes the header itself; here the header's text is the test's, so the signature is made over
 * a token of ours by signing with OpenSSL what aa_jws_sign() would. */
static uint8_t *sign(const char *input, enum aa_alg alg, const struct aa_private_key *key, size_t *ret_len)
{
	static const char *const md[] = {"SHA256", "SHA384", "SHA512"};
	bool pss = alg >= AA_ALG_PS256 && alg <= AA_ALG_PS512;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *sig = malloc(2048);
	EVP_PKEY_CTX *pctx;
	size_t len = 2048;

	assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx,
					       aa_alg_same(alg, AA_ALG_EDDSA) ? NULL : md[(alg - 1) % 3],
					       NULL, NULL, aa_private_key_pkey(key), NULL),
			 1);
	if (pss) {
		assert_int_equal(EVP_PKEY_CTX_ctrl_str(pctx, "rsa_padding_mode", "pss"), 1);
		assert_int_equal(EVP_PKEY_CTX_ctrl_str(pctx, "rsa_pss_saltlen", "digest"), 1);
	}
	assert_int_equal(EVP_DigestSign(ctx, sig, &len, (const uint8_t *)input, strlen(input)), 1);
	EVP_MD_CTX_free(ctx);
	*ret_len = len;
	return sig;
}

/* What OpenSSL writes as ASN.1, as two numbers of `n` bytes. Lengths are below 256 here. */
static uint8_t *raw_from_der(const uint8_t *der, size_t n)
{
	const uint8_t *p = der + (der[1] & 0x80 ? 3 : 2);
	uint8_t *raw = calloc(2, n);

	for (int i = 0; i < 2; i++) {
		size_t len = p[1];
		const uint8_t *v = p + 2;

		p += 2 + len;
		while (len > n) {
			v++;
			len--;
		}
		memcpy(raw + (size_t)i * n + n - len, v, len);
	}
	return raw;
}

char *make_signed(const char *header, const char *payload, enum aa_alg alg, const struct aa_private_key *key)
{
	char *input = make_input(header, payload), *token;
	size_t len, n = alg == AA_ALG_ES256 ? 32 : alg == AA_ALG_ES384 ? 48 : alg == AA_ALG_ES512 ? 66 : 0;
	uint8_t *sig = sign(input, alg, key, &len);

	if (n) {
		uint8_t *raw = raw_from_der(sig, n);

		free(sig);
		sig = raw;
		len = 2 * n;
	}
	token = make_token(input, sig, len);
	free(sig);
	free(input);
	return token;
}

json_t *make_json(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(json);
	return json;
}

json_t *make_jwk(enum aa_alg alg)
{
	json_t *jwk = aa_key_to_jwk(aa_private_key_public(make_key(alg)));

	assert_non_null(jwk);
	return jwk;
}

uint8_t *make_bytes(const char *base64url, size_t *ret_len)
{
	uint8_t *bytes = NULL;

	assert_int_equal(aa_base64url_decode(base64url, strlen(base64url), &bytes, ret_len), AA_JOSE_OK);
	return bytes;
}

enum aa_jose_err check_bytes(const char *token, size_t len, size_t max, const struct aa_key *key)
{
	struct aa_jws *jws = NULL;
	enum aa_jose_err err = aa_jws_parse(token, len, max, &jws);

	if (err != AA_JOSE_OK) {
		assert_null(jws);
		return err;
	}
	if (key)
		err = aa_jws_verify(jws, key);
	aa_jws_free(jws);
	return err;
}

enum aa_jose_err check_token(const char *token, const struct aa_key *key)
{
	return check_bytes(token, strlen(token), AA_JWS_MAX, key);
}

enum aa_jose_err parse_only(const char *token)
{
	return check_token(token, NULL);
}
