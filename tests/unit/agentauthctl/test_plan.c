/* SPDX-License-Identifier: Apache-2.0 */
/* test_plan.c: what differs between two records in words, and which agents a role that differs is about. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/test.h"
#include "tools/agentauthctl/publish/plan.h"
#include "tools/cli/alloc.h"
#include "tools/cli/duration.h"

/* The words of {MEMBER: {"from", "to"}}, written with ' for ". */
static void expect_words(enum change_sign sign, const char *kind, const char *members, const char *words)
{
	char *json = xstrdup(members), *joined;
	char name[] = "x";
	struct change_item item = {.sign = sign, .kind = kind, .name = name};

	for (char *c = json; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	item.members = json_loads(json, 0, NULL);
	assert_non_null(item.members);
	joined = plan_words_joined(&item);
	assert_string_equal(joined, words);
	json_decref(item.members);
	free(joined);
	free(json);
}

static void expect_changed(const char *members, const char *words)
{
	expect_words(CHANGE_CHANGED, "agent", members, words);
}

TEST(times_are_dates_and_spans_are_durations)
{
	expect_changed("{'expires': {'from': 1893456000, 'to': null}}",
		       "expires: 2030-01-01T00:00:00Z -> never");
	expect_changed("{'max_session': {'from': null, 'to': 5400}}", "max_session: not set -> 90 minutes");
	expect_changed("{'jwks_max_age': {'from': 86400, 'to': 604800}}", "jwks_max_age: 1 day -> 7 days");
	expect_changed("{'clock_skew': {'from': 30, 'to': 0}}", "clock_skew: 30 seconds -> 0 seconds");
	/* A count is none. */
	expect_changed("{'max_sessions': {'from': 3600, 'to': 2}}", "max_sessions: 3600 -> 2");
}

TEST(a_duration_is_in_the_largest_unit_that_leaves_no_rest)
{
	static const struct {
		int64_t seconds;
		const char *words;
	} cases[] = {{0, "0 seconds"},	     {1, "1 second"},  {60, "1 minute"},    {3600, "1 hour"},
		     {3661, "3661 seconds"}, {86400, "1 day"}, {90000, "25 hours"}, {172800, "2 days"}};
	char words[DURATION_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		duration_print(cases[i].seconds, words);
		assert_string_equal(words, cases[i].words);
	}
}

TEST(of_a_key_it_is_said_what_changed)
{
#define OLD "{'kid': 'a', 'jwk': {'x': '1'}, 'ssh': 's', 'state': 'active'}"
	expect_changed("{'keys': {'from': [" OLD "], 'to': []}}", "key a: removed");
	expect_changed("{'keys': {'from': [], 'to': [" OLD "]}}", "key a: added, active, good for ever");
	expect_changed("{'keys': {'from': [" OLD
		       "], 'to': [{'kid': 'a', 'jwk': {'x': '1'}, 'state': 'disabled'}]}}",
		       "key a: active -> disabled");
	expect_changed("{'keys': {'from': [" OLD
		       "], 'to': [{'kid': 'a', 'jwk': {'x': '1'}, 'state': 'active', "
		       "'not_after': 1893456000}]}}",
		       "key a: good for ever -> until 2030-01-01T00:00:00Z");
	expect_changed("{'keys': {'from': [" OLD
		       "], 'to': [{'kid': 'a', 'jwk': {'x': '2'}, 'state': 'active'}]}}",
		       "key a: another key under the same name");
	expect_words(CHANGE_ADDED, "agent", "{'keys': {'from': null, 'to': [" OLD "]}}",
		     "key a: active, good for ever");
#undef OLD
}

TEST(of_a_list_it_is_said_what_comes_and_what_goes)
{
	expect_changed("{'sudo': {'from': ['(root) /bin/a', '(root) /bin/b'], 'to': ['(root) /bin/b', "
		       "'(root) /bin/c']}}",
		       "sudo: - (root) /bin/a; sudo: + (root) /bin/c");
	expect_changed("{'roles': {'from': ['a', 'b'], 'to': ['b', 'a']}}", "roles: in another order");
	expect_changed("{'roles': {'from': ['a'], 'to': []}}", "roles: - a");
	/* Where an empty list lets more in, that is said. */
	expect_changed("{'services': {'from': ['sshd'], 'to': null}}",
		       "services: - sshd; services: none is left, which means every service");
	expect_changed("{'sources': {'from': ['::1'], 'to': null}}",
		       "sources: - ::1; sources: none is left, which means every network");
	expect_words(
	    CHANGE_ADDED, "role",
	    "{'services': {'to': ['sshd', 'sudo']}, 'sudo': {'to': ['(root) /bin/a', '(root) /bin/b']}}",
	    "services: sshd, sudo; sudo: (root) /bin/a; sudo: (root) /bin/b");
}

TEST(groups_bindings_and_rules_are_words_too)
{
	expect_changed("{'limits': {'from': {'memory_max': '1G', 'tasks_max': 9}, 'to': {'memory_max': '2G', "
		       "'tasks_max': 9}}}",
		       "memory_max: 1G -> 2G");
	expect_changed("{'delegation': {'from': null, 'to': {'local_users': ['alice']}}}",
		       "local_users: + alice");
	expect_changed(
	    "{'bindings': {'from': [], 'to': [{'issuer': 'corp', 'client': 'b7', 'subject': 's', 'require': "
	    "[{'claim': 'ver', 'value': '2'}, {'claim': 'v', 'value': 'w'}]}]}}",
	    "bindings: + corp: b7, subject s, where ver is 2 and v is w");
	expect_changed(
	    "{'scopes': {'from': [{'claim': 'scope', 'value': 'host', 'role': 'deploy'}], 'to': [{'claim': "
	    "'scope', 'value': 'host', 'role': 'logs'}]}}",
	    "scopes: - host in scope gives the role deploy; scopes: + host in scope gives the role logs");
	expect_changed("{'require': {'from': [], 'to': [{'claim': 'ver', 'value': '2'}]}}",
		       "require: + ver is 2");
	expect_changed("{'delegable': {'from': null, 'to': true}}", "delegable: no -> yes");
	expect_changed("{'delegable': {'from': true, 'to': null}}", "delegable: yes -> no");
}

TEST(of_a_new_item_what_goes_without_saying_is_not_said)
{
	expect_words(CHANGE_ADDED, "agent",
		     "{'name': {'to': 'x'}, 'uid': {'to': 70000}, 'bindings': {'to': []}, 'mixed_sessions': "
		     "{'to': 'allow'}}",
		     "uid: 70000");
	expect_words(CHANGE_ADDED, "agent", "{'mixed_sessions': {'to': 'refuse'}}", "mixed_sessions: refuse");
}

TEST(what_would_act_on_a_terminal_is_shown_escaped)
{
	expect_changed("{'description': {'from': 'a', 'to': 'b\\u001b[2J\\u202ec'}}",
		       "description: a -> b\\x1b[2J\\xe2\\x80\\xaec");
}

/* ---- which agents a role is about ------------------------------------------- */

static void compare(struct changes *c, const char *kind, const char *name, const char *record)
{
	char *key = xasprintf("%s:%s", kind, name);

	if (strcmp(kind, "agent") == 0)
		changes_compare_agent(c, NULL, name, record, strlen(record));
	else
		changes_compare(c, NULL, kind, key, name, record, strlen(record));
	free(key);
}

TEST(a_role_and_an_issuer_that_differ_know_their_agents_and_no_others)
{
	struct changes c = {0};
	char *words;

	compare(&c, "issuer", "corp", "{\"name\":\"corp\"}");
	compare(&c, "role", "deploy", "{\"name\":\"deploy\"}");
	compare(&c, "agent", "has", "{\"roles\":[\"logs\",\"deploy\"],\"bindings\":[]}");
	/* None of these is of the role or the issuer, whatever is written about them. */
	compare(&c, "agent", "says",
		"{\"description\":\"\\\"roles\\\":[\\\"deploy\\\"]\",\"roles\":[\"deploy-2\"],\"bindings\":[{"
		"\"issuer\":"
		"\"corp-2\",\"client\":\"corp\"}]}");
	compare(&c, "agent", "bound", "{\"roles\":[],\"bindings\":[{\"issuer\":\"corp\",\"client\":\"x\"}]}");
	assert_int_equal(c.v[0].touched, 1);
	words = plan_words_joined(&c.v[0]);
	assert_string_equal(words, "agents bound to it: bound");
	free(words);
	assert_int_equal(c.v[1].touched, 1);
	words = plan_words_joined(&c.v[1]);
	assert_string_equal(words, "agents that have it: has");
	free(words);
	changes_free(&c);
}

TEST(of_many_agents_some_are_named_and_all_are_counted)
{
	struct changes c = {0};
	char *words;

	compare(&c, "role", "deploy", "{\"name\":\"deploy\"}");
	for (int i = 0; i < 2 * CHANGES_LISTED; i++) {
		char name[16];

		snprintf(name, sizeof(name), "a-%d", i);
		compare(&c, "agent", name, "{\"roles\":[\"deploy\"]}");
	}
	assert_int_equal(c.n, CHANGES_LISTED);
	assert_int_equal(c.agents[CHANGE_ADDED], 2 * CHANGES_LISTED);
	assert_int_equal(json_array_size(c.v[0].agents), CHANGES_TOUCHED);
	words = plan_words_joined(&c.v[0]);
	assert_string_equal(
	    words, "agents that have it: a-0, a-1, a-2, a-3, a-4, a-5, a-6, a-7, a-8, a-9 and 1990 more");
	free(words);
	changes_free(&c);
}

TEST(what_is_taken_away_is_shown_before_the_rest_is_cut)
{
	struct changes c = {0};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	changes_add(&c, CHANGE_ADDED, "agent", "new-1");
	changes_add(&c, CHANGE_CHANGED, "agent", "other");
	changes_add(&c, CHANGE_ADDED, "role", "ops");
	changes_add(&c, CHANGE_REMOVED, "agent", "old");
	changes_add(&c, CHANGE_REMOVED, "issuer", "corp");
	plan_print(out, &c, " ", 4, "gone");
	fclose(out);
	assert_string_equal(
	    text, " - issuer corp\n + role ops\n - agent old\n       gone\n ~ agent other\n and 1 more\n");
	free(text);
	changes_free(&c);
}
