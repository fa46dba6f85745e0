/* SPDX-License-Identifier: Apache-2.0 */
/* test_claims.c: claims are read as they stand: nothing is converted, nothing is guessed. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/key_jwk.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "common/text/list.h"
#include "common/verify/claims.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

/* ---- finding -------------------------------------------------------------------- */

TEST(a_pointer_leads_into_objects_and_arrays)
{
	static const struct {
		const char *claim, *value; /* NULL: nothing there */
	} cases[] = {
	    {"plain", "p"},
	    {"/plain", "p"},
	    {"/kubernetes.io/serviceaccount/name", "builder"},
	    {"/list/0", "first"},
	    {"/list/1", "second"},
	    {"/list/2", NULL},
	    {"/list/00", NULL},
	    {"/list/-", NULL},
	    {"/list/+1", NULL},
	    {"/list/1x", NULL},
	    {"/list/99999999999999999999999999", NULL},
	    {"/with~1slash", "s"},
	    {"/with~0tilde", "t"},
	    {"with/slash", "s"},
	    {"https://example.com/team", "ns"},
	    {"/plain/further", NULL},
	    {"/nothing", NULL},
	    {"kubernetes.io/serviceaccount/name", NULL},
	    {"/", "empty"},
	};
	json_t *payload =
	    support_json("{\"plain\":\"p\",\"kubernetes.io\":{\"serviceaccount\":{\"name\":\"builder\"}},"
			 "\"list\":[\"first\",\"second\"],\"with/slash\":\"s\",\"with~tilde\":\"t\","
			 "\"https://example.com/team\":\"ns\",\"\":\"empty\"}");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *found = json_string_value(aa_claim(payload, cases[i].claim));

		if (cases[i].value)
			assert_string_equal(found, cases[i].value);
		else
			assert_null(found);
	}
	json_decref(payload);
}

TEST(a_pointer_longer_than_any_claim_finds_nothing)
{
	char name[600] = "/";
	json_t *payload = json_object();

	memset(name + 1, 'a', 200);
	json_object_set_new(payload, name + 1, json_string("x"));
	assert_non_null(aa_claim(payload, name));
	memset(name + 1, 'a', 500);
	json_object_set_new(payload, name + 1, json_string("x"));
	assert_null(aa_claim(payload, name));
	json_decref(payload);
}

static enum aa_reason string_reason(const char *text)
{
	json_t *payload = support_json(text);
	const char *value = NULL;
	enum aa_reason reason = aa_claim_string(payload, "c", 5, &value);

	assert_true((reason == AA_OK) == (value != NULL));
	json_decref(payload);
	return reason;
}

TEST(a_string_claim_is_a_plain_string_of_a_length)
{
	static const char *const malformed[] = {
	    "{\"c\":\"\"}",	    "{\"c\":\"123456\"}",  "{\"c\":1}",		  "{\"c\":null}",
	    "{\"c\":true}",	    "{\"c\":[\"a\"]}",	   "{\"c\":{}}",	  "{\"c\":\"a\\nb\"}",
	    "{\"c\":\"\\u001b[\"}", "{\"c\":\"\\u0085\"}", "{\"c\":\"a\\u007f\"}"};

	assert_int_equal(string_reason("{\"c\":\"12345\"}"), AA_OK);
	assert_int_equal(string_reason("{\"c\":\"\\u00e9\\u00a0\"}"), AA_OK);
	assert_int_equal(string_reason("{}"), AA_CLAIM_REQUIRED);
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		assert_int_equal(string_reason(malformed[i]), AA_MALFORMED);
}

/* ---- the one rule ------------------------------------------------------------------ */

TEST(one_rule_matches_claims)
{
	static const struct {
		const char *payload, *claim, *value;
		bool matches;
	} cases[] = {
	    {"{\"ver\":\"2.0\"}", "ver", "2.0", true},
	    {"{\"ver\":2.0}", "ver", "2.0", false},
	    {"{\"ver\":\"2.0 1.0\"}", "ver", "2.0", false}, /* only scope and scp are lists of words */
	    {"{\"ver\":\"2.0\"}", "ver", "2", false},
	    {"{\"ver\":\"2.0\"}", "Ver", "2.0", false},
	    {"{\"roles\":[\"a\",\"b\"]}", "roles", "b", true},
	    {"{\"roles\":[\"a\",\"b\"]}", "roles", "a b", false},
	    {"{\"roles\":[[\"b\"]]}", "roles", "b", false},
	    {"{\"roles\":[1,null,\"b\"]}", "roles", "b", true},
	    {"{\"roles\":{\"b\":true}}", "roles", "b", false},
	    {"{\"scope\":\"a b c\"}", "scope", "b", true},
	    {"{\"scp\":\"a b c\"}", "scp", "c", true},
	    {"{\"scope\":\"a b c\"}", "scope", "a b", false},
	    {"{\"scope\":\"ab\"}", "scope", "a", false},
	    {"{\"scope\":\"a\\tb\"}", "scope", "b", false},
	    {"{\"scope\":\" \"}", "scope", "", false},
	    {"{\"scp\":[\"a\",\"b\"]}", "scp", "b", true},
	    {"{\"scp\":[\"a b\"]}", "scp", "b", false}, /* an array's items are whole */
	    {"{\"ext\":{\"scope\":\"a b\"}}", "/ext/scope", "b", false},
	    {"{\"ext\":{\"scope\":\"a b\"}}", "/ext/scope", "a b", true},
	    {"{}", "ver", "2.0", false},
	    {"{\"ver\":null}", "ver", "null", false},
	    {"{\"flag\":true}", "flag", "true", false},
	    {"{\"n\":5}", "n", "5", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *payload = support_json(cases[i].payload);

		if (aa_claim_matches(payload, cases[i].claim, cases[i].value) != cases[i].matches)
			fail_msg("%s: %s = %s", cases[i].payload, cases[i].claim, cases[i].value);
		json_decref(payload);
	}
}

TEST(all_required_claims_must_hold)
{
	struct aa_claim_rule rules[] = {{"a", "1"}, {"b", "2"}};
	const struct aa_claim_rules both = {2, rules}, none = {0, NULL};
	const char *claim = NULL;
	json_t *good = support_json("{\"a\":\"1\",\"b\":\"2\"}"), *half = support_json("{\"a\":\"1\"}");

	assert_int_equal(aa_claims_require(good, &both, &claim), AA_OK);
	assert_int_equal(aa_claims_require(half, &both, &claim), AA_CLAIM_REQUIRED);
	assert_string_equal(claim, "b");
	assert_int_equal(aa_claims_require(half, &none, &claim), AA_OK);
	json_decref(good);
	json_decref(half);
}

/* ---- audience ------------------------------------------------------------------------- */

TEST(an_audience_is_ours_to_the_letter)
{
	static const struct {
		const char *payload;
		enum aa_reason reason;
	} cases[] = {
	    {"{\"aud\":\"ssh://a\"}", AA_OK},
	    {"{\"aud\":[\"x\",\"ssh://b\"]}", AA_OK},
	    {"{\"aud\":\"ssh://a/\"}", AA_WRONG_AUDIENCE},
	    {"{\"aud\":\"SSH://a\"}", AA_WRONG_AUDIENCE},
	    {"{\"aud\":\"ssh://a ssh://b\"}", AA_WRONG_AUDIENCE},
	    {"{\"aud\":[\"x\",\"y\"]}", AA_WRONG_AUDIENCE},
	    {"{\"aud\":[]}", AA_WRONG_AUDIENCE},
	    {"{\"aud\":\"\"}", AA_WRONG_AUDIENCE},
	    {"{\"aud\":[[\"ssh://a\"]]}", AA_MALFORMED},
	    {"{\"aud\":[\"ssh://a\",1]}", AA_MALFORMED},
	    {"{\"aud\":[1,\"ssh://a\"]}", AA_MALFORMED},
	    {"{\"aud\":null}", AA_MALFORMED},
	    {"{\"aud\":{\"ssh://a\":1}}", AA_MALFORMED},
	    {"{}", AA_CLAIM_REQUIRED},
	};
	const char *v[] = {"ssh://a", "ssh://b"};
	const struct aa_list ours = {2, v};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *payload = support_json(cases[i].payload);

		if (aa_claims_audience(payload, &ours) != cases[i].reason)
			fail_msg("%s", cases[i].payload);
		json_decref(payload);
	}
}

/* ---- times ------------------------------------------------------------------------------ */

struct times {
	const char *iat, *nbf, *exp; /* JSON texts, NULL: absent */
	enum aa_reason reason;
};

static enum aa_reason times_reason(const struct times *t, const struct aa_time_rules *rules)
{
	json_t *payload = json_object();
	int64_t iat = -1, exp = -1;
	const char *claim = NULL;
	enum aa_reason reason;

	support_bend(payload, "iat", t->iat);
	support_bend(payload, "nbf", t->nbf);
	support_bend(payload, "exp", t->exp);
	reason = aa_claims_times(payload, rules, &iat, &exp, &claim);
	assert_non_null(claim);
	if (reason != AA_OK)
		assert_true(iat == -1 && exp == -1);
	json_decref(payload);
	return reason;
}

static void check_times(const struct times *cases, size_t n, const struct aa_time_rules *rules)
{
	for (size_t i = 0; i < n; i++) {
		enum aa_reason reason = times_reason(&cases[i], rules);

		if (reason != cases[i].reason)
			fail_msg("iat %s nbf %s exp %s: %s", cases[i].iat ? cases[i].iat : "-",
				 cases[i].nbf ? cases[i].nbf : "-", cases[i].exp ? cases[i].exp : "-",
				 aa_reason_name(reason));
	}
}

TEST(times_hold_to_the_second)
{
	static const struct aa_time_rules rules = {NOW, 30, 300, true};
	static const struct times cases[] = {
	    {"1800000000", NULL, "1800000060", AA_OK},
	    /* now < exp + skew */
	    {"1799999900", NULL, "1800000000", AA_OK},
	    {"1799999900", NULL, "1799999971", AA_OK},
	    {"1799999900", NULL, "1799999970", AA_EXPIRED},
	    /* iat - skew <= now */
	    {"1800000030", NULL, "1800000060", AA_OK},
	    {"1800000031", NULL, "1800000060", AA_NOT_YET_VALID},
	    /* nbf - skew <= now */
	    {"1800000000", "1800000030", "1800000060", AA_OK},
	    {"1800000000", "1800000031", "1800000060", AA_NOT_YET_VALID},
	    {"1800000000", "1799990000", "1800000060", AA_OK},
	    /* exp - iat <= max_ttl */
	    {"1800000000", NULL, "1800000300", AA_OK},
	    {"1800000000", NULL, "1800000301", AA_LIFETIME_TOO_LONG},
	    {"1799999900", NULL, "1800000201", AA_LIFETIME_TOO_LONG},
	    /* orders that make no sense */
	    {"1800000000", NULL, "1800000000", AA_MALFORMED},
	    {"1800000001", NULL, "1800000000", AA_MALFORMED},
	    {"1800000000", "1800000011", "1800000010", AA_MALFORMED},
	    {"1800000000", "1800000010", "1800000010", AA_OK},
	};

	check_times(cases, sizeof(cases) / sizeof(cases[0]), &rules);
}

TEST(a_time_is_a_number_of_this_century)
{
	static const struct aa_time_rules rules = {NOW, 30, 300, true};
	static const char *const bad[] = {"\"1800000060\"",
					  "null",
					  "true",
					  "[1800000060]",
					  "{}",
					  "-1800000060",
					  "-1800000060.5",
					  "-0.5",
					  "9007199254740993",
					  "1e300",
					  "1800000060000000",
					  "9223372036854775807",
					  "-9223372036854775808"};
	static const char *const old[] = {"0", "1", "0.5", "999999999"};
	static const struct times good = {"1800000000", "1800000000", "1800000060", AA_OK};

	assert_int_equal(times_reason(&good, &rules), AA_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct times exp = good, iat = good, nbf = good;

		exp.exp = bad[i];
		iat.iat = bad[i];
		nbf.nbf = bad[i];
		if (strcmp(bad[i], "1800000060000000") == 0) {
			/* milliseconds or worse: an integer that is in range, and far away */
			assert_int_equal(times_reason(&exp, &rules), AA_LIFETIME_TOO_LONG);
			continue;
		}
		assert_int_equal(times_reason(&exp, &rules), AA_MALFORMED);
		assert_int_equal(times_reason(&iat, &rules), AA_MALFORMED);
		assert_int_equal(times_reason(&nbf, &rules), AA_MALFORMED);
	}
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		struct times exp = good, iat = good, nbf = good;

		exp.exp = iat.iat = nbf.nbf = old[i];
		assert_int_equal(times_reason(&exp, &rules), AA_MALFORMED);
		assert_int_equal(times_reason(&iat, &rules), AA_MALFORMED);
		assert_int_equal(times_reason(&nbf, &rules), AA_OK); /* long ago */
	}
}

TEST(a_time_may_have_a_fraction)
{
	static const struct aa_time_rules rules = {NOW, 30, 300, true};
	static const struct times cases[] = {
	    {"1800000000.25", "1800000000.75", "1800000060.5", AA_OK},
	    {"1800000000", NULL, "1.80000006e9", AA_OK},
	    {"1799999900", NULL, "1799999971.0", AA_OK},
	    {"1799999900", NULL, "1799999970.999", AA_EXPIRED},
	    {"1800000031.5", NULL, "1800000060", AA_NOT_YET_VALID},
	    {"1800000000", NULL, "1800000301.5", AA_LIFETIME_TOO_LONG},
	    {"1800000000.1", NULL, "1800000000.9", AA_MALFORMED},
	};

	check_times(cases, sizeof(cases) / sizeof(cases[0]), &rules);
}

TEST(times_that_must_be_there_are_demanded)
{
	static const struct aa_time_rules demanding = {NOW, 30, 300, true}, lenient = {NOW, 30, 300, false};
	static const struct times no_exp = {"1800000000", NULL, NULL, AA_CLAIM_REQUIRED};
	static const struct times no_iat = {NULL, NULL, "1800000060", AA_CLAIM_REQUIRED};
	static const struct times no_iat_long = {NULL, NULL, "1800000301", AA_LIFETIME_TOO_LONG};

	check_times(&no_exp, 1, &demanding);
	check_times(&no_exp, 1, &lenient);
	check_times(&no_iat, 1, &demanding);
	assert_int_equal(times_reason(&no_iat, &lenient), AA_OK);
	/* Without iat what is left of its life is held against the limit. */
	assert_int_equal(times_reason(&no_iat_long, &lenient), AA_LIFETIME_TOO_LONG);
}

TEST(a_clock_before_2001_believes_nothing)
{
	static const struct times good = {"1000000000", NULL, "1000000060", AA_OK};
	const struct aa_time_rules right = {INT64_C(1000000000), 30, 300, true};
	const struct aa_time_rules wrong = {INT64_C(999999999), 30, 300, true}, zero = {0, 30, 300, true};

	assert_int_equal(times_reason(&good, &right), AA_OK);
	assert_int_equal(times_reason(&good, &wrong), AA_NOT_YET_VALID);
	assert_int_equal(times_reason(&good, &zero), AA_NOT_YET_VALID);
}

TEST(the_largest_times_do_not_overflow)
{
	const struct aa_time_rules rules = {NOW, INT64_C(1) << 53, INT64_C(1) << 53, true};
	static const struct times far = {"1000000000", NULL, "9007199254740992", AA_OK};

	assert_int_equal(times_reason(&far, &rules), AA_OK);
}

/* ---- proof of possession ------------------------------------------------------------------- */

static char *info_line(const struct aa_private_key *key)
{
	char *ssh = NULL, *line = malloc(4096);

	assert_int_equal(aa_key_to_ssh(aa_private_key_public(key), &ssh), AA_JOSE_OK);
	snprintf(line, 4096, "publickey %s", ssh);
	free(ssh);
	return line;
}

static enum aa_reason proof(const char *cnf, const char *info)
{
	json_t *payload = json_object();
	enum aa_reason reason;

	support_bend(payload, "cnf", cnf);
	reason = aa_claims_proof(payload, info);
	json_decref(payload);
	return reason;
}

TEST(a_bound_credential_wants_its_key_in_this_connection)
{
	char jkt[44], cnf[128], both[8192], cut[4096];
	char *mine = info_line(support_key(AA_ALG_EDDSA, 0)),
	     *other = info_line(support_key(AA_ALG_EDDSA, 1));

	assert_int_equal(aa_key_thumbprint(aa_private_key_public(support_key(AA_ALG_EDDSA, 0)), jkt),
			 AA_JOSE_OK);
	snprintf(cnf, sizeof(cnf), "{\"jkt\":\"%s\"}", jkt);
	assert_int_equal(proof(cnf, mine), AA_OK);
	assert_int_equal(proof(NULL, other), AA_OK); /* not bound */
	assert_int_equal(proof(NULL, NULL), AA_OK);
	assert_int_equal(proof(cnf, other), AA_PROOF_REQUIRED);
	assert_int_equal(proof(cnf, NULL), AA_PROOF_REQUIRED);
	assert_int_equal(proof(cnf, ""), AA_PROOF_REQUIRED);
	snprintf(both, sizeof(both), "%s\n%s\n", other, mine);
	assert_int_equal(proof(cnf, both), AA_OK);
	/* The same key named by another method proves nothing. */
	snprintf(both, sizeof(both), "hostbased %s\n", mine + strlen("publickey "));
	assert_int_equal(proof(cnf, both), AA_PROOF_REQUIRED);
	snprintf(cut, sizeof(cut), "%.*s", (int)strlen(mine) - 2, mine);
	assert_int_equal(proof(cnf, cut), AA_PROOF_REQUIRED);
	free(mine);
	free(other);
}

TEST(another_kind_of_confirmation_is_refused)
{
	static const char *const others[] = {"{}",
					     "null",
					     "\"x\"",
					     "[]",
					     "{\"jkt\":1}",
					     "{\"jkt\":null}",
					     "{\"jkt\":\"\"}",
					     "{\"x5t#S256\":\"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2\"}",
					     "{\"jwk\":{\"kty\":\"OKP\"}}",
					     "{\"kid\":\"k1\"}"};
	char jkt[44], cnf[256];
	char *mine = info_line(support_key(AA_ALG_EDDSA, 0));

	assert_int_equal(aa_key_thumbprint(aa_private_key_public(support_key(AA_ALG_EDDSA, 0)), jkt),
			 AA_JOSE_OK);
	snprintf(cnf, sizeof(cnf), "{\"jkt\":\"%s\"}", jkt);
	assert_int_equal(proof(cnf, mine), AA_OK);
	snprintf(cnf, sizeof(cnf), "{\"jkt\":\"%s\",\"kid\":\"k1\"}", jkt);
	assert_int_equal(proof(cnf, mine), AA_PROOF_REQUIRED);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(proof(others[i], mine), AA_PROOF_REQUIRED);
	free(mine);
}
