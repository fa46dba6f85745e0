/* SPDX-License-Identifier: Apache-2.0 */
/* test_settings_manual.c: the reference in agentauth.conf(5) is what settings.def says, and the shipped examples are accepted and
 * have every setting.
 */
#include <config.h>

#include <string.h>

#include "common/registry/accounts.h"
#include "common/verify/policy.h"
#include "tests/unit/agentauthctl/manual_page.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/model/model.h"
#include "tools/agentauthctl/model/settings.h"
#include "tools/agentauthctl/publish/record.h"
#include "tools/cli/problems_print.h"

/* ---- the reference, as settings.def has it ------------------------------------ */

enum kind { GROUP_BEGINS, SETTING, PART_BEGINS, PART_ENDS, TEXT_OF, TEXT_AFTER };

struct row {
	enum kind kind;
	const char *text; /* a name, or what is to be read */
	int64_t least, most, usual;
};

/* clang-format off */
static const struct row rows[] = {
#define GROUP(group) {GROUP_BEGINS, #group, 0, 0, 0},
#define TEXT(group, name, needed, record, usual, shortest, longest, check) {SETTING, #name, 0, 0, 0},
#define LINES(group, name, needed, record, shortest, longest) {SETTING, #name, 0, 0, 0},
#define NUMBER(group, name, needed, record, usual, least, most) {SETTING, #name, least, most, usual},
#define ID(group, name, needed, record) {SETTING, #name, 0, 0, 0},
#define FLAG(group, name, record) {SETTING, #name, 0, 0, 0},
#define WORD(group, name, needed, record, words) {SETTING, #name, 0, 0, 0},
#define TIME(group, name, record) {SETTING, #name, 0, 0, 0},
#define LIST(group, name, record, usual, fewest, most, check, if_empty) {SETTING, #name, 0, 0, 0},
#define RULES(group, name, record, each, most, if_empty) {SETTING, #name, 0, 0, 0},
#define PART(group, name, record, part) {PART_BEGINS, #name, 0, 0, 0},
#define ITEMS(group, name, record, each, most) {PART_BEGINS, #name, 0, 0, 0},
#define END_PART(name) {PART_ENDS, #name, 0, 0, 0},
#define END_ITEMS(name) {PART_ENDS, #name, 0, 0, 0},
#define MANUAL(text) {TEXT_OF, text, 0, 0, 0},
#define MANUAL_AFTER(text) {TEXT_AFTER, text, 0, 0, 0},
#include "common/verify/settings.def"
};
/* clang-format on */

static const struct row *const rows_end = rows + sizeof(rows) / sizeof(*rows);

static const struct row *find_group(const char *name, size_t len)
{
	for (const struct row *r = rows; r < rows_end; r++)
		if (r->kind == GROUP_BEGINS && strlen(r->text) == len && memcmp(r->text, name, len) == 0)
			return r;
	fail_msg("settings.def has no group %.*s", (int)len, name);
	return NULL;
}

/* What a number may be stands behind its text's first paragraph; ids have a range that nobody chooses by. */
static void put_text(struct buffer *b, const char *text, const struct row *setting)
{
	const char *next = strstr(text, "\n.Pp");
	size_t len = next ? (size_t)(next - text) : strlen(text);

	buffer_add(b, text, len);
	if (setting->most && setting->most < INT32_MAX - 1 && setting->usual)
		buffer_printf(b, "\n%lld to %lld, %lld by default.", (long long)setting->least,
			      (long long)setting->most, (long long)setting->usual);
	else if (setting->most && setting->most < INT32_MAX - 1)
		buffer_printf(b, "\n%lld to %lld.", (long long)setting->least, (long long)setting->most);
	buffer_printf(b, "%s\n", text + len);
}

/* The settings of a group in mdoc. One that has no text shares that of those behind it. */
static void put_group(struct buffer *b, const struct row *group)
{
	const struct row *setting = NULL;
	bool open_list = false;
	size_t waiting = 0;

	for (const struct row *r = group + 1; r < rows_end && r->kind != GROUP_BEGINS; r++) {
		if (r->kind == SETTING || r->kind == PART_BEGINS) {
			buffer_puts(b, open_list ? ".Bl -tag -width Ds\n" : "");
			buffer_printf(b, waiting++ ? " , %s" : ".It Va %s", r->text);
			setting = r;
			open_list = false;
		} else if (r->kind == TEXT_OF) {
			buffer_puts(b, "\n");
			put_text(b, r->text, setting);
			open_list = setting->kind == PART_BEGINS;
			waiting = 0;
		} else {
			buffer_printf(b, "%s\n", r->kind == PART_ENDS ? ".El" : r->text);
		}
	}
	if (waiting)
		fail_msg("%s.%s has no text for the manual", group->text, setting->text);
}

#define PAGE "man/agentauth.conf.5"
#define BEGINS ".\\\" Settings of "
#define ENDS ".\\\" End of settings.\n"

/* The page with its groups of settings as they should be; how many it has. */
static size_t put_page(struct buffer *b, const char *page)
{
	const char *begins, *name, *ends;
	size_t n = 0;

	for (; (begins = strstr(page, BEGINS)); page = ends, n++) {
		name = begins + strlen(BEGINS);
		ends = strstr(name, ENDS);
		assert_non_null(ends);
		buffer_add(b, page, (size_t)(strchr(name, '\n') + 1 - page));
		put_group(b, find_group(name, strcspn(name, ",")));
	}
	buffer_puts(b, page);
	return n;
}

/* GOLDEN=renew ./test_settings_manual writes what settings.def says into the page. */
TEST(the_manual_describes_the_settings_as_their_table_does)
{
	char *page = read_source(PAGE);
	struct buffer b = {0};

	assert_int_equal(put_page(&b, page), 5);
	is_page(PAGE, page, &b);
	buffer_free(&b);
	free(page);
}

TEST(every_group_with_texts_stands_in_the_manual)
{
	const struct row *group = NULL;
	char *page = read_source(PAGE);

	for (const struct row *r = rows; r < rows_end; r++) {
		char *mark;

		if (r->kind == GROUP_BEGINS)
			group = r;
		if (r->kind != TEXT_OF)
			continue;
		mark = xasprintf(BEGINS "%s,", group->text);
		if (!strstr(page, mark))
			fail_msg("agentauth.conf.5 has no settings of %s", group->text);
		free(mark);
	}
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
