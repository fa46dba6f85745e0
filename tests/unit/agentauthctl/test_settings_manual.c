/* SPDX-License-Identifier: Apache-2.0 */
/* test_settings_manual.c: agentauth.conf(5) describes every setting there is and no other, and the shipped
 * examples are accepted.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/model/settings.h"
#include "tools/agentauthctl/publish/record.h"

struct names {
	char *v[256];
	size_t n;
};

static bool have(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->v[i], name) == 0)
			return true;
	return false;
}

static void add(struct names *names, const char *name, size_t len)
{
	char *copy = xstrndup(name, len);

	if (have(names, copy)) {
		free(copy);
		return;
	}
	assert_true(names->n < 256);
	names->v[names->n++] = copy;
}

static void names_free(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
}

/* The settings of one or several words, whose names stand in the page without their groups. */
static void add_table(struct names *names, const struct conf_setting *table)
{
	for (; table->name; table++) {
		add(names, table->name, strlen(table->name));
		if (table->members)
			add_table(names, table->members);
	}
}

static char *read_source(const char *name)
{
	char *path = xasprintf("%s/../%s", TEST_SRCDIR, name), line[1024];
	FILE *f = fopen(path, "r");
	struct buffer b = {0};

	if (!f)
		fail_msg("%s is not there", path);
	while (fgets(line, sizeof(line), f))
		buffer_puts(&b, line);
	fclose(f);
	free(path);
	return buffer_take(&b);
}

/* ".It Va a , b": the names of a line. */
static void add_item(struct names *names, const char *line, size_t len)
{
	const char *end = line + len;

	for (line += strlen(".It Va "); line < end; line++) {
		size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyz_");

		if (n)
			add(names, line, n);
		line += n;
	}
}

TEST(the_manual_has_every_setting_and_no_other)
{
	struct names known = {.n = 0}, described = {.n = 0};
	char *page = read_source("man/agentauth.conf.5"), *save;

	add_table(&known, main_settings);
	add_table(&known, agent_settings);
	for (char *line = strtok_r(page, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strncmp(line, ".It Va ", 7) == 0)
			add_item(&described, line, strlen(line));
	/* Described in the text of require and scopes, of which they are the members. */
	add(&described, "claim", 5);
	add(&described, "value", 5);
	add(&described, "role", 4);
	for (size_t i = 0; i < known.n; i++)
		if (!have(&described, known.v[i]))
			fail_msg("agentauth.conf.5 lacks %s", known.v[i]);
	for (size_t i = 0; i < described.n; i++)
		if (!have(&known, described.v[i]))
			fail_msg("agentauth.conf.5 describes %s, which there is not", described.v[i]);
	names_free(&known);
	names_free(&described);
	free(page);
}

/* Every setting stands in the example, set or commented out. */
static void check_named(const char *text, const struct conf_setting *table)
{
	for (; table->name; table++) {
		char *assignment = xasprintf("%s = ", table->name);

		if (table->type != CONF_NAMED && strcmp(table->name, "jwks_uri") != 0 &&
		    !strstr(text, assignment))
			fail_msg("the example lacks %s", table->name);
		free(assignment);
		if (table->members)
			check_named(text, table->members);
	}
}

TEST(the_examples_are_accepted_and_complete, house)
{
	const struct house *h = *state;
	struct host_facts facts = {0};
	struct model model = {0};
	struct problems problems = {0};
	struct conf_file file = {0};
	struct arena arena = {0};
	struct buffer record = {0}, ssh = {0};
	struct key_memo *memo = key_memo_new();
	struct aa_agent agent;
	char *text = read_source("etc/agentauth.conf.example");

	assert_int_equal(host_facts_read(&facts, h->etc, &problems), 0);
	conf_text_set(&model.file.text, "agentauth.conf", text, strlen(text));
	check_named(text, main_settings);
	free(text);
	model_read(&model, &facts, &problems);
	problems_print(&problems);
	assert_int_equal(problems.errors, 0);
	text = read_source("etc/agents.d/builder-7.conf.example");
	conf_text_set(&file.text, "builder-7.conf", text, strlen(text));
	check_named(text, agent_settings + 1);
	free(text);
	assert_int_equal(agent_read(&model, "builder-7", &file, &arena, &problems, &agent), 0);
	assert_int_equal(record_agent(&agent, &file, memo, &problems, &record, &ssh), 0);
	key_memo_free(memo);
	buffer_free(&record);
	buffer_free(&ssh);
	arena_free(&arena);
	conf_file_free(&file);
	model_free(&model);
	host_facts_free(&facts);
	problems_free(&problems);
}
