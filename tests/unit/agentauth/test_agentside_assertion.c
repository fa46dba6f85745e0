/* SPDX-License-Identifier: Apache-2.0 */
/* test_agentside_assertion.c: what an agent signs, by libjwt and by common/jose alike. */
#include "tests/unit/support/jose_make.h"

#include <stdlib.h>

#include "common/jose/json.h"
#include "common/jose/jws.h"
#include "common/jose/jws_verify.h"
#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_private.h"
#include "common/text/name.h"
#include "tests/unit/support/test.h"
#include "tools/agentauth/credential/assertion.h"

static struct assertion basic(enum aa_alg alg)
{
	return (struct assertion){.agent = "builder-7", .audience = "ssh://web01", .ttl = 60, .alg = alg};
}

static json_t *claims_of(const char *token, const struct aa_key *key)
{
	struct aa_jws *jws = NULL;
	json_t *claims = NULL;

	assert_int_equal(aa_jws_parse(token, strlen(token), AA_JWS_MAX, &jws), AA_JOSE_OK);
	assert_int_equal(aa_jws_verify(jws, key), AA_JOSE_OK);
	assert_string_equal(jws->typ, "JWT");
	assert_int_equal(aa_json_object(jws->payload, jws->payload_len, &claims), AA_JOSE_OK);
	aa_jws_free(jws);
	return claims;
}

static const char *text(const json_t *claims, const char *name)
{
	return json_string_value(json_object_get(claims, name));
}

TEST(every_algorithm_signs_the_same_claims)
{
	for (int alg = AA_ALG_RS256; alg < AA_ALG_COUNT; alg++) {
		const struct aa_private_key *key = make_key((enum aa_alg)alg);
		struct assertion a = basic((enum aa_alg)alg);
		char *token = assertion_sign(&a, key, NOW);
		json_t *claims;

		assert_non_null(token);
		claims = claims_of(token, aa_private_key_public(key));
		assert_int_equal(json_object_size(claims), 6);
		assert_string_equal(text(claims, "iss"), "builder-7");
		assert_string_equal(text(claims, "sub"), "builder-7");
		assert_string_equal(text(claims, "aud"), "ssh://web01");
		assert_int_equal(json_integer_value(json_object_get(claims, "iat")), NOW);
		assert_int_equal(json_integer_value(json_object_get(claims, "exp")), NOW + 60);
		assert_int_equal(strlen(text(claims, "jti")), 22); /* 128 bits */
		json_decref(claims);
		free(token);
	}
}

TEST(options_become_claims)
{
	struct assertion a = basic(AA_ALG_INVALID);
	const struct aa_private_key *key = make_key(AA_ALG_ES256);
	char *token;
	json_t *claims;

	a.nonce = "n";
	a.scope = "deploy audit";
	a.task = "caf\xc3\xa9 \"7\"";
	token = assertion_sign(&a, key, NOW);
	claims = claims_of(token, aa_private_key_public(key));
	assert_string_equal(text(claims, "nonce"), "n");
	assert_string_equal(text(claims, "scope"), "deploy audit");
	assert_string_equal(text(claims, "task"), a.task);
	json_decref(claims);
	free(token);
}

TEST(the_kid_is_the_thumbprint_unless_it_is_given)
{
	static const enum aa_alg algs[] = {AA_ALG_ES256, AA_ALG_EDDSA};

	for (size_t i = 0; i < 2; i++) {
		struct assertion a = basic(algs[i]);
		const struct aa_private_key *key = make_key(algs[i]);
		char print[44], *token = assertion_sign(&a, key, NOW);
		struct aa_jws *jws = NULL;

		assert_int_equal(aa_key_thumbprint(aa_private_key_public(key), print), AA_JOSE_OK);
		assert_int_equal(aa_jws_parse(token, strlen(token), AA_JWS_MAX, &jws), AA_JOSE_OK);
		assert_string_equal(jws->kid, print);
		aa_jws_free(jws);
		free(token);
		a.kid = "2026-01";
		token = assertion_sign(&a, key, NOW);
		assert_int_equal(aa_jws_parse(token, strlen(token), AA_JWS_MAX, &jws), AA_JOSE_OK);
		assert_string_equal(jws->kid, "2026-01");
		aa_jws_free(jws);
		free(token);
	}
}

TEST(two_assertions_never_have_one_jti)
{
	struct assertion a = basic(AA_ALG_EDDSA);
	const struct aa_private_key *key = make_key(AA_ALG_EDDSA);
	char *one = assertion_sign(&a, key, NOW), *two = assertion_sign(&a, key, NOW);
	json_t *c1 = claims_of(one, aa_private_key_public(key)),
	       *c2 = claims_of(two, aa_private_key_public(key));

	assert_string_not_equal(text(c1, "jti"), text(c2, "jti"));
	json_decref(c1);
	json_decref(c2);
	free(one);
	free(two);
}

static bool signs(const struct assertion *a)
{
	char *token = assertion_sign(a, make_key(AA_ALG_ES256), NOW);
	bool ok = token != NULL;

	free(token);
	return ok;
}

TEST(values_that_a_host_would_refuse_are_not_signed)
{
	struct assertion a = basic(AA_ALG_INVALID);
	char task[130];

	assert_true(signs(&a));
	a.agent = "Builder";
	assert_false(signs(&a));
	a = basic(AA_ALG_RS256);
	assert_false(signs(&a)); /* an EC key */
	a = basic(AA_ALG_INVALID);
	a.audience = "";
	assert_false(signs(&a));
	a = basic(AA_ALG_INVALID);
	a.task = "two\nlines";
	assert_false(signs(&a));
	a.task = "\xff";
	assert_false(signs(&a));
	memset(task, 't', sizeof(task));
	task[128] = 0;
	a.task = task;
	assert_true(signs(&a));
	task[128] = 't';
	task[129] = 0;
	assert_false(signs(&a));
}

TEST(names_of_agents_are_told_from_others)
{
	assert_true(aa_agent_name_is_valid("a"));
	assert_true(aa_agent_name_is_valid("builder-7"));
	assert_true(aa_agent_name_is_valid("abcdefghijklmnopqrstuvwxyz01234"));
	assert_false(aa_agent_name_is_valid("abcdefghijklmnopqrstuvwxyz012345"));
	assert_false(aa_agent_name_is_valid(""));
	assert_false(aa_agent_name_is_valid("-u"));
	assert_false(aa_agent_name_is_valid("7up"));
	assert_false(aa_agent_name_is_valid("a-"));
	assert_false(aa_agent_name_is_valid("a b"));
	assert_false(aa_agent_name_is_valid("../a"));
	assert_false(aa_agent_name_is_valid("agents"));
	assert_false(aa_agent_name_is_valid("agent-deploy"));
}
