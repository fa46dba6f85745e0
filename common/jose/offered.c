/* SPDX-License-Identifier: Apache-2.0 */
/* offered.c: asks OpenSSL for an algorithm as a verification would. */
#include "common/jose/offered.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <string.h>

#include "common/jose/crypto.h"

const EVP_MD *aa_alg_md(enum aa_alg alg)
{
	switch (alg) {
	case AA_ALG_RS256:
	case AA_ALG_PS256:
	case AA_ALG_ES256:
		return EVP_sha256();
	case AA_ALG_RS384:
	case AA_ALG_PS384:
	case AA_ALG_ES384:
		return EVP_sha384();
	case AA_ALG_RS512:
	case AA_ALG_PS512:
	case AA_ALG_ES512:
		return EVP_sha512();
	case AA_ALG_EDDSA: /* hashes by itself */
	case AA_ALG_ED25519:
	case AA_ALG_INVALID:
		break;
	}
	return NULL;
}

/* OpenSSL keeps what it has fetched, so that asking again costs a look into a table. */
static bool has_signature(const char *name)
{
	EVP_SIGNATURE *signature = EVP_SIGNATURE_fetch(NULL, name, NULL);
	EVP_KEYMGMT *keys = EVP_KEYMGMT_fetch(NULL, strcmp(name, "ECDSA") == 0 ? "EC" : name, NULL);
	bool there = signature && keys;

	EVP_SIGNATURE_free(signature);
	EVP_KEYMGMT_free(keys);
	return there;
}

static bool has_digest(const EVP_MD *md)
{
	EVP_MD *fetched = EVP_MD_fetch(NULL, EVP_MD_get0_name(md), NULL);

	EVP_MD_free(fetched);
	return fetched != NULL;
}

static const char *signature_name(enum aa_alg alg)
{
	if (aa_alg_same(alg, AA_ALG_EDDSA))
		return "ED25519";
	return alg >= AA_ALG_ES256 && alg <= AA_ALG_ES512 ? "ECDSA" : "RSA";
}

bool aa_alg_is_offered(enum aa_alg alg)
{
	const EVP_MD *md = aa_alg_md(alg);
	bool there;

	if (alg == AA_ALG_INVALID || !aa_crypto_begin())
		return false;
	ERR_set_mark();
	there = has_signature(signature_name(alg)) && (!md || has_digest(md));
	ERR_pop_to_mark();
	return there;
}

bool aa_fips_is_asked(void)
{
	return aa_crypto_begin() && EVP_default_properties_is_fips_enabled(NULL) == 1;
}
