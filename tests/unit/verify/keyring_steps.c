/* SPDX-License-Identifier: Apache-2.0 */
/* keyring_steps.c: see keyring_steps.h. */
#include <config.h>

#include <stdlib.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "common/jose/base64url.h"
#include "common/jose/key.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"
#include "tests/unit/verify/keyring_steps.h"

enum aa_reason signed_by(const struct support_site *site, int64_t now, unsigned n, const char *kid)
{
	return support_reason(site, now,
			      support_sign(support_assertion_claims("builder-7", now), AA_ALG_ES256,
					   support_key(AA_ALG_ES256, n), kid, "JWT"));
}

enum aa_reason token_with_set(const struct support_site *site, json_t *jwks, const char *kid)
{
	support_write_keys(site, "corp", jwks, NOW);
	json_decref(jwks);
	return support_reason(site, NOW,
			      support_sign(support_token_claims(NOW), AA_ALG_RS256,
					   support_key(AA_ALG_RS256, 0), kid, "at+jwt"));
}

static char *b64_of_bn(const EVP_PKEY *pkey, const char *name)
{
	BIGNUM *bn = NULL;
	unsigned char bytes[1024];
	int n;

	assert_int_equal(EVP_PKEY_get_bn_param(pkey, name, &bn), 1);
	n = BN_bn2bin(bn, bytes);
	BN_free(bn);
	return aa_base64url_encode(bytes, (size_t)n);
}

enum aa_reason with_rsa_bits(const struct support_site *site, size_t bits)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
	char *n = b64_of_bn(pkey, OSSL_PKEY_PARAM_RSA_N), *e = b64_of_bn(pkey, OSSL_PKEY_PARAM_RSA_E);
	char *claims, *token;
	json_t *jwks =
	    json_pack("{s:[{s:s, s:s, s:s, s:s}]}", "keys", "kty", "RSA", "kid", "r1", "n", n, "e", e);
	json_t *payload = support_token_claims(NOW);

	claims = json_dumps(payload, JSON_COMPACT);
	token = support_sign_pkey("{\"alg\":\"RS256\",\"kid\":\"r1\"}", claims, pkey);
	support_write_keys(site, "corp", jwks, NOW);
	json_decref(payload);
	json_decref(jwks);
	free(claims);
	free(n);
	free(e);
	EVP_PKEY_free(pkey);
	return support_reason(site, NOW, token);
}

enum aa_reason es_token_with_set(const struct support_site *site, json_t *jwks)
{
	support_write_keys(site, "corp", jwks, NOW);
	json_decref(jwks);
	return support_reason(site, NOW,
			      support_sign(support_token_claims(NOW), AA_ALG_ES256,
					   support_key(AA_ALG_ES256, 2), "e1", "at+jwt"));
}

enum aa_reason okp_token(const struct support_site *site, const char *x)
{
	json_t *jwks = support_jwks("o1", support_key(AA_ALG_EDDSA, 0));
	json_t *jwk = json_array_get(json_object_get(jwks, "keys"), 0);

	if (x)
		json_object_set_new(jwk, "x", json_string(x));
	support_write_keys(site, "corp", jwks, NOW);
	json_decref(jwks);
	return support_reason(site, NOW,
			      support_sign(support_token_claims(NOW), AA_ALG_EDDSA,
					   support_key(AA_ALG_EDDSA, 0), "o1", "at+jwt"));
}

enum aa_reason token_now(const struct support_site *site, int64_t now)
{
	return support_reason(site, now, support_bent_token(now, "", NULL));
}

enum aa_reason with_file(const struct support_site *site, const void *bytes, size_t len)
{
	support_write_file(support_path(site->keysdir, "corp"), bytes, len);
	return token_now(site, time(NULL));
}

enum aa_reason with_set_of(const struct support_site *site, json_t *issuer)
{
	json_t *jwks = support_jwks("r1", support_key(AA_ALG_RS256, 0));

	json_object_set_new(jwks, "issuer", issuer);
	support_write_keys(site, "corp", jwks, NOW);
	json_decref(jwks);
	return token_now(site, NOW);
}
