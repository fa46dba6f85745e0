/* SPDX-License-Identifier: Apache-2.0 */
/* test_conf_read.c: a text read against a table of settings that is neither agentauth.conf's nor an agent's: the agent's
 * side reads its profiles so. Linked without agentauthctl. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "common/text/list.h"
#include "tests/unit/support/test.h"
#include "tools/cli/problems_print.h"
#include "tools/conf/conf_read.h"

struct profile {
	const char *name;
	const char *agent;
	int64_t ttl, until;
	int grant;
	bool once;
	struct aa_list scopes;
};

struct profiles {
	size_t n;
	struct profile *v;
};

static const char *const grant_words[] = {"device", "code", NULL};

static bool is_lower(const char *value, char *why, size_t size)
{
	if (strspn(value, "abcdefghijklmnopqrstuvwxyz-") == strlen(value))
		return true;
	snprintf(why, size, "holds more than a-z");
	return false;
}

static const struct conf_setting profile_settings[] = {
    {"agent", CONF_TEXT, true, offsetof(struct profile, agent), .min = 1, .max = 31, .check = is_lower},
    {"ttl", CONF_NUMBER, .offset = offsetof(struct profile, ttl), .min = 10, .max = 3600},
    {"until", CONF_TIME, .offset = offsetof(struct profile, until)},
    {"grant", CONF_WORD, .offset = offsetof(struct profile, grant), .words = grant_words},
    {"once", CONF_FLAG, .offset = offsetof(struct profile, once)},
    {"scopes", CONF_TEXTS, .offset = offsetof(struct profile, scopes), .max = 2},
    {0},
};

static const struct profile usual = {.ttl = 60};
static const struct conf_setting settings[] = {
    {"profiles", CONF_NAMED, .offset = 0, .check = is_lower, .members = profile_settings,
     .size = sizeof(struct profile), .defaults = &usual},
    {0},
};

struct reading {
	struct conf_file file;
	struct arena arena;
	struct problems problems;
	struct profiles profiles;
	int result;
};

static void forget(struct reading *r)
{
	conf_file_free(&r->file);
	arena_free(&r->arena);
	problems_free(&r->problems);
}

static void read_text(struct reading *r, const char *text)
{
	*r = (struct reading){0};
	conf_text_set(&r->file.text, "config", text, strlen(text));
	r->result = conf_read(&r->file, settings, &r->profiles, &r->arena, &r->problems);
}

TEST(a_text_fills_its_structs)
{
	struct reading r;

	read_text(&r, "profiles = {\n"
		      "  web = { agent = \"builder\"; ttl = 90; grant = \"code\"; once = true;\n"
		      "          until = \"2027-01-01T00:00:00Z\"; scopes = [ \"a\", \"b\" ]; };\n"
		      "  plain = { agent = \"x\"; };\n"
		      "};\n");
	problems_print(&r.problems);
	assert_int_equal(r.result, 0);
	assert_int_equal(r.profiles.n, 2);
	assert_string_equal(r.profiles.v[0].name, "web");
	assert_string_equal(r.profiles.v[0].agent, "builder");
	assert_int_equal(r.profiles.v[0].ttl, 90);
	assert_int_equal(r.profiles.v[0].grant, 1);
	assert_true(r.profiles.v[0].once);
	assert_int_equal(r.profiles.v[0].until, 1798761600);
	assert_int_equal(r.profiles.v[0].scopes.n, 2);
	assert_int_equal(r.profiles.v[1].ttl, 60);
	forget(&r);
}

/* Refused, with one problem, at this place and with these words in it. */
static void refuses(const char *inner, unsigned line, unsigned column, const char *setting, const char *words)
{
	struct reading r;
	char text[512];

	snprintf(text, sizeof(text), "profiles = {\n web = {\n%s\n };\n};\n", inner);
	read_text(&r, text);
	assert_int_equal(r.result, -1);
	if (r.problems.n != 1 || r.problems.v[0].line != line || r.problems.v[0].column != column ||
	    strcmp(r.problems.v[0].setting, setting) != 0 || !strstr(r.problems.v[0].what, words))
		problems_print(&r.problems);
	assert_int_equal(r.problems.n, 1);
	assert_int_equal(r.problems.v[0].line, line);
	assert_int_equal(r.problems.v[0].column, column);
	assert_string_equal(r.problems.v[0].setting, setting);
	assert_non_null(strstr(r.problems.v[0].what, words));
	forget(&r);
}

TEST(what_is_wrong_is_said_with_its_place)
{
	refuses("  agent = \"a\"; ttl = 5;", 3, 16, "profiles.web.ttl", "from 10 to 3600");
	refuses("  agent = \"A\";", 3, 3, "profiles.web.agent", "holds more than a-z");
	refuses("  agent = \"a\";\n  grant = \"codes\";", 4, 3, "profiles.web.grant",
		"\"device\" or \"code\"");
	refuses("  agent = \"a\"; once = 1;", 3, 16, "profiles.web.once", "true or false");
	refuses("  agent = \"a\"; until = \"soon\";", 3, 16, "profiles.web.until", "RFC 3339");
	refuses("  agent = \"a\"; scopes = [ \"a\", \"b\", \"c\" ];", 3, 16, "profiles.web.scopes",
		"more than 2");
	refuses("  ttl = 60;", 2, 2, "profiles.web", "agent is missing");
}

TEST(a_mistyped_setting_is_told_what_it_was_meant_to_be)
{
	refuses("  agent = \"a\"; ttk = 60;", 3, 16, "profiles.web.ttk",
		"no such setting (did you mean ttl?)");
	refuses("  agent = \"a\"; scope = [];", 3, 16, "profiles.web.scope", "(did you mean scopes?)");
	refuses("  agent = \"a\"; colour = 1;", 3, 16, "profiles.web.colour",
		"no such setting; here there may be: agent,");
}
