/* SPDX-License-Identifier: Apache-2.0 */
/* test_publish_together.c: several commands at once, and many agents. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/agentauthctl/publish_steps.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/cli/problems_print.h"

/* ---- what somebody else has not published yet ----------------------------- */

static const struct {
	const char *file, *text; /* NULL: it is taken away */
	const char *kind, *name;
	enum change_sign sign;
} hand_edits[] = {
    {"conf/agents.d/other.conf", AGENT("70009") "owner = \"b\";", "agent", "other", CHANGE_CHANGED},
    {"conf/agents.d/fresh.conf", AGENT("70010"), "agent", "fresh", CHANGE_ADDED},
    {"conf/agents.d/other.conf", NULL, "agent", "other", CHANGE_REMOVED},
    {"conf/agentauth.conf", "roles = { " ROLE("deploy", "99001", "true") ROLE("ops", "99002", "true") "};\n",
     "role", "ops", CHANGE_ADDED},
    {"conf/agentauth.conf", "roles = { " ROLE("deploy", "99001", "false") "};\n", "role", "deploy",
     CHANGE_CHANGED},
    {"conf/agentauth.conf",
     "host = { audience = [ \"ssh://x\" ]; }; roles = { " ROLE("deploy", "99001", "true") "};\n", "host",
     "settings", CHANGE_CHANGED},
    {"conf/agentauth.conf",
     "accounts = { group = \"robots\"; }; roles = { " ROLE("deploy", "99001", "true") "};\n", "accounts",
     "settings", CHANGE_CHANGED},
    {"conf/agentauth.conf",
     "accounts = { shell = \"/bin/dash\"; }; roles = { " ROLE("deploy", "99001", "true") "};\n", "host",
     "settings", CHANGE_CHANGED},
    {"conf/agentauth.conf",
     "issuers = { corp = { issuer = \"https://i\"; discovery = true; client_claim = \"azp\"; reuse = "
     "\"once\"; }; };"
     "roles = { " ROLE("deploy", "99001", "true") "};\n",
     "issuer", "corp", CHANGE_ADDED},
};

static bool has_item(const struct changes *c, const char *kind, const char *name, enum change_sign sign)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].sign == sign && strcmp(c->v[i].kind, kind) == 0 &&
		    strcmp(c->v[i].name, name) == 0)
			return true;
	return false;
}

static void house_of_two(const struct house *h)
{
	start_house(h);
	house_write(h, "conf/agents.d/other.conf", AGENT("70009"));
	apply(h);
}

static void edit_by_hand(const struct house *h, size_t k)
{
	if (hand_edits[k].text)
		house_write(h, hand_edits[k].file, hand_edits[k].text);
	else
		house_remove(h, hand_edits[k].file);
}

static void put_hand_back(const struct house *h, size_t k)
{
	if (hand_edits[k].sign == CHANGE_ADDED && strcmp(hand_edits[k].kind, "agent") == 0)
		house_remove(h, hand_edits[k].file);
	house_write(h, "conf/agents.d/other.conf", AGENT("70009"));
	house_write(h, "conf/agentauth.conf", "roles = { " ROLE("deploy", "99001", "true") "};\n");
}

static void is_waited_for(const struct house *h, size_t k, int which)
{
	char *before = fingerprint(h), *after;
	struct outcome o;

	if (command(h, which, false, &o) != PUBLISH_PENDING) {
		problems_print(&o.problems);
		fail_msg("the edit by hand %zu was not waited for by command %d", k, which);
	}
	assert_true(has_item(&o.result.pending, hand_edits[k].kind, hand_edits[k].name, hand_edits[k].sign));
	assert_int_equal(o.result.pending.n, 1);
	outcome_free(&o);
	after = fingerprint(h);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

TEST(no_command_publishes_what_somebody_else_has_begun, house)
{
	const struct house *h = *state;

	house_of_two(h);
	for (size_t k = 0; k < sizeof(hand_edits) / sizeof(*hand_edits); k++) {
		edit_by_hand(h, k);
		for (int which = 0; which < 4; which++)
			is_waited_for(h, k, which);
		put_hand_back(h, k);
		assert_int_equal(apply(h), 2);
	}
}

/* Both are published then, and what goes for good is asked about all the same. */
TEST(with_pending_publishes_both)
{
	for (size_t k = 0; k < sizeof(hand_edits) / sizeof(*hand_edits); k++) {
		void *house;
		struct outcome o;

		house_setup(&house);
		house_of_two(house);
		edit_by_hand(house, k);
		assert_int_equal(command(house, (int)k % 4, true, &o),
				 hand_edits[k].sign == CHANGE_REMOVED ? PUBLISH_STOPPED : PUBLISH_DONE);
		assert_true(
		    has_item(&o.result.changes, hand_edits[k].kind, hand_edits[k].name, hand_edits[k].sign));
		assert_int_equal(o.result.changes.n, 2);
		outcome_free(&o);
		house_teardown(&house);
	}
}

TEST(a_command_publishes_its_own_change, house)
{
	const struct house *h = *state;
	struct outcome o;

	house_of_two(h);
	for (int which = 0; which < 4; which++) {
		assert_int_equal(command(h,
					 which == 2   ? 3
					 : which == 3 ? 2
						      : which,
					 false, &o),
				 PUBLISH_DONE);
		assert_int_equal(o.result.pending.n, 0);
		outcome_free(&o);
	}
}

/* Comments publish nothing, and hold nobody up. */
TEST(what_publishes_nothing_is_not_waited_for, house)
{
	const struct house *h = *state;
	struct outcome o;

	house_of_two(h);
	house_write(h, "conf/agents.d/other.conf", "# a word\n" AGENT("70009"));
	house_write(h, "conf/agents.d/bot.conf", "# another\n" AGENT("70001"));
	house_write(h, "conf/agentauth.conf", "# and one\nroles = { " ROLE("deploy", "99001", "true") "};\n");
	for (int which = 0; which < 2; which++) {
		assert_int_equal(command(h, which, false, &o), PUBLISH_DONE);
		outcome_free(&o);
	}
}

/* In the very file that the command edits, half done or wrong; a file that goes publishes nothing of its own. */
TEST(an_edit_of_the_same_agent_is_waited_for, house)
{
	static const char *const texts[] = {AGENT("70001") "expires = \"2020-01-01T00:00:00Z\";",
					    "uid = 70001; roles = [ \"nosuch\" ];"};
	const struct house *h = *state;
	struct outcome o;

	house_of_two(h);
	for (size_t i = 0; i < 2; i++) {
		house_write(h, "conf/agents.d/bot.conf", texts[i]);
		assert_int_equal(command(h, 1, false, &o), PUBLISH_PENDING);
		assert_true(has_item(&o.result.pending, "agent", "bot", CHANGE_CHANGED));
		outcome_free(&o);
	}
	assert_int_equal(command(h, 2, false, &o), PUBLISH_DONE);
	outcome_free(&o);
}

TEST(what_a_command_takes_back_is_not_waited_for, house)
{
	static const struct edit back = {"bot", "# mine\n" AGENT("70001"), NULL, NULL};
	const struct house *h = *state;
	struct outcome o;
	char *text;

	start_house(h);
	house_write(h, "conf/agents.d/bot.conf", AGENT("70001") "owner = \"not published\";");
	assert_int_equal(run_edit(h, &back, (struct publish_options){0}, &o), PUBLISH_UNCHANGED);
	assert_int_equal(o.result.pending.n, 0);
	outcome_free(&o);
	text = house_read(h, "conf/agents.d/bot.conf");
	assert_string_equal(text, back.agent_text);
	free(text);
	assert_int_equal(apply(h), 1);
}

/* ---- two at once --------------------------------------------------------- */

static void register_many(const struct house *h, int writer)
{
	for (int i = 0; i < 8; i++) {
		char *name = xasprintf("w%d-%d", writer, i),
		     *bytes = xasprintf("uid = %d;", 70000 + writer * 100 + i);
		struct conf_text text = {0};
		struct outcome o;

		conf_text_set(&text, "x", bytes, strlen(bytes));
		if (run(h, (struct publish_options){.change = {.agent = name, .agent_text = &text}}, &o) !=
		    PUBLISH_DONE)
			_exit(1);
		free(name);
		free(bytes);
		conf_text_free(&text);
		outcome_free(&o);
	}
	_exit(0);
}

TEST(writers_at_once_lose_nothing, house)
{
	const struct house *h = *state;
	int status;

	apply(h);
	for (int writer = 0; writer < 4; writer++)
		if (fork() == 0)
			register_many(h, writer);
	for (int writer = 0; writer < 4; writer++) {
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	for (int writer = 0; writer < 4; writer++)
		for (int i = 0; i < 8; i++) {
			char *name = xasprintf("w%d-%d", writer, i);

			assert_string_equal(serves(h, name), "active");
			free(name);
		}
	assert_int_equal(apply(h), 33);
}

/* A rule that allows more than it says: refused where it is new, not where it serves already. */
TEST(a_risky_rule_is_accepted_once, house)
{
	static const char risky[] =
	    "roles = { deploy = { gid = 99001; sudo = [ \"(root) /bin/sh\" ]; }; };\n",
			  more[] = "roles = { deploy = { gid = 99001; sudo = [ \"(root) /bin/sh\" ]; }; "
				   "other = { gid = 99002; sudo = [ \"(root) /bin/sh\" ]; }; };\n";
	const struct house *h = *state;
	struct outcome o;

	house_write(h, "conf/agentauth.conf", risky);
	refused(h, "is a shell, as root");
	assert_int_equal(run(h, (struct publish_options){.accept_risk = true}, &o), PUBLISH_DONE);
	assert_non_null(problem_with(&o.problems, "is a shell, as root"));
	outcome_free(&o);
	house_write(h, "conf/agents.d/bot.conf", AGENT("70001"));
	apply(h);
	house_write(h, "conf/agentauth.conf", more);
	refused(h, "is a shell, as root");
	house_write(h, "conf/agentauth.conf", risky);
	assert_int_equal(run(h, (struct publish_options){0}, &o), PUBLISH_UNCHANGED);
	assert_int_equal(o.problems.n, 0);
	outcome_free(&o);
}

/* ---- more agents than one thread takes ----------------------------------- */

static void write_many(const struct house *h, int n)
{
	for (int i = 0; i < n; i++) {
		char *file = xasprintf("conf/agents.d/a%05d.conf", i),
		     *text = xasprintf("uid = %d;", 75000 + i);

		house_write(h, file, text);
		free(file);
		free(text);
	}
}

TEST(many_agents_are_published_in_order_with_their_mistakes, house)
{
	const struct house *h = *state;
	struct outcome o;

	write_many(h, 3000);
	house_write(h, "conf/agents.d/a01500.conf", "uid = 76499;");
	house_write(h, "conf/agents.d/a02500.conf", "uid = 77500; zzz = 1;");
	assert_int_equal(run(h, (struct publish_options){0}, &o), PUBLISH_FAILED);
	assert_int_equal(o.problems.errors, 2);
	assert_non_null(strstr(o.problems.v[0].file, "a01500.conf"));
	assert_non_null(strstr(o.problems.v[1].file, "a02500.conf"));
	outcome_free(&o);
	house_write(h, "conf/agents.d/a01500.conf", "uid = 76500;");
	house_write(h, "conf/agents.d/a02500.conf", "uid = 77500;");
	apply(h);
	for (int i = 0; i < 3000; i++) {
		char *name = xasprintf("a%05d", i);

		assert_string_equal(serves(h, name), "active");
		free(name);
	}
}

/* What is new moves the array that the retired ones stand in, which come before and behind it in the order of
 * their names. */
TEST(many_new_agents_are_published_beside_retired_ones, house)
{
	const struct house *h = *state;

	house_write(h, "conf/agents.d/a-first.conf", "uid = 70001;");
	house_write(h, "conf/agents.d/zoe.conf", "uid = 70002;");
	house_write(h, "conf/agents.d/stays.conf", "uid = 70003;");
	apply(h);
	house_remove(h, "conf/agents.d/a-first.conf");
	house_remove(h, "conf/agents.d/zoe.conf");
	apply(h);
	write_many(h, 20000);
	apply(h);
	assert_string_equal(serves(h, "a-first"), "retired");
	assert_string_equal(serves(h, "zoe"), "retired");
	assert_string_equal(serves(h, "stays"), "active");
	assert_string_equal(serves(h, "a00000"), "active");
	assert_string_equal(serves(h, "a19999"), "active");
}
