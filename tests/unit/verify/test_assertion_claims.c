/* SPDX-License-Identifier: Apache-2.0 */
/* test_assertion_claims.c: the claims of an assertion, and what a refusal says of them. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/verify/roles.h"
#include "common/verify/verdict.h"
#include "common/verify/verify.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"
#include "tests/unit/verify/assertion_steps.h"

/* ---- 11, 12: issuer, audience, subject ------------------------------------------------------------------------------ */

struct bend {
	const char *member, *text;
	enum aa_reason reason;
};

static void check_bends(const struct support_site *site, const struct bend *bends, size_t n)
{
	expect(site, support_assertion(NOW), AA_OK, "control");
	for (size_t i = 0; i < n; i++) {
		char what[512];

		snprintf(what, sizeof(what), "%s = %.400s", bends[i].member,
			 bends[i].text ? bends[i].text : "(absent)");
		expect(site, support_bent_assertion(NOW, bends[i].member, bends[i].text), bends[i].reason,
		       what);
	}
}

TEST(the_verifier_refuses_another_issuer_or_audience, site)
{
	static const struct bend bends[] = {
	    {"iss", NULL, AA_CLAIM_REQUIRED},
	    {"iss", "\"\"", AA_MALFORMED},
	    {"iss", "[\"builder-7\"]", AA_MALFORMED},
	    {"iss", "\"builder-7/\"", AA_UNKNOWN_ISSUER},
	    {"iss", "\"BUILDER-7\"", AA_UNKNOWN_ISSUER},
	    {"iss", "\"builder-7 \"", AA_UNKNOWN_ISSUER},
	    {"iss", "\"https://idp.example.com/realms/agents/\"", AA_UNKNOWN_ISSUER},
	    {"iss", "\"other-1\"", AA_WRONG_SUBJECT},
	    {"aud", NULL, AA_CLAIM_REQUIRED},
	    {"aud", "\"ssh://web02.example.com\"", AA_WRONG_AUDIENCE},
	    {"aud", "\"ssh://web01.example.com/\"", AA_WRONG_AUDIENCE},
	    {"aud", "[\"ssh://web02.example.com\",\"ssh://web03.example.com\"]", AA_WRONG_AUDIENCE},
	    {"aud", "[]", AA_WRONG_AUDIENCE},
	    {"aud", "[\"ssh://web02.example.com\",\"ssh://web01.example.com\"]", AA_OK},
	};

	check_bends(*state, bends, COUNT(bends));
}

TEST(the_verifier_refuses_another_subject, site)
{
	static const struct bend bends[] = {
	    {"sub", NULL, AA_CLAIM_REQUIRED},
	    {"sub", "\"other-1\"", AA_WRONG_SUBJECT},
	    {"sub", "\"builder-7@example.com\"", AA_WRONG_SUBJECT},
	    {"sub", "\"system:builder-7\"", AA_WRONG_SUBJECT},
	    {"sub", "\"Builder-7\"", AA_WRONG_SUBJECT},
	    {"sub", "[\"builder-7\"]", AA_MALFORMED},
	    {"sub", "null", AA_MALFORMED},
	};

	check_bends(*state, bends, COUNT(bends));
	/* No other claim stands in for it. */
	expect(
	    *state,
	    support_sign(support_bend(support_bend(support_assertion_claims("builder-7", NOW), "sub", NULL),
				      "preferred_username", "\"builder-7\""),
			 AA_ALG_ES256, KEY, "k1", "JWT"),
	    AA_CLAIM_REQUIRED, "preferred_username");
}

TEST(the_verifier_refuses_another_agents_good_assertion, site)
{
	struct aa_login login = support_login(*state, NOW);
	const struct aa_private_key *others = support_key(AA_ALG_ES256, 1);
	struct aa_verdict v;

	login.agent = "other-1";
	support_verify(
	    *state, &login,
	    support_sign(support_assertion_claims("other-1", NOW), AA_ALG_ES256, others, "k1", "JWT"), &v);
	assert_int_equal(v.reason, AA_OK);
	aa_verdict_clear(&v);
	expect(*state,
	       support_sign(support_assertion_claims("other-1", NOW), AA_ALG_ES256, others, "k1", "JWT"),
	       AA_WRONG_SUBJECT, "other-1's own");
	expect(*state,
	       support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_ES256, others, "k1", "JWT"),
	       AA_BAD_SIGNATURE, "other-1's key under builder-7's name");
}

TEST(the_verifier_refuses_delegation_in_an_assertion, site)
{
	static const struct bend bends[] = {
	    {"act", "{\"sub\":\"builder-7\"}", AA_DELEGATION_DENIED},
	    {"act", "{}", AA_DELEGATION_DENIED},
	    {"act", "null", AA_DELEGATION_DENIED},
	    {"may_act", "{\"sub\":\"builder-7\"}", AA_OK},
	};

	check_bends(*state, bends, COUNT(bends));
}

/* ---- 14, 15, 20: scope, times, jti --------------------------------------------------------------------------------------- */

TEST(scope_only_narrows, site)
{
	static const struct bend bends[] = {
	    {"scope", "\"deploy\"", AA_OK},
	    {"scope", "\"deploy audit\"", AA_OK},
	    {"scope", "\"deploy sudo\"", AA_ROLE_DENIED},
	    {"scope", "\"docker\"", AA_ROLE_DENIED},
	    {"scope", "\"inside\"", AA_ROLE_DENIED}, /* a role, and not the agent's */
	    {"scope", "\"agent-deploy\"", AA_ROLE_DENIED},
	    {"scope", "\"Deploy\"", AA_ROLE_DENIED},
	    {"scope", "\" \"", AA_ROLE_DENIED},
	    {"scope", "\"\"", AA_MALFORMED},
	    {"scope", "[\"deploy\"]", AA_MALFORMED},
	    {"scope", "null", AA_MALFORMED},
	    {"scope", "{}", AA_MALFORMED},
	    {"scope", "1", AA_MALFORMED},
	    {"roles", "[\"root\"]", AA_OK}, /* no claim of ours: grants nothing */
	    {"groups", "[\"sudo\"]", AA_OK},
	};
	struct aa_login login = support_login(*state, NOW);
	struct aa_verdict v;

	check_bends(*state, bends, COUNT(bends));
	support_verify(*state, &login, support_bent_assertion(NOW, "scope", "\"audit\""), &v);
	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(v.roles.n, 1);
	assert_true(aa_roles_have(&v.roles, "audit"));
	assert_int_equal(aa_roles_max_session(&v.roles), 0);
	aa_verdict_clear(&v);
	support_verify(*state, &login,
		       support_bent_assertion(NOW, "groups", "[\"sudo\",\"docker\",\"lxd\",\"adm\"]"), &v);
	assert_int_equal(v.roles.n, 2);
	aa_verdict_clear(&v);
}

TEST(a_scope_of_ten_thousand_words_is_refused, site)
{
	char *text = malloc(80000);
	size_t n = 0;

	n += (size_t)sprintf(text + n, "\"deploy");
	for (int i = 0; i < 170; i++)
		n += (size_t)sprintf(text + n, " deploy");
	sprintf(text + n, "\"");
	expect(*state, support_bent_assertion(NOW, "scope", text), AA_MALFORMED, "more than 1024 bytes");
	for (int i = 170; i < 10000; i++)
		n += (size_t)sprintf(text + n, " deploy");
	sprintf(text + n, "\"");
	expect(*state, support_bent_assertion(NOW, "scope", text), AA_OVERSIZE, "ten thousand");
	free(text);
}

TEST(times_are_held_to, site)
{
	static const struct bend bends[] = {
	    {"exp", NULL, AA_CLAIM_REQUIRED},
	    {"exp", "1800000060.5", AA_OK},
	    {"exp", "1800000300.5", AA_OK},
	    {"exp", "1800000301.5", AA_LIFETIME_TOO_LONG},
	    {"exp", "\"1800000060\"", AA_MALFORMED},
	    {"exp", "1.8e9", AA_MALFORMED},
	    {"exp", "null", AA_MALFORMED},
	    {"exp", "-1", AA_MALFORMED},
	    {"exp", "9223372036854775807", AA_MALFORMED},
	    {"exp", "1800000301", AA_LIFETIME_TOO_LONG},
	    {"exp", "1800000300", AA_OK},
	    {"iat", NULL, AA_CLAIM_REQUIRED},
	    {"iat", "1800000031", AA_NOT_YET_VALID},
	    {"iat", "1800000030", AA_OK},
	    {"iat", "1000000000", AA_LIFETIME_TOO_LONG},
	    {"iat", "\"1800000000\"", AA_MALFORMED},
	    {"nbf", "1800000031", AA_NOT_YET_VALID},
	    {"nbf", "1800000030", AA_OK},
	    {"nbf", "1800000061", AA_MALFORMED}, /* exp < nbf */
	    {"nbf", "0", AA_OK},
	    {"nbf", "-1", AA_MALFORMED},
	    {"nbf", "false", AA_MALFORMED},
	};

	check_bends(*state, bends, COUNT(bends));
	assert_int_equal(support_reason(*state, NOW + 89, support_assertion(NOW)), AA_OK);
	assert_int_equal(support_reason(*state, NOW + 90, support_assertion(NOW)), AA_EXPIRED);
}

TEST(a_clock_at_1970_or_behind_admits_nothing, site)
{
	assert_int_equal(support_reason(*state, NOW, support_assertion(NOW)), AA_OK);
	assert_int_equal(support_reason(*state, 0, support_assertion(NOW)), AA_NOT_YET_VALID);
	assert_int_equal(support_reason(*state, NOW - 31, support_assertion(NOW)), AA_NOT_YET_VALID);
	assert_int_equal(support_reason(*state, 0, support_assertion(0)), AA_MALFORMED);
}

TEST(an_assertion_must_have_a_usable_jti, site)
{
	static const struct bend bends[] = {
	    {"jti", NULL, AA_CLAIM_REQUIRED}, {"jti", "\"\"", AA_MALFORMED},
	    {"jti", "7", AA_MALFORMED},	      {"jti", "null", AA_MALFORMED},
	    {"jti", "[\"a\"]", AA_MALFORMED}, {"jti", "{}", AA_MALFORMED},
	    {"jti", "\"a\"", AA_OK},	      {"jti", "\"a\\u001bb\"", AA_MALFORMED},
	};
	char text[300];

	check_bends(*state, bends, COUNT(bends));
	text[0] = '"';
	memset(text + 1, 'j', 257);
	strcpy(text + 257, "\"");
	expect(*state, support_bent_assertion(NOW, "jti", text), AA_OK, "256 bytes");
	strcpy(text + 257, "j\"");
	expect(*state, support_bent_assertion(NOW, "jti", text), AA_MALFORMED, "257 bytes");
}

/* ---- nonce, task, proof ------------------------------------------------------------------------------------------------- */

TEST(a_nonce_is_the_prompts, site)
{
	struct support_site *site = *state;

	assert_int_equal(with_nonce(site, "abc", "\"abc\""), AA_OK);
	assert_int_equal(with_nonce(site, "abc", NULL), AA_OK);
	assert_int_equal(with_nonce(site, "abc", "\"abd\""), AA_NONCE_MISMATCH);
	assert_int_equal(with_nonce(site, NULL, "\"abc\""), AA_NONCE_MISMATCH);
	assert_int_equal(with_nonce(site, "abc", "\"\""), AA_MALFORMED);
	assert_int_equal(with_nonce(site, "abc", "1"), AA_MALFORMED);
	support_publish_with(site, "host", "nonce", "\"required\"");
	assert_int_equal(with_nonce(site, "abc", "\"abc\""), AA_OK);
	assert_int_equal(with_nonce(site, "abc", NULL), AA_NONCE_REQUIRED);
}

TEST(a_task_is_a_short_plain_string, site)
{
	static const struct bend bends[] = {
	    {"task", "\"deploy app 1.2\"", AA_OK},
	    {"task", "\"\"", AA_MALFORMED},
	    {"task", "\"a\\nresult: ok\"", AA_MALFORMED},
	    {"task", "1", AA_MALFORMED},
	};
	struct aa_login login = support_login(*state, NOW);
	struct aa_verdict v;
	char text[200];

	check_bends(*state, bends, COUNT(bends));
	text[0] = '"';
	memset(text + 1, 't', 129);
	strcpy(text + 129, "\"");
	support_verify(*state, &login, support_bent_assertion(NOW, "task", text), &v);
	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(strlen(v.task), 128);
	aa_verdict_clear(&v);
	strcpy(text + 129, "t\"");
	expect(*state, support_bent_assertion(NOW, "task", text), AA_MALFORMED, "129 bytes");
}

TEST(a_bound_assertion_wants_its_key, site)
{
	expect(
	    *state,
	    support_bent_assertion(NOW, "cnf", "{\"jkt\":\"0000000000000000000000000000000000000000000\"}"),
	    AA_PROOF_REQUIRED, "cnf");
}

/* What a refusal leaves in the verdict grants nothing. */
TEST(a_refusal_holds_no_role, site)
{
	struct aa_login login = support_login(*state, NOW);
	struct aa_verdict v;

	support_verify(*state, &login, support_bent_assertion(NOW, "exp", "1799999000"), &v);
	assert_int_not_equal(v.reason, AA_OK);
	assert_int_equal(v.roles.n, 0);
	assert_null(v.roles.v);
	assert_string_equal(v.kid, "k1"); /* for the log */
	aa_verdict_clear(&v);
	assert_null(v.kid);
	assert_int_equal(v.reason, AA_INTERNAL);
}

TEST(nobody_is_never_accepted, site)
{
	char *good = support_assertion(NOW);
	struct aa_verdict v = {0};

	aa_verify_nobody(good, strlen(good), &v);
	assert_int_equal(v.reason, AA_AGENT_RETIRED);
	aa_verify_nobody("", 0, &v);
	assert_int_equal(v.reason, AA_AGENT_RETIRED);
	aa_verdict_clear(&v);
	free(good);
}

/* ---- what a refusal is about ------------------------------------------------------------------ */

static void expect_claim(const struct support_site *site, char *credential, enum aa_reason reason,
			 const char *claim)
{
	struct aa_login login = support_login(site, NOW);
	struct aa_verdict verdict = {0};
	const char *said;

	support_verify(site, &login, credential, &verdict);
	said = verdict.claim ? verdict.claim : aa_reason_claim(verdict.reason);
	if (verdict.reason != reason || !said != !claim || (said && strcmp(said, claim) != 0))
		fail_msg("%s about %s, not %s about %s", aa_reason_name(verdict.reason),
			 said ? said : "nothing", aa_reason_name(reason), claim ? claim : "nothing");
	aa_verdict_clear(&verdict);
}

static const struct about {
	const char *member, *text;
	enum aa_reason reason;
	const char *claim;
} assertion_bends[] =
    {
	{"x", "1", AA_OK, NULL},
	{"iss", "7", AA_MALFORMED, "iss"},
	{"iss", "\"other-1\"", AA_WRONG_SUBJECT, "iss"},
	{"iss", "\"https://nobody.example\"", AA_UNKNOWN_ISSUER, "iss"},
	{"sub", NULL, AA_CLAIM_REQUIRED, "sub"},
	{"sub", "\"other-1\"", AA_WRONG_SUBJECT, "sub"},
	{"act", "{}", AA_DELEGATION_DENIED, "act"},
	{"jti", NULL, AA_CLAIM_REQUIRED, "jti"},
	{"aud", NULL, AA_CLAIM_REQUIRED, "aud"},
	{"aud", "\"ssh://x\"", AA_WRONG_AUDIENCE, "aud"},
	{"aud", "7", AA_MALFORMED, "aud"},
	{"exp", NULL, AA_CLAIM_REQUIRED, "exp"},
	{"exp", "1500000000", AA_MALFORMED, "exp"}, /* before iat */
	{"exp", "1900000000", AA_LIFETIME_TOO_LONG, "exp"},
	{"iat", NULL, AA_CLAIM_REQUIRED, "iat"},
	{"iat", "\"x\"", AA_MALFORMED, "iat"},
	{"nbf", "\"x\"", AA_MALFORMED, "nbf"},
	{"nonce", "7", AA_MALFORMED, "nonce"},
	{"nonce", "\"x\"", AA_NONCE_MISMATCH, "nonce"},
	{"cnf", "7", AA_PROOF_REQUIRED, "cnf"},
	{"task", "7", AA_MALFORMED, "task"},
	{"scope", "7", AA_MALFORMED, "scope"},
	{"scope", "\"sudo\"", AA_ROLE_DENIED, "scope"},
},
  token_bends[] = {
      {"x", "1", AA_OK, NULL},
      {"aud", "\"ssh://x\"", AA_WRONG_AUDIENCE, "aud"},
      {"exp", "true", AA_MALFORMED, "exp"},
      {"jti", "7", AA_MALFORMED, "jti"},
      {"cnf", "7", AA_PROOF_REQUIRED, "cnf"},
      {"act", "7", AA_MALFORMED, "act"},
      {"scope", "\"sudo\"", AA_ROLE_DENIED, "scope"},
      {"azp", NULL, AA_CLAIM_REQUIRED, "azp"},
      {"azp", "\"other\"", AA_WRONG_SUBJECT, "azp"},
      {"sub", NULL, AA_CLAIM_REQUIRED, "sub"},
      {"sub", "\"nobody\"", AA_DELEGATION_DENIED, "sub"},
      {"act", "{\"sub\":\"other-1\"}", AA_WRONG_SUBJECT, "act"},
};

TEST(a_refusal_names_the_claim_that_it_is_about, site)
{
	struct support_site *site = *state;

	for (size_t i = 0; i < sizeof(assertion_bends) / sizeof(assertion_bends[0]); i++) {
		const struct about *b = &assertion_bends[i];
		json_t *claims = support_bend(support_assertion_claims("builder-7", NOW), b->member, b->text);

		expect_claim(site, support_sign(claims, AA_ALG_ES256, KEY, "k1", "JWT"), b->reason, b->claim);
	}
	for (size_t i = 0; i < sizeof(token_bends) / sizeof(token_bends[0]); i++) {
		const struct about *b = &token_bends[i];
		json_t *claims = support_bend(support_token_claims(NOW), b->member, b->text);

		expect_claim(site,
			     support_sign(claims, AA_ALG_RS256, support_key(AA_ALG_RS256, 0), "r1", "at+jwt"),
			     b->reason, b->claim);
	}
	expect_claim(site,
		     support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_ES256, KEY, "k9", "JWT"),
		     AA_UNKNOWN_KEY, "kid");
	expect_claim(site,
		     support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_ES256, KEY, "k1", "x"),
		     AA_WRONG_TYPE, "typ");
	expect_claim(
	    site,
	    support_sign(support_assertion_claims("builder-7", NOW - 1000), AA_ALG_ES256, KEY, "k1", "JWT"),
	    AA_EXPIRED, "exp");
	expect_claim(
	    site,
	    support_sign(support_assertion_claims("builder-7", NOW + 1000), AA_ALG_ES256, KEY, "k1", "JWT"),
	    AA_NOT_YET_VALID, "iat");
	expect_claim(site,
		     support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_ES256,
				  support_key(AA_ALG_ES256, 3), "k1", "JWT"),
		     AA_BAD_SIGNATURE, NULL);
}
