/* SPDX-License-Identifier: Apache-2.0 */
/* test_publish_broken.c: a publish that is killed or fails at any step. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/agentauthctl/publish_steps.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"

/* ---- interrupted --------------------------------------------------------- */

TEST(killed_at_any_step_one_of_the_two_generations_serves, house)
{
	const struct house *h = *state;

	house_write(h, "conf/agents.d/old.conf", AGENT("70000"));
	apply(h);
	for (size_t i = 0; i < N_STEPS; i++) {
		char *name = xasprintf("bot-%zu", i), *file = xasprintf("conf/agents.d/%s.conf", name);
		char *text = xasprintf("uid = 701%02zu;", i), *step = xstrdup(steps[i]);

		house_write(h, file, text);
		assert_true(killed_at(h, NULL, step));
		assert_string_equal(serves(h, "old"), "active");
		assert_string_equal(serves(h, name), i < SWITCHED ? "none" : "active");
		apply(h);
		assert_string_equal(serves(h, name), "active");
		assert_int_equal(entries(h, "state/generations", "tmp"), 0);
		assert_int_equal(entries(h, "state", "current.new"), 0);
		free(name);
		free(file);
		free(text);
		free(step);
	}
}

/* The text is gone, its retirement was not yet told to everything: it can be put back before it is published,
 * and never after. */
TEST(killed_while_it_retires_an_agent_is_whole_or_retired, house)
{
	const struct house *h = *state;

	for (size_t i = 0; i < N_STEPS; i++) {
		char *name = xasprintf("bot-%zu", i), *file = xasprintf("conf/agents.d/%s.conf", name);
		char *text = xasprintf("uid = 701%02zu;", i), *step = xstrdup(steps[i]);

		house_write(h, file, text);
		apply(h);
		house_remove(h, file);
		assert_true(killed_at(h, NULL, step));
		assert_string_equal(serves(h, name), i < SWITCHED ? "active" : "retired");
		if (i < SWITCHED) {
			house_write(h, file, text);
			apply(h);
			assert_string_equal(serves(h, name), "active");
			house_remove(h, file);
		}
		apply(h);
		house_write(h, file, text);
		refused(h, "never given again");
		house_remove(h, file);
		free(name);
		free(file);
		free(text);
		free(step);
	}
}

/* The agent is retired as before, or back; restored once more it is back in any case, and nobody else has its name. */
TEST(killed_while_it_restores_an_agent_is_retired_or_back, house)
{
	const struct house *h = *state;

	for (size_t i = 0; i < N_STEPS; i++) {
		char *name = xasprintf("bot-%zu", i), *file = xasprintf("conf/agents.d/%s.conf", name);
		char *bytes = xasprintf("uid = 701%02zu;", i), *step = xstrdup(steps[i]);
		struct conf_text text = {0};
		const struct text_change change = {.agent = name, .agent_text = &text, .restores = true};
		struct outcome o;

		conf_text_set(&text, "x", bytes, strlen(bytes));
		house_write(h, file, bytes);
		apply(h);
		house_remove(h, file);
		apply(h);
		assert_true(killed_at(h, &change, step));
		assert_string_equal(serves(h, name), i < SWITCHED ? "retired" : "active");
		if (i < SWITCHED) {
			run(h, (struct publish_options){.change = change}, &o);
			assert_int_equal(o.result.outcome, PUBLISH_DONE);
			outcome_free(&o);
		}
		assert_string_equal(serves(h, name), "active");
		apply(h);
		assert_string_equal(serves(h, name), "active");
		conf_text_free(&text);
		free(name);
		free(file);
		free(bytes);
		free(step);
	}
}

/* The text was taken away, and is put back by the next command as whoever wrote it had it. */
TEST(killed_while_it_retires_an_agent_its_text_comes_back_with_its_mode, house)
{
	static const mode_t modes[] = {0644, 0640, 0600};
	const struct house *h = *state;
	const struct text_change change = {.agent = "bot"};
	char *path = xasprintf("%s/conf/agents.d/bot.conf", h->root);
	struct stat st;

	house_write(h, "conf/agents.d/bot.conf", AGENT("70001"));
	for (size_t m = 0; m < sizeof(modes) / sizeof(*modes); m++)
		for (size_t i = 0; i < SWITCHED; i++) {
			char *step = xstrdup(steps[i]);

			assert_int_equal(chmod(path, modes[m]), 0);
			apply(h);
			assert_true(killed_at(h, &change, step));
			free(step);
			apply(h);
			assert_string_equal(serves(h, "bot"), "active");
			assert_int_equal(stat(path, &st), 0);
			assert_int_equal(st.st_mode & 07777, modes[m]);
		}
	free(path);
}

/* ---- failing -------------------------------------------------------------- */

static int fail_at(void *data, const char *step)
{
	return strcmp(step, data) == 0 ? -ENOSPC : 0;
}

static const struct edit edits[] = {
    {"new", AGENT("70002"), NULL, NULL},
    {"bot", AGENT("70001") "owner = \"b\";", NULL, NULL},
    {"bot", NULL, NULL, NULL},
    {NULL, NULL, "roles = { " ROLE("deploy", "99001", "true") ROLE("ops", "99002", "true") "};\n", "ops"},
    {NULL, NULL, "roles = { " ROLE("deploy", "99001", "false") ROLE("ops", "99002", "true") "};\n", "deploy"},
    {NULL, NULL, "roles = { " ROLE("deploy", "99001", "false") "};\n", "ops"},
};

static void fail_in(const struct house *h, const struct edit *edit, const char *step)
{
	struct publish_options options = {
	    .step = fail_at, .step_data = xstrdup(step), .may_retire = say_no_always};
	struct outcome o;

	assert_int_equal(run_edit(h, edit, options, &o), PUBLISH_FAILED);
	assert_non_null(
	    problem_with(&o.problems, "No space left on device. When that is mended, run the command again"));
	assert_false(o.result.left_changed);
	outcome_free(&o);
	free(options.step_data);
}

/* Not a name, not an id, not a byte: and the command itself, once more, is all that it takes. */
TEST(a_publish_that_fails_at_any_step_leaves_everything_as_it_was, house)
{
	const struct house *h = *state;

	start_house(h);
	for (size_t k = 0; k < sizeof(edits) / sizeof(*edits); k++) {
		char *before = fingerprint(h);
		struct outcome o;

		for (size_t i = 0; i <= SWITCHED; i++) {
			char *after;

			fail_in(h, &edits[k], steps[i]);
			after = fingerprint(h);
			if (strcmp(before, after) != 0)
				fail_msg("edit %zu failing at %s left something changed", k, steps[i]);
			free(after);
		}
		free(before);
		assert_int_equal(
		    run_edit(h, &edits[k], (struct publish_options){.may_retire = say_no_always}, &o),
		    PUBLISH_DONE);
		outcome_free(&o);
	}
}

/* A writer that is killed leaves its own file beside the text. Another's files there are another's business. */
TEST(what_a_killed_command_wrote_beside_a_text_goes_with_the_next_command, house)
{
	static const char *const ours[] = {"conf/.agentauth.conf.new", "conf/agents.d/.bot.conf.new"};
	static const char *const others[] = {"conf/.notes.new",
					     "conf/.bot.conf.new",
					     "conf/agents.d/.agentauth.new",
					     "conf/agents.d/.Bot.conf.new",
					     "conf/agents.d/.conf.new",
					     "conf/agents.d/.bot.conf.new.mine"};
	const struct house *h = *state;

	start_house(h);
	house_write(h, "conf/agents.d/bot.conf", AGENT("70001") "owner = \"a\";");
	assert_true(killed_at(h, NULL, (char[]){"ids"}));
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		house_write(h, ours[i], "x");
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		house_write(h, others[i], "x");
	apply(h);
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
		char *path = xasprintf("%s/%s", h->root, ours[i]);

		assert_int_equal(access(path, F_OK), -1);
		free(path);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		free(house_read(h, others[i]));
	assert_string_equal(serves(h, "bot"), "active");
}

/* A command retires what it is about, and for anything else asks. */
TEST(nothing_is_retired_unasked, house)
{
	static const struct edit ops_goes = {NULL, NULL, "roles = { " ROLE("deploy", "99001", "false") "};\n",
					     "ops"};
	const struct house *h = *state;
	struct edit with_another = ops_goes;
	struct outcome o;

	start_house(h);
	assert_int_equal(run_edit(h, &edits[3], (struct publish_options){0}, &o), PUBLISH_DONE);
	outcome_free(&o);
	with_another.role = "deploy"; /* what it says is of another role */
	assert_int_equal(
	    run_edit(h, &with_another, (struct publish_options){.may_retire = say_no_always}, &o),
	    PUBLISH_STOPPED);
	outcome_free(&o);
	/* Nor is one whose only generation was rolled back: it was published. */
	assert_int_equal(roll_back_to(h, 1), 0);
	with_another.role = NULL;
	assert_int_equal(run_edit(h, &with_another,
				  (struct publish_options){.may_retire = say_no_always, .with_pending = true},
				  &o),
			 PUBLISH_STOPPED);
	outcome_free(&o);
	assert_int_equal(run_edit(h, &ops_goes,
				  (struct publish_options){.may_retire = say_no_always, .with_pending = true},
				  &o),
			 PUBLISH_DONE);
	outcome_free(&o);
}

/* The first one of all: there is nothing before that could serve on. */
TEST(the_first_publish_may_fail_as_well, house)
{
	const struct house *h = *state;
	struct publish_options options = {.step = fail_at};
	char *before, *after;
	struct outcome o;

	house_write(h, "conf/agents.d/bot.conf", AGENT("70001"));
	before = fingerprint(h);
	for (size_t i = 0; i <= SWITCHED; i++) {
		options.step_data = xstrdup(steps[i]);
		assert_int_equal(run(h, options, &o), PUBLISH_FAILED);
		outcome_free(&o);
		free(options.step_data);
		house_remove(h, "state/lock");
		after = fingerprint(h);
		assert_string_equal(before, after);
		free(after);
	}
	free(before);
	assert_int_equal(apply(h), 1);
}

/* A killed command is undone or ended by the next one, whatever that is: what was never published has used nothing
 * up, and no role or agent is retired for it. */
TEST(what_a_killed_command_used_is_free_again, house)
{
	const struct house *h = *state;

	start_house(h);
	for (size_t i = 0; i < N_STEPS; i++) {
		char *name = xasprintf("bot-%zu", i), *file = xasprintf("conf/agents.d/%s.conf", name);
		char *bytes = xasprintf("uid = 701%02zu;", i), *step = xstrdup(steps[i]), *ids;
		char *other = xasprintf("other-%zu", i),
		     *same = xasprintf("uid = 701%02zu; owner = \"o\";", i);
		struct conf_text text = {0};
		const struct text_change change = {.agent = name, .agent_text = &text};

		conf_text_set(&text, "x", bytes, strlen(bytes));
		assert_true(killed_at(h, &change, step));
		if (i < SWITCHED) { /* the same id, for somebody else */
			free(file);
			file = xasprintf("conf/agents.d/%s.conf", other);
			house_write(h, file, same);
		}
		apply(h);
		ids = house_read(h, "state/ids");
		assert_true((strstr(ids, name) != NULL) == (i >= SWITCHED));
		assert_null(strstr(ids, "retire"));
		assert_null(house_read(h, "state/journal"));
		assert_string_equal(serves(h, i < SWITCHED ? other : name), "active");
		conf_text_free(&text);
		free(name);
		free(file);
		free(bytes);
		free(step);
		free(ids);
		free(other);
		free(same);
	}
}

/* What rollback may bring back is what did serve. */
TEST(a_generation_that_never_served_is_not_kept, house)
{
	const struct house *h = *state;

	start_house(h);
	house_write(h, "conf/agents.d/two.conf", AGENT("70002"));
	assert_true(killed_at(h, NULL, (char[]){"switch"}));
	assert_int_equal(entries(h, "state/generations", "^2$"), 1);
	house_remove(h, "conf/agents.d/two.conf");
	apply(h);
	assert_int_equal(entries(h, "state/generations", "^2$"), 0);
	house_write(h, "conf/agents.d/three.conf", AGENT("70002"));
	assert_int_equal(apply(h), 2);
}

/* The rules that a killed command left behind are not those of what serves. */
TEST(sudo_follows_what_serves_after_a_kill, house)
{
	const struct house *h = *state;
	char *rules;

	start_house(h);
	if (access(h->sudoers, F_OK) < 0)
		skip();
	house_write(h, "conf/agentauth.conf", "roles = { " ROLE("deploy", "99001", "false") "};\n");
	assert_true(killed_at(h, NULL, (char[]){"sudoers"}));
	rules = house_read(h, "etc/sudoers.d/agentauth");
	assert_non_null(strstr(rules, "/bin/true"));
	free(rules);
	house_write(h, "conf/agents.d/wrong.conf",
		    "uid = ;"); /* even a command that comes to nothing ends it */
	refused(h, "expected a value");
	rules = house_read(h, "etc/sudoers.d/agentauth");
	assert_non_null(strstr(rules, "/bin/false"));
	free(rules);
}

/* What a killed command left is read to the byte, or nothing is done. */
TEST(a_damaged_journal_stops_everything_in_words, house)
{
	static const char *const bad[] = {"",
					  "generation 1 ids 5\n",
					  "generation 1 ids 5 new",
					  "generation x ids 5 new\n",
					  "generation 1 ids 5 newer\n",
					  "generation 01 ids 5 new\n",
					  "generation 1 ids 5 again\n\n"};
	const struct house *h = *state;
	struct workspace workspace;

	start_house(h);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct problems problems = {0};
		char *ids = house_read(h, "state/ids"), *after;

		house_write(h, "state/journal", bad[i]);
		assert_int_equal(workspace_open_state(&workspace, &h->paths, &problems), -1);
		assert_non_null(problem_with(&problems, "the file journal in it is damaged"));
		workspace_close(&workspace);
		problems_free(&problems);
		after = house_read(h, "state/ids");
		assert_string_equal(ids, after);
		free(ids);
		free(after);
	}
	house_remove(h, "state/journal"); /* as the message says */
	assert_int_equal(apply(h), 1);
}

/* Between the switch and the sudo rules of what it switched to. */
TEST(a_killed_rollback_is_ended, house)
{
	const struct house *h = *state;
	char *link = xasprintf("%s/current", h->state), *rules;

	start_house(h);
	if (access(h->sudoers, F_OK) < 0)
		skip();
	house_write(h, "conf/agentauth.conf", "roles = { " ROLE("deploy", "99001", "false") "};\n");
	apply(h);
	unlink(link);
	assert_int_equal(symlink("generations/1", link), 0);
	house_write(h, "state/journal", "generation 1 ids 0 again\n");
	house_write(h, "conf/agents.d/wrong.conf", "uid = ;");
	refused(h, "expected a value");
	rules = house_read(h, "etc/sudoers.d/agentauth");
	assert_non_null(strstr(rules, "/bin/true"));
	free(rules);
	/* And one that was killed before it has changed nothing: no generation goes, nor an id. */
	house_write(h, "state/journal", "generation 2 ids 0 again\n");
	refused(h, "expected a value");
	assert_int_equal(entries(h, "state/generations", "^2$"), 1);
	rules = house_read(h, "state/ids");
	assert_non_null(strstr(rules, "bot"));
	free(rules);
	free(link);
}
