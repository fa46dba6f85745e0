/* SPDX-License-Identifier: Apache-2.0 */
/* test_delegation.c: tokens on behalf of a user: the actor and the scopes. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "common/verify/roles.h"
#include "common/verify/verdict.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/test.h"
#include "tests/unit/verify/delegation_steps.h"

/* ---- on behalf of a user ---------------------------------------------------------------- */

#define ALICE \
	{ \
		"sub", "\"user-alice\"" \
	}
#define DEPLOY \
	{ \
		"scope", "\"openid host.deploy\"" \
	}

TEST(a_users_token_is_the_agents_on_the_users_behalf, site)
{
	struct aa_verdict v = verdict_on(*state, TOKEN(ALICE, DEPLOY));

	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(v.kind, AA_KIND_DELEGATED);
	assert_string_equal(v.on_behalf_of, "user-alice");
	assert_int_equal(v.roles.n, 1);
	assert_true(aa_roles_have(&v.roles, "deploy"));
	assert_string_equal(v.scope, "openid host.deploy");
	aa_verdict_clear(&v);
}

TEST(only_the_entrys_users_may_be_acted_for, site)
{
	struct support_site *site = *state;

	expect(site, TOKEN(ALICE, DEPLOY), AA_OK, "alice");
	expect(site, TOKEN({"sub", "\"user-bob\""}, DEPLOY), AA_DELEGATION_DENIED, "bob");
	expect(site, TOKEN({"sub", "\"USER-ALICE\""}, DEPLOY), AA_DELEGATION_DENIED, "ALICE");
	expect(site, TOKEN({"sub", "\"alice\""}, DEPLOY), AA_DELEGATION_DENIED, "a local user's name");
	expect(site, TOKEN({"sub", "[\"user-alice\"]"}, DEPLOY), AA_MALFORMED, "an array");
	expect(site, TOKEN({"sub", NULL}, DEPLOY), AA_CLAIM_REQUIRED, "it cannot be told whose it is");
	support_publish_with(site, "agent:builder-7", "delegation", NULL);
	expect(site, TOKEN(ALICE, DEPLOY), AA_DELEGATION_DENIED, "an entry without delegation");
	support_publish_with(site, "agent:builder-7", "delegation", "{\"local_users\":[\"user-alice\"]}");
	expect(site, TOKEN(ALICE, DEPLOY), AA_DELEGATION_DENIED, "local users are another list");
}

/* Where the issuer is said to give people's tokens a sub always, one without is the agent's own, and nothing more. */
TEST(a_token_without_sub_is_the_agents_own_where_that_is_said, site)
{
	static const char bare[] = "[{\"issuer\":\"corp\",\"client\":\"builder-7\"}]";
	struct support_site *site = *state;
	struct aa_verdict v;

	support_publish_with(site, "agent:builder-7", "bindings", bare);
	expect(site, TOKEN({"sub", NULL}, DEPLOY), AA_CLAIM_REQUIRED, "the default");
	support_publish_with(site, "issuer:corp", "without_sub", "\"refuse\"");
	expect(site, TOKEN({"sub", NULL}, DEPLOY), AA_CLAIM_REQUIRED, "refuse");
	support_publish_with(site, "issuer:corp", "without_sub", "\"own\"");
	v = verdict_on(site, TOKEN({"sub", NULL}, DEPLOY));
	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(v.kind, AA_KIND_TOKEN);
	assert_null(v.on_behalf_of);
	aa_verdict_clear(&v);
	expect(site, TOKEN({"sub", "null"}, DEPLOY), AA_MALFORMED, "null is no way to have none");
	expect(site, TOKEN({"sub", "\"\""}, DEPLOY), AA_MALFORMED, "nor is an empty one");
	expect(site, TOKEN({"sub", NULL}, {"azp", "\"other\""}, DEPLOY), AA_WRONG_SUBJECT,
	       "another client's");
	v = verdict_on(site, TOKEN(ALICE, DEPLOY));
	assert_int_equal(v.kind, AA_KIND_DELEGATED);
	aa_verdict_clear(&v);
	expect(site, TOKEN({"sub", "\"user-bob\""}, DEPLOY), AA_DELEGATION_DENIED,
	       "a person's is a person's still");
	expect(site, TOKEN({"sub", NULL}, {"act", "{\"sub\":\"builder-7\"}"}, DEPLOY), AA_CLAIM_REQUIRED,
	       "an actor for nobody");
}

TEST(without_sub_does_not_take_a_person_for_the_agent, site)
{
	struct support_site *site = *state;

	support_publish_with(site, "issuer:corp", "without_sub", "\"own\"");
	expect(site, TOKEN({"", NULL}), AA_OK, "the binding's subject");
	expect(site, TOKEN({"sub", NULL}), AA_CLAIM_REQUIRED, "a binding with a subject asks for it");
	support_set(site, "agent:builder-7", "bindings", "[{\"issuer\":\"corp\",\"client\":\"builder-7\"}]");
	support_publish_with(site, "issuer:corp", "user_claim", "\"preferred_username\"");
	expect(site, TOKEN({"sub", NULL}, DEPLOY), AA_OK, "nobody is named");
	expect(site, TOKEN({"sub", NULL}, {"preferred_username", "\"user-bob\""}, DEPLOY),
	       AA_DELEGATION_DENIED, "somebody is named");
}

TEST(delegation_fails_closed, site)
{
	struct support_site *site = *state;

	expect(site, TOKEN(ALICE, DEPLOY), AA_OK, "control");
	expect(site, TOKEN(ALICE, {"scope", NULL}), AA_ROLE_DENIED, "a token without the claim");
	expect(site, TOKEN(ALICE, {"scope", "\"openid\""}), AA_ROLE_DENIED, "no scope of ours");
	expect(site, TOKEN(ALICE, {"scope", "\"deploy\""}), AA_ROLE_DENIED, "a role's name is no scope");
	expect(site, TOKEN(ALICE, {"scope", "\"host.audit\""}), AA_ROLE_DENIED,
	       "a role that is not delegable");
	expect(site, TOKEN(ALICE, {"scope", "{\"host.deploy\":true}"}), AA_ROLE_DENIED, "an object");
	support_publish_with(site, "role:deploy", "delegable", "false");
	expect(site, TOKEN(ALICE, DEPLOY), AA_ROLE_DENIED, "deploy is no longer delegable");
	support_set(site, "role:deploy", "delegable", "true");
	support_publish_with(site, "issuer:corp", "scopes", NULL);
	expect(site, TOKEN(ALICE, DEPLOY), AA_ROLE_DENIED, "an issuer without scopes");
	expect(site, TOKEN({"", NULL}), AA_OK, "and the agent for itself");
}

TEST(an_issuer_that_never_delegates_has_no_users, site)
{
	struct support_site *site = *state;

	support_publish_with(site, "issuer:corp", "delegation", "\"never\"");
	expect(site, TOKEN({"", NULL}), AA_OK, "the agent's own subject");
	expect(site, TOKEN(ALICE, DEPLOY), AA_WRONG_SUBJECT, "another subject");
	expect(site, TOKEN({"sub", NULL}), AA_WRONG_SUBJECT, "none");
	expect(site, TOKEN(ALICE, {"act", "{\"sub\":\"builder-7\"}"}, DEPLOY), AA_DELEGATION_DENIED, "act");
}

/* ---- act, RFC 8693 section 4.1 ------------------------------------------------------------ */

TEST(the_outermost_actor_must_be_the_agent, site)
{
	struct aa_verdict v = verdict_on(*state, TOKEN(ALICE, DEPLOY, {"act", "{\"sub\":\"builder-7\"}"}));

	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(v.kind, AA_KIND_DELEGATED);
	assert_string_equal(v.on_behalf_of, "user-alice");
	assert_int_equal(json_array_size(v.actors), 1);
	aa_verdict_clear(&v);
	expect(*state, TOKEN(ALICE, DEPLOY, {"act", "{\"sub\":\"svc-builder-7\"}"}), AA_OK, "by its subject");
	expect(*state, TOKEN(ALICE, DEPLOY, {"act", "{\"sub\":\"other-1\"}"}), AA_WRONG_SUBJECT, "another");
	expect(*state, TOKEN(ALICE, DEPLOY, {"act", "{\"sub\":\"other-1\",\"act\":{\"sub\":\"builder-7\"}}"}),
	       AA_WRONG_SUBJECT, "the agent as an inner one");
	/* The client claim must name the same binding. */
	expect(*state, TOKEN(ALICE, {"azp", "\"other\""}, {"act", "{\"sub\":\"builder-7\"}"}),
	       AA_WRONG_SUBJECT, "azp");
	/* An agent that acts for itself with act is on nobody's list. */
	expect(*state, TOKEN({"act", "{\"sub\":\"builder-7\"}"}), AA_DELEGATION_DENIED,
	       "the agent for the agent");
}

TEST(inner_actors_are_history_of_bounded_length, site)
{
	static const char four[] =
	    "{\"sub\":\"builder-7\",\"act\":{\"sub\":\"b\",\"act\":{\"sub\":\"c\",\"act\":{\"sub\":\"d\"}}}}";
	static const char five[] =
	    "{\"sub\":\"builder-7\",\"act\":{\"sub\":\"b\",\"act\":{\"sub\":\"c\",\"act\":{\"sub\":\"d\","
	    "\"act\":{\"sub\":\"e\"}}}}}";
	struct aa_verdict v = verdict_on(*state, TOKEN(ALICE, DEPLOY, {"act", four}));

	assert_int_equal(v.reason, AA_OK);
	assert_int_equal(json_array_size(v.actors), 4);
	assert_string_equal(json_string_value(json_array_get(v.actors, 0)), "builder-7");
	assert_string_equal(json_string_value(json_array_get(v.actors, 3)), "d");
	aa_verdict_clear(&v);
	expect(*state, TOKEN(ALICE, DEPLOY, {"act", five}), AA_MALFORMED, "five");
}

TEST(an_actor_is_an_object_with_a_subject, site)
{
	static const char *const bad[] = {"null",
					  "\"builder-7\"",
					  "[\"builder-7\"]",
					  "[{\"sub\":\"builder-7\"}]",
					  "true",
					  "{\"sub\":1}",
					  "{\"sub\":\"\"}",
					  "{\"sub\":\"builder-7\",\"act\":\"x\"}",
					  "{\"sub\":\"builder-7\",\"act\":null}",
					  "{\"sub\":\"builder-7\",\"act\":{\"sub\":[]}}"};

	for (size_t i = 0; i < COUNT(bad); i++)
		expect(*state, TOKEN(ALICE, DEPLOY, {"act", bad[i]}), AA_MALFORMED, bad[i]);
	expect(*state, TOKEN(ALICE, DEPLOY, {"act", "{}"}), AA_CLAIM_REQUIRED, "{}");
	expect(*state, TOKEN(ALICE, DEPLOY, {"act", "{\"client_id\":\"builder-7\"}"}), AA_CLAIM_REQUIRED,
	       "no sub");
}

TEST(another_claim_may_name_the_user, site)
{
	struct support_site *site = *state;
	struct aa_verdict v;

	support_publish_with(site, "issuer:corp", "user_claim", "\"preferred_username\"");
	v = verdict_on(site, TOKEN({"sub", "\"0001\""}, {"preferred_username", "\"user-alice\""}, DEPLOY));
	assert_int_equal(v.reason, AA_OK);
	assert_string_equal(v.on_behalf_of, "user-alice");
	aa_verdict_clear(&v);
	expect(site, TOKEN({"sub", "\"user-alice\""}, {"preferred_username", "\"user-bob\""}, DEPLOY),
	       AA_DELEGATION_DENIED, "sub is not asked");
	expect(site, TOKEN({"sub", "\"user-alice\""}, DEPLOY), AA_CLAIM_REQUIRED, "no fallback");
}

/* ---- scopes -------------------------------------------------------------------------------- */

TEST(scopes_of_the_agents_own_token_narrow, site)
{
	static const struct {
		const char *scope;
		size_t n; /* 0: refused */
	} cases[] = {
	    {"\"host.deploy\"", 1},
	    {"\"openid host.deploy\"", 1},
	    {"\"host.deploy host.audit\"", 2},
	    {"[\"host.audit\"]", 1},
	    {NULL, 0},
	    {"\"\"", 0},
	    {"[]", 0},
	    {"[\"\"]", 0},
	    {"null", 0},
	    {"{}", 0},
	    {"\"openid\"", 0},
	    {"\"host.deployment\"", 0},
	    {"\"HOST.DEPLOY\"", 0},
	    {"[\"host.deploy host.audit\"]", 0},
	    {"\"host.inside\"", 0},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct aa_verdict v = verdict_on(*state, TOKEN({"scope", cases[i].scope}));

		assert_int_equal(v.reason, cases[i].n ? AA_OK : AA_ROLE_DENIED);
		assert_int_equal(v.roles.n, cases[i].n);
		aa_verdict_clear(&v);
	}
}

TEST(an_issuer_without_scopes_grants_the_agent_itself_all_roles, site)
{
	static const char *const scopes[] = {NULL, "\"\"", "[]", "\"openid\"", "\"host.deploy\""};
	struct support_site *site = *state;

	support_publish_with(site, "issuer:corp", "scopes", "[]");
	expect(site, TOKEN({"scope", scopes[4]}), AA_ROLE_DENIED, "scopes, none of which can be said");
	support_publish_with(site, "issuer:corp", "scopes", NULL);
	for (size_t i = 0; i < COUNT(scopes); i++) {
		struct aa_verdict v = verdict_on(site, TOKEN({"scope", scopes[i]}));

		assert_int_equal(v.reason, AA_OK);
		assert_int_equal(v.roles.n, 2);
		aa_verdict_clear(&v);
	}
}

TEST(scopes_come_in_several_shapes, site)
{
	static const struct {
		const char *claim, *member, *text;
	} cases[] = {
	    {"scope", "scope", "\"a host.deploy b\""},
	    {"scp", "scp", "\"a host.deploy\""},
	    {"scp", "scp", "[\"a\",\"host.deploy\"]"},
	    {"roles", "roles", "[\"host.deploy\"]"},
	    {"/realm_access/roles", "realm_access", "{\"roles\":[\"a\",\"host.deploy\"]}"},
	    {"https://example.com/roles", "https://example.com/roles", "[\"host.deploy\"]"},
	};
	struct support_site *site = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *rules = json_pack("[{s:s, s:s, s:s}]", "claim", cases[i].claim, "value",
					  "host.deploy", "role", "deploy");
		struct aa_verdict v;

		json_object_set_new(support_record(site, "issuer:corp"), "scopes", rules);
		support_site_publish(site);
		v = verdict_on(site, TOKEN(ALICE, {cases[i].member, cases[i].text}));
		if (v.reason != AA_OK || v.roles.n != 1)
			fail_msg("%s: %s", cases[i].claim, aa_reason_name(v.reason));
		aa_verdict_clear(&v);
		expect(site, TOKEN(ALICE, {"other", cases[i].text}), AA_ROLE_DENIED, cases[i].claim);
	}
}

TEST(names_of_groups_in_a_token_grant_nothing, site)
{
	static const char *const members[] = {"roles", "groups", "wids", "resource_access"};
	char text[70000];
	size_t n = 0;

	for (size_t i = 0; i < COUNT(members); i++)
		expect(*state,
		       TOKEN(ALICE, {members[i],
				     "[\"sudo\",\"docker\",\"lxd\",\"adm\",\"deploy\",\"host.deploy\"]"}),
		       AA_ROLE_DENIED, members[i]);
	n += (size_t)sprintf(text + n, "[\"r\"");
	for (int i = 0; i < 1500; i++)
		n += (size_t)sprintf(text + n, ",\"r%d\"", i);
	sprintf(text + n, "]");
	expect(*state, TOKEN({"roles", text}), AA_OK, "many: read, and of no effect");
	text[n] = '\0';
	for (int i = 1500; i < 8000; i++)
		n += (size_t)sprintf(text + n, ",\"r%d\"", i);
	sprintf(text + n, "]");
	expect(*state, TOKEN({"roles", text}), AA_OVERSIZE, "thousands: capped by the size");
}
