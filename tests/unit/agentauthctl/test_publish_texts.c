/* SPDX-License-Identifier: Apache-2.0 */
/* test_publish_texts.c: what becomes of the text that a command changes, where it is killed, somebody else changes it
 * meanwhile, or there are several. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/agentauthctl/publish_steps.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"

/* ---- one text -------------------------------------------------------------- */

/* The text of a new agent, of an agent whose text changes, and of one that is retired. */
static void kill_change(const struct house *h, const char *name, const char *before, const char *after,
			size_t step)
{
	char *file = xasprintf("conf/agents.d/%s.conf", name), *at = xstrdup(steps[step]), *text;
	bool new_serves = step >= SWITCHED;
	struct conf_text written = {0};
	const struct text_change change = {.agent = name, .agent_text = after ? &written : NULL};

	if (before)
		house_write(h, file, before);
	apply(h);
	if (after)
		conf_text_set(&written, "x", after, strlen(after));
	assert_true(killed_at(h, &change, at));
	apply(h);
	text = house_read(h, file);
	if (!(new_serves ? after : before))
		assert_null(text);
	else
		assert_string_equal(text, new_serves ? after : before);
	assert_string_equal(serves(h, name), text ? "active" : new_serves ? "retired" : "none");
	free(text);
	free(file);
	free(at);
	conf_text_free(&written);
}

TEST(the_text_of_a_command_that_is_killed_is_put_back_unless_it_serves, house)
{
	const struct house *h = *state;

	for (size_t i = 0; i < N_STEPS; i++) {
		char *name = xasprintf("new-%zu", i), *text = xasprintf("uid = 701%02zu;\n", i);
		char *owned = xasprintf("uid = 702%02zu;\nowner = \"b\";\n", i),
		     *was = xasprintf("uid = 702%02zu;\n", i);

		kill_change(h, name, NULL, text, i);
		name[0] = 'o';
		kill_change(h, name, was, owned, i);
		name[0] = 'p';
		text[7] = '3';
		kill_change(h, name, text, NULL, i);
		assert_int_equal(entries(h, "conf/agents.d", "before"), 0);
		free(name);
		free(text);
		free(owned);
		free(was);
	}
}

/* What somebody has written since the kill is not lost: it is a change that is not published. */
TEST(a_text_that_was_changed_since_the_kill_is_left_as_it_is, house)
{
	const struct house *h = *state;
	struct conf_text text = {0};
	const struct text_change change = {.agent = "bot", .agent_text = &text};
	char *now;

	house_write(h, "conf/agents.d/bot.conf", "uid = 70100;");
	apply(h);
	conf_text_set(&text, "x", "uid = 70100; owner = \"b\";", 25);
	assert_true(killed_at(h, &change, (char[]){"switch"}));
	house_write(h, "conf/agents.d/bot.conf", "uid = 70100; owner = \"c\";");
	apply(h);
	now = house_read(h, "conf/agents.d/bot.conf");
	assert_string_equal(now, "uid = 70100; owner = \"c\";");
	assert_int_equal(entries(h, "conf/agents.d", "before"), 0);
	free(now);
	conf_text_free(&text);
}

/* A text that is read, changed and written must not undo what an editor has saved meanwhile. */
TEST(a_text_that_was_changed_while_a_command_ran_is_not_written_over, house)
{
	const struct house *h = *state;
	struct conf_text text = {0}, before = {0}, none = {0};
	struct publish_options options = {.change = {.agent = "bot", .agent_text = &text, .before = &before}};
	struct outcome o;
	char *now;

	house_write(h, "conf/agents.d/bot.conf", "uid = 70100;");
	apply(h);
	conf_text_set(&text, "x", "uid = 70100; owner = \"b\";", 25);
	conf_text_set(&before, "x", "uid = 70100; ", 13);
	assert_int_equal(run(h, options, &o), PUBLISH_FAILED);
	assert_int_equal(o.problems.errors, 1);
	assert_non_null(problem_with(&o.problems, "was changed by somebody else while this command ran"));
	outcome_free(&o);
	options.change.before = &none;
	assert_int_equal(run(h, options, &o), PUBLISH_FAILED);
	outcome_free(&o);
	now = house_read(h, "conf/agents.d/bot.conf");
	assert_string_equal(now, "uid = 70100;");
	free(now);
	assert_int_equal(entries(h, "conf/agents.d", "before"), 0);
	conf_text_set(&before, "x", "uid = 70100;", 12);
	options.change.before = &before;
	assert_int_equal(run(h, options, &o), PUBLISH_DONE);
	outcome_free(&o);
	conf_text_free(&text);
	conf_text_free(&before);
}

/* ---- several agents at once ------------------------------------------------- */

#define MANY 2500 /* more than the list of changes has room for */

static void many_texts(struct agent_texts *ret, size_t n, unsigned from)
{
	*ret = (struct agent_texts){.v = xcalloc(n, sizeof(*ret->v)), .n = n};
	for (size_t i = 0; i < n; i++) {
		char *name = xasprintf("many-%05zu", i), *bytes = xasprintf("uid = %zu;", from + i);

		ret->v[i].name = name;
		conf_text_set(&ret->v[i].text, name, bytes, strlen(bytes));
		free(bytes);
	}
}

static void many_free(struct agent_texts *texts)
{
	for (size_t i = 0; i < texts->n; i++) {
		free((char *)(uintptr_t)texts->v[i].name);
		conf_text_free(&texts->v[i].text);
	}
	free(texts->v);
}

TEST(several_agents_are_published_at_once_and_nothing_else_with_them, house)
{
	const struct house *h = *state;
	struct agent_texts texts;
	struct publish_options options = {.change = {.texts = &texts}};
	struct outcome o;

	apply(h);
	many_texts(&texts, MANY, 71000);
	house_write(h, "conf/agents.d/colleague.conf", "uid = 70900;");
	assert_int_equal(run(h, options, &o), PUBLISH_PENDING);
	assert_int_equal(changes_count(&o.result.pending), 1);
	assert_string_equal(o.result.pending.v[0].name, "colleague");
	outcome_free(&o);
	assert_string_equal(serves(h, "many-00000"), "none");
	house_remove(h, "conf/agents.d/colleague.conf");
	assert_int_equal(run(h, options, &o), PUBLISH_DONE);
	assert_int_equal(o.result.changes.agents[CHANGE_ADDED], MANY);
	outcome_free(&o);
	assert_string_equal(serves(h, "many-02499"), "active");
	assert_int_equal(entries(h, "conf/agents.d", "many-"), MANY);
	many_free(&texts);
}

/* The old agent's text changes as well, and is put back with the rest. */
TEST(killed_among_several_agents_all_are_published_or_the_text_of_none_is_left, house)
{
	const struct house *h = *state;

	for (size_t i = 0; i < N_STEPS; i++) {
		char *step = xstrdup(steps[i]);
		struct agent_texts texts;
		const struct text_change change = {.texts = &texts};

		many_texts(&texts, 3, 71000);
		house_write(h, "conf/agents.d/many-00000.conf", "uid = 71000; description = \"before\";");
		apply(h);
		assert_true(killed_at(h, &change, step));
		apply(h);
		assert_int_equal(entries(h, "conf/agents.d", "many-"), i < SWITCHED ? 1 : 3);
		assert_string_equal(serves(h, "many-00002"), i < SWITCHED ? "none" : "active");
		assert_int_equal(entries(h, "state", "journal"), 0);
		many_free(&texts);
		free(step);
		if (i >= SWITCHED)
			break;
	}
}
