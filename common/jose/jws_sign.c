/* SPDX-License-Identifier: Apache-2.0 */
/* jws_sign.c: writing a compact JWS: the agent's side and the tests. */
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>

#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/json.h"
#include "common/jose/jws.h"
#include "common/jose/jws_internal.h"

/* From ASN.1 to r and s of full length. */
static enum aa_jose_err ecdsa_to_raw(const struct aa_curve *curve, uint8_t **sig, size_t *len)
{
	const uint8_t *der = *sig;
	ECDSA_SIG *rs = d2i_ECDSA_SIG(NULL, &der, (long)*len);
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
		free(*sig);
		*sig = raw;
		*len = 2 * curve->len;
		raw = NULL;
		err = AA_JOSE_OK;
	}
	free(raw);
	ECDSA_SIG_free(rs);
	return err;
}

static enum aa_jose_err digest_sign(const struct aa_private_key *key, enum aa_alg alg, const char *input,
				    uint8_t **ret, size_t *ret_len)
{
	const EVP_MD *md = aa_alg_md(alg);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum aa_jose_err err = AA_JOSE_CRYPTO;
	uint8_t *sig = NULL;
	EVP_PKEY_CTX *pctx;
	size_t len = 0;

	if (!ctx || EVP_DigestSignInit(ctx, &pctx, md, NULL, key->pkey) != 1)
		goto out;
	if (aa_alg_is_pss(alg) && !aa_pss_setup(pctx, md))
		goto out;
	if (EVP_DigestSign(ctx, NULL, &len, (const uint8_t *)input, strlen(input)) != 1)
		goto out;
	sig = malloc(len);
	if (!sig || EVP_DigestSign(ctx, sig, &len, (const uint8_t *)input, strlen(input)) != 1)
		goto out;
	err = key->pub->kty == AA_KTY_EC ? ecdsa_to_raw(key->pub->curve, &sig, &len) : AA_JOSE_OK;
	if (err != AA_JOSE_OK)
		goto out;
	*ret = sig;
	*ret_len = len;
	sig = NULL;
out:
	free(sig);
	EVP_MD_CTX_free(ctx);
	return err;
}

/* "a.b", from malloc(). */
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

/* The header's members in the caller's order, alg first. */
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
	uint8_t *sig = NULL;
	size_t sig_len;

	if (!aa_key_fits(key->pub, alg))
		return AA_JOSE_ALG;
	head = encode_header(header, alg);
	body = aa_base64url_encode(payload, payload_len);
	input = head && body ? join(head, body) : NULL;
	if (!input)
		goto out;
	ERR_set_mark();
	err = digest_sign(key, alg, input, &sig, &sig_len);
	ERR_pop_to_mark();
	if (err != AA_JOSE_OK)
		goto out;
	tail = aa_base64url_encode(sig, sig_len);
	token = tail ? join(input, tail) : NULL;
	err = token ? AA_JOSE_OK : AA_JOSE_NOMEM;
	if (token)
		*ret = token;
out:
	free(head);
	free(body);
	free(input);
	free(tail);
	free(sig);
	return err;
}
