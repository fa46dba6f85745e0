/* SPDX-License-Identifier: Apache-2.0 */
/* test_alg_off.c: hosts in FIPS mode: without a FIPS provider, with one that has no EdDSA, and with this machine's own. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_private.h"
#include "common/jose/offered.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"
#include "tests/unit/verify/assertion_steps.h"

/* ---- a FIPS provider as those of OpenSSL 3.0 are: all that the default one has is approved, but for EdDSA ---------- */

static OSSL_PROVIDER *whole;

static const OSSL_ALGORITHM *without_eddsa(void *context, int operation, int *no_cache)
{
	static OSSL_ALGORITHM kept[OSSL_OP__HIGHEST + 1][256];
	const OSSL_ALGORITHM *all = OSSL_PROVIDER_query_operation(whole, operation, no_cache);
	size_t n = 0;

	(void)context;
	for (; all && all->algorithm_names && n < 255; all++)
		if (strncmp(all->algorithm_names, "ED25519", 7) != 0) {
			kept[operation][n] = *all;
			kept[operation][n++].property_definition = "provider=standin,fips=yes";
		}
	kept[operation][n].algorithm_names = NULL;
	return n ? kept[operation] : NULL;
}

static int begin_standin(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
			 void **context)
{
	static OSSL_DISPATCH functions[] = {{OSSL_FUNC_PROVIDER_QUERY_OPERATION, NULL}, {0, NULL}};

	(void)handle;
	(void)in;
	functions[0].function = (void (*)(void))without_eddsa;
	*context = OSSL_PROVIDER_get0_provider_ctx(whole);
	*out = functions;
	return 1;
}

/* ---- the mode, which is the process's -------------------------------------------------------------------------- */

/* Keys are made before the mode is on, as an agent's are, elsewhere. */
static int make_keys(void **state)
{
	for (int alg = AA_ALG_INVALID + 1; alg < AA_ALG_COUNT; alg++)
		(void)support_key((enum aa_alg)alg, 0);
	return fixture_site.setup(state);
}
static int mode_off(void **state)
{
	EVP_default_properties_enable_fips(NULL, 0);
	return fixture_site.teardown(state);
}
FIXTURE(host, make_keys, mode_off);

static enum aa_jose_err read_key(enum aa_alg alg)
{
	json_t *jwk = aa_key_to_jwk(aa_private_key_public(support_key(alg, 0)));
	struct aa_key *key = NULL;
	enum aa_jose_err err = aa_key_from_jwk(jwk, &key);

	aa_key_free(key);
	json_decref(jwk);
	return err;
}

/* An assertion of this algorithm meets this reason, and the algorithm's keys this error. */
static void meets(struct support_site *site, enum aa_alg alg, enum aa_reason reason, enum aa_jose_err err)
{
	char *token;

	EVP_default_properties_enable_fips(NULL, 0);
	put_keys(site, alg);
	token =
	    support_sign(support_assertion_claims("builder-7", NOW), alg, support_key(alg, 0), "k1", "JWT");
	EVP_default_properties_enable_fips(NULL, 1);
	assert_true(aa_fips_is_asked());
	assert_int_equal(aa_alg_is_offered(alg), reason == AA_OK);
	assert_int_equal(read_key(alg), err);
	expect(site, token, reason, aa_alg_name(alg));
}

TEST(without_fips_mode_each_algorithm_is_offered)
{
	assert_false(aa_fips_is_asked());
	for (int alg = AA_ALG_INVALID + 1; alg < AA_ALG_COUNT; alg++)
		assert_true(aa_alg_is_offered((enum aa_alg)alg));
	assert_false(aa_alg_is_offered(AA_ALG_INVALID));
}

TEST(in_fips_mode_without_a_provider_each_algorithm_is_refused_for_that_reason, host)
{
	/* The curves' parameters were set up before the mode was on, which no process of a host does: their keys are read. */
	for (int alg = AA_ALG_INVALID + 1; alg < AA_ALG_COUNT; alg++)
		meets(*state, (enum aa_alg)alg, AA_ALG_OFF,
		      alg >= AA_ALG_ES256 && alg <= AA_ALG_ES512 ? AA_JOSE_OK : AA_JOSE_ALG_OFF);
	EVP_default_properties_enable_fips(NULL, 0);
	put_keys(*state, AA_ALG_ES256);
	expect(*state, support_assertion(NOW), AA_OK, "out of FIPS mode");
}

TEST(in_fips_mode_what_the_provider_has_is_good_and_eddsa_is_off, host)
{
	OSSL_PROVIDER *standin;

	whole = OSSL_PROVIDER_load(NULL, "default");
	assert_int_equal(OSSL_PROVIDER_add_builtin(NULL, "standin", begin_standin), 1);
	standin = OSSL_PROVIDER_load(NULL, "standin");
	assert_non_null(standin);
	for (int alg = AA_ALG_INVALID + 1; alg < AA_ALG_COUNT; alg++)
		if (aa_alg_same((enum aa_alg)alg, AA_ALG_EDDSA))
			meets(*state, (enum aa_alg)alg, AA_ALG_OFF, AA_JOSE_ALG_OFF);
		else
			meets(*state, (enum aa_alg)alg, AA_OK, AA_JOSE_OK);
	OSSL_PROVIDER_unload(standin);
	OSSL_PROVIDER_unload(whole);
}

/* Debian 13 has the provider in a package, Debian 12 has none. FIPS_MODULE_CONF is what `openssl fipsinstall` wrote. */
TEST(in_fips_mode_with_a_real_provider_what_it_has_is_good_and_the_rest_is_off, host)
{
	const char *conf = getenv("FIPS_MODULE_CONF");
	OSSL_PROVIDER *fips, *base;
	int n = 0;

	if (!conf || access(conf, R_OK) != 0) {
		print_message("not applicable: this machine has no FIPS provider\n");
		return;
	}
	assert_int_equal(OSSL_LIB_CTX_load_config(NULL, conf), 1);
	whole = OSSL_PROVIDER_load(NULL, "default");
	fips = OSSL_PROVIDER_load(NULL, "fips");
	base = OSSL_PROVIDER_load(NULL, "base");
	assert_non_null(fips);
	for (int i = AA_ALG_INVALID + 1; i < AA_ALG_COUNT; i++) {
		enum aa_alg alg = (enum aa_alg)i;
		bool there;

		EVP_default_properties_enable_fips(NULL, 1);
		there = aa_alg_is_offered(alg);
		print_message("%s: %s\n", aa_alg_name(alg), there ? "offered" : "off");
		n += there;
		meets(*state, alg, there ? AA_OK : AA_ALG_OFF, there ? AA_JOSE_OK : AA_JOSE_ALG_OFF);
	}
	assert_true(n >= 9);
	OSSL_PROVIDER_unload(base);
	OSSL_PROVIDER_unload(fips);
	OSSL_PROVIDER_unload(whole);
}
