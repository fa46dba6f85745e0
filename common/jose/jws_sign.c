/* SPDX-License-Identifier: Apache-2.0 */
/* jws_sign.c: writes a compact JWS, for the agent's side and the tests. */
#include "common/jose/jws_sign.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/curve.h"
#include "common/jose/json.h"
#include "common/jose/jws_verify.h"
#include "common/jose/key.h"
#include "common/jose/key_internal.h"
#include "common/jose/key_private.h"
#include "common/jose/offered.h"

/* Turns ASN.1 into r and s of full length. */
static enum aa_jose_err ecdsa_to_raw(const struct aa_curve *curve, struct aa_signature *sig)
{
	const uint8_t *der = sig->bytes;
	ECDSA_SIG *rs = d2i_ECDSA_SIG(NULL, &der, (long)sig->len);
	enum aa_jose_err err = AA_JOSE_CRYPTO;
	uint8_t *raw = NULL;
	int n = (int)curve->len;

	if (!rs)
		return err;
	raw = malloc(2 * curve->len);
	if (!raw) {
		err = AA_JOSE_NOMEM;
	} else if (BN_bn2binpad(ECDSA_SIG_get0_r(rs), raw, n) == n &&
		   BN_bn2binpad(ECDSA_SIG_get0_s(rs), raw + n, n) == n) {
		free(sig->bytes);
		sig->bytes = raw;
		sig->len = 2 * curve->len;
		raw = NULL;
		err = AA_JOSE_OK;
	}
	free(raw);
	ECDSA_SIG_free(rs);
	return err;
}

static bool digest_sign(EVP_MD_CTX *ctx, const char *input, size_t len, struct aa_signature *ret)
{
	size_t n = 0;

	if (EVP_DigestSign(ctx, NULL, &n, (const uint8_t *)input, len) != 1)
		return false;
	ret->bytes = malloc(n);
	ret->len = n;
	return ret->bytes && EVP_DigestSign(ctx, ret->bytes, &ret->len, (const uint8_t *)input, len) == 1;
}

/* Sets PSS as jws_verify.c does, but for MGF1's hash, which tpm2-openssl lets nobody set: unless it is set it is the
 * signature's own. A signature is verified before it is used. */
static bool pss_setup_to_sign(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* Asks for the provider that holds the key. OpenSSL would else take its own code for the key's kind, and find no
 * private numbers in what the provider exports. */
static void prefer_provider_of(const EVP_PKEY *pkey, char *properties, size_t size)
{
	const OSSL_PROVIDER *provider = EVP_PKEY_get0_provider(pkey);

	(void)snprintf(properties, size, "?provider=%s",
		       provider ? OSSL_PROVIDER_get0_name(provider) : "default");
}

enum aa_jose_err aa_pkey_sign(EVP_PKEY *pkey, OSSL_LIB_CTX *libctx, const struct aa_key *pub, enum aa_alg alg,
			      const char *input, size_t len, struct aa_signature *ret)
{
	const EVP_MD *md = aa_alg_md(alg);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum aa_jose_err err = AA_JOSE_CRYPTO;
	struct aa_signature sig = {0};
	char properties[80];
	EVP_PKEY_CTX *pctx;

	prefer_provider_of(pkey, properties, sizeof(properties));
	if (!ctx || EVP_DigestSignInit_ex(ctx, &pctx, md ? EVP_MD_get0_name(md) : NULL, libctx, properties,
					  pkey, NULL) != 1)
		goto out;
	if (aa_alg_is_pss(alg) && !pss_setup_to_sign(pctx))
		goto out;
	if (!digest_sign(ctx, input, len, &sig))
		goto out;
	err = pub->kty == AA_KTY_EC ? ecdsa_to_raw(pub->curve, &sig) : AA_JOSE_OK;
	if (err != AA_JOSE_OK)
		goto out;
	*ret = sig;
	sig.bytes = NULL;
out:
	free(sig.bytes);
	EVP_MD_CTX_free(ctx);
	return err;
}

static enum aa_jose_err sign(const struct aa_private_key *key, enum aa_alg alg, const char *input,
			     struct aa_signature *ret)
{
	size_t len = strlen(input);
	enum aa_jose_err err;

	if (key->signer)
		return key->signer->sign(key->signer_data, alg, input, len, ret);
	ERR_set_mark();
	err = aa_pkey_sign(key->pkey, NULL, key->pub, alg, input, len, ret);
	ERR_pop_to_mark();
	return err;
}

/* Makes "a.b", from malloc(). */
static char *join(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	char *out = malloc(n + 1 + m + 1);

	if (!out)
		return NULL;
	memcpy(out, a, n);
	out[n] = '.';
	memcpy(out + n + 1, b, m + 1);
	return out;
}

/* Encodes the header's members in the caller's order, alg first. */
static char *encode_header(const json_t *header, enum aa_alg alg)
{
	json_t *full = json_pack("{s:s}", "alg", aa_alg_name(alg));
	char *text = NULL, *out = NULL;

	if (full && json_object_update_missing(full, (json_t *)(uintptr_t)header) == 0)
		text = aa_json_text(full, JSON_COMPACT);
	if (text)
		out = aa_base64url_encode(text, strlen(text));
	free(text);
	json_decref(full);
	return out;
}

enum aa_jose_err aa_jws_sign(const json_t *header, const void *payload, size_t payload_len, enum aa_alg alg,
			     const struct aa_private_key *key, char **ret)
{
	char *head = NULL, *body = NULL, *input = NULL, *tail = NULL, *token = NULL;
	enum aa_jose_err err = AA_JOSE_NOMEM;
	struct aa_signature sig = {0};

	if (!aa_key_fits(key->pub, alg))
		return AA_JOSE_ALG;
	head = encode_header(header, alg);
	body = aa_base64url_encode(payload, payload_len);
	input = head && body ? join(head, body) : NULL;
	if (!input)
		goto out;
	err = sign(key, alg, input, &sig);
	if (err != AA_JOSE_OK)
		goto out;
	tail = aa_base64url_encode(sig.bytes, sig.len);
	token = tail ? join(input, tail) : NULL;
	err = token ? AA_JOSE_OK : AA_JOSE_NOMEM;
	if (token)
		*ret = token;
out:
	free(head);
	free(body);
	free(input);
	free(tail);
	free(sig.bytes);
	return err;
}
