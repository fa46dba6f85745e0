/* SPDX-License-Identifier: Apache-2.0 */
/* test_access_token.c: an agent's own access token. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/verify/verdict.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"
#include "tests/unit/verify/delegation_steps.h"

TEST(the_verifier_accepts_a_good_access_token, site)
{
	struct aa_verdict v = verdict_on(*state, TOKEN({"", NULL}));

	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(v.kind, AA_KIND_TOKEN);
	assert_string_equal(v.issuer, "corp");
	assert_string_equal(v.kid, "r1");
	assert_string_equal(v.replay_space, SITE_ISSUER);
	assert_true(v.once);
	assert_null(v.on_behalf_of);
	assert_null(v.actors);
	assert_int_equal(v.roles.n, 2);
	aa_verdict_clear(&v);
}

TEST(types_of_access_tokens_are_the_usual_ones, site)
{
	static const char *const good[] = {"at+jwt", "application/at+jwt", "AT+JWT", "JWT", "jwt", "JOSE",
					   NULL};
	static const char *const bad[] = {
	    "id+jwt", "dpop+jwt", "logout+jwt", "secevent+jwt", "client-authentication+jwt", ""};

	for (size_t i = 0; i < COUNT(good); i++)
		expect(*state, support_sign(support_token_claims(NOW), AA_ALG_RS256, KEY, "r1", good[i]),
		       AA_OK, good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(*state, support_sign(support_token_claims(NOW), AA_ALG_RS256, KEY, "r1", bad[i]),
		       AA_WRONG_TYPE, bad[i]);
}

/* An ID token of the same issuer, for the same client: its audience is the client, not this host; where the issuer marks
 * its tokens, `require` tells them apart. */
TEST(the_verifier_refuses_an_id_token_where_an_access_token_belongs, site)
{
	struct support_site *site = *state;

	expect(site, TOKEN({"aud", "\"builder-7\""}, {"nonce", "\"n\""}, {"typ", "\"ID\""}),
	       AA_WRONG_AUDIENCE, "aud");
	support_publish_with(site, "issuer:corp", "require", "[{\"claim\":\"typ\",\"value\":\"Bearer\"}]");
	expect(site, TOKEN({"typ", "\"Bearer\""}), AA_OK, "Bearer");
	expect(site, TOKEN({"typ", "\"ID\""}), AA_CLAIM_REQUIRED, "ID");
	expect(site, TOKEN({"typ", NULL}), AA_CLAIM_REQUIRED, "no typ");
}

/* Neither kind passes for the other, however it is signed. */
TEST(assertions_and_tokens_are_told_apart, site)
{
	const struct aa_private_key *agents = support_key(AA_ALG_ES256, 0),
				    *issuers = support_key(AA_ALG_ES256, 2);

	expect(*state,
	       support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_ES256, agents, "k1", "JWT"),
	       AA_OK, "an assertion by the agent's key");
	expect(*state,
	       support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_ES256, issuers, "e1", "JWT"),
	       AA_UNKNOWN_KEY, "an assertion by the issuer's key");
	expect(*state,
	       support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_ES256, issuers, "k1", "JWT"),
	       AA_BAD_SIGNATURE, "under the agent's kid");
	expect(*state, support_sign(support_token_claims(NOW), AA_ALG_ES256, issuers, "e1", "at+jwt"), AA_OK,
	       "a token by the issuer's key");
	expect(*state, support_sign(support_token_claims(NOW), AA_ALG_ES256, agents, "k1", "at+jwt"),
	       AA_UNKNOWN_KEY, "a token by the agent's key");
	expect(*state, support_sign(support_token_claims(NOW), AA_ALG_ES256, agents, "e1", "at+jwt"),
	       AA_BAD_SIGNATURE, "under the issuer's kid");
	expect(*state,
	       support_sign(support_assertion_claims("builder-7", NOW), AA_ALG_ES256, agents, "k1", "at+jwt"),
	       AA_WRONG_TYPE, "an assertion that calls itself an access token");
}

TEST(the_client_claim_alone_selects_the_binding, site)
{
	static const struct {
		const char *member, *text;
		enum aa_reason reason;
	} cases[] = {
	    {"azp", "\"builder-7\"", AA_OK},
	    {"azp", "\"builder-8\"", AA_WRONG_SUBJECT},
	    {"azp", "\"Builder-7\"", AA_WRONG_SUBJECT},
	    {"azp", "\"builder-7 \"", AA_WRONG_SUBJECT},
	    {"azp", "[\"builder-7\"]", AA_MALFORMED},
	    {"azp", "\"\"", AA_MALFORMED},
	    {"azp", "7", AA_MALFORMED},
	    {"azp", NULL, AA_CLAIM_REQUIRED},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		expect(*state, TOKEN({cases[i].member, cases[i].text}), cases[i].reason,
		       cases[i].text ? cases[i].text : "no azp");
	/* No other claim stands in for it. */
	expect(*state, TOKEN({"azp", NULL}, {"client_id", "\"builder-7\""}, {"appid", "\"builder-7\""}),
	       AA_CLAIM_REQUIRED, "client_id");
}

TEST(another_agents_token_is_not_ours, site)
{
	struct support_site *site = *state;
	struct aa_login login = support_login(site, NOW);
	struct aa_verdict v;

	support_set(site, "agent:other-1", "bindings",
		    "[{\"issuer\":\"corp\",\"client\":\"other\",\"subject\":\"svc-other\"}]");
	support_site_publish(site);
	login.agent = "other-1";
	support_verify(site, &login,
		       TOKEN({"azp", "\"other\""}, {"sub", "\"svc-other\""}, {"scope", "\"host.audit\""}),
		       &v);
	assert_int_equal(v.reason, AA_OK);
	aa_verdict_clear(&v);
	expect(site, TOKEN({"azp", "\"other\""}, {"sub", "\"svc-other\""}), AA_WRONG_SUBJECT,
	       "other-1's token for builder-7");
	/* A sub that is the account's name proves nothing. */
	expect(site, TOKEN({"azp", "\"other\""}, {"sub", "\"builder-7\""}), AA_WRONG_SUBJECT, "sub");
}

TEST(a_bindings_own_rules_hold, site)
{
	struct support_site *site = *state;

	support_set(site, "agent:builder-7", "bindings",
		    "[{\"issuer\":\"corp\",\"client\":\"builder-7\",\"subject\":\"svc-builder-7\","
		    "\"require\":[{\"claim\":\"env\",\"value\":\"prod\"}]}]");
	support_site_publish(site);
	expect(site, TOKEN({"env", "\"prod\""}), AA_OK, "prod");
	expect(site, TOKEN({"env", "\"test\""}), AA_CLAIM_REQUIRED, "test");
	expect(site, TOKEN({"env", NULL}), AA_CLAIM_REQUIRED, "nothing");
}

TEST(issuer_and_audience_are_exact, site)
{
	static const struct {
		const char *member, *text;
		enum aa_reason reason;
	} cases[] = {
	    {"iss", NULL, AA_CLAIM_REQUIRED},
	    {"iss", "\"" SITE_ISSUER "/\"", AA_UNKNOWN_ISSUER},
	    {"iss", "\"https://idp.example.com/realms/agent\"", AA_UNKNOWN_ISSUER},
	    {"iss", "\"HTTPS://idp.example.com/realms/agents\"", AA_UNKNOWN_ISSUER},
	    {"iss", "\"corp\"",
	     AA_WRONG_SUBJECT}, /* a name such as an agent's: an assertion of another agent */
	    {"iss", "[\"" SITE_ISSUER "\"]", AA_MALFORMED},
	    {"aud", NULL, AA_CLAIM_REQUIRED},
	    {"aud", "\"ssh://web02.example.com\"", AA_WRONG_AUDIENCE},
	    {"aud", "[\"account\",\"ssh://web02.example.com\"]", AA_WRONG_AUDIENCE},
	    {"aud", "[\"account\",\"ssh://web01.example.com\"]", AA_OK},
	    {"aud", "{\"ssh://web01.example.com\":true}", AA_MALFORMED},
	};
	struct support_site *site = *state;

	expect(site, TOKEN({"", NULL}), AA_OK, "control");
	for (size_t i = 0; i < COUNT(cases); i++)
		expect(site, TOKEN({cases[i].member, cases[i].text}), cases[i].reason,
		       cases[i].text ? cases[i].text : "absent");
	/* An issuer's own audience overrides the host's. */
	support_publish_with(site, "issuer:corp", "audience", "[\"api://hosts\"]");
	expect(site, TOKEN({"aud", "\"api://hosts\""}), AA_OK, "api://hosts");
	expect(site, TOKEN({"aud", "\"" SITE_AUDIENCE "\""}), AA_WRONG_AUDIENCE, "the host's");
}

TEST(reuse_once_demands_jti_and_iat, site)
{
	struct support_site *site = *state;
	struct aa_verdict v, again;

	expect(site, TOKEN({"jti", NULL}), AA_CLAIM_REQUIRED, "no jti");
	expect(site, TOKEN({"iat", NULL}), AA_CLAIM_REQUIRED, "no iat");
	expect(site, TOKEN({"jti", "7"}), AA_MALFORMED, "a number");
	expect(site, TOKEN({"jti", "\"\""}), AA_MALFORMED, "empty");
	support_publish_with(site, "issuer:corp", "reuse", "\"until_expiry\"");
	v = verdict_on(site, TOKEN({"jti", NULL}, {"iat", NULL}));
	assert_int_equal(v.reason, AA_OK);
	assert_false(v.once);
	assert_int_equal(strlen(v.jti), 64); /* SHA-256 of header.payload, for the log */
	again = verdict_on(site, TOKEN({"jti", NULL}, {"iat", NULL}));
	assert_string_equal(v.jti, again.jti);
	aa_verdict_clear(&again);
	again = verdict_on(site, TOKEN({"jti", NULL}, {"iat", "1800000001"}));
	assert_string_not_equal(v.jti, again.jti);
	aa_verdict_clear(&again);
	aa_verdict_clear(&v);
	expect(site, TOKEN({"jti", "7"}), AA_MALFORMED, "a number, still");
}

TEST(a_tokens_life_is_bounded_by_its_issuers_limit, site)
{
	expect(*state, TOKEN({"exp", "1800003600"}), AA_OK, "an hour");
	expect(*state, TOKEN({"exp", "1800003601"}), AA_LIFETIME_TOO_LONG, "a second more");
	expect(*state, TOKEN({"iat", "1799996000"}, {"exp", "1799999600"}), AA_EXPIRED, "over");
	expect(*state, TOKEN({"nbf", "1800000031"}), AA_NOT_YET_VALID, "nbf");
}
