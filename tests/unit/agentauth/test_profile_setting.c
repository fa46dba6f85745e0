/* SPDX-License-Identifier: Apache-2.0 */
/* test_profile_setting.c: the table of a profile's settings, each of which is found wherever it has to be. */
#include "config.h"

#include "tests/unit/support/jose_make.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/agent_home.h"
#include "tools/agentauth/commands/profile_add.h"
#include "tools/agentauth/local/profile_setting.h"
#include "tools/agentauth/oauth/token_cache.h"
#include "tools/cli/alloc.h"

/* A profile that was read from one setting, without the rules of what goes together. */
struct one {
	struct conf_file file;
	struct arena arena;
	struct problems problems;
	struct {
		size_t n;
		struct profile *v;
	} all;
};

static int read_one(struct one *one, const char *name, const char *value)
{
	char *text = xasprintf("profiles = { web = { %s = %s; }; };", name, value);
	int r;

	*one = (struct one){.problems = {0}};
	conf_text_set(&one->file.text, "config", text, strlen(text));
	r = conf_read(&one->file, profile_settings_of_file(), &one->all, &one->arena, &one->problems);
	free(text);
	return r;
}

static void forget(struct one *one)
{
	conf_file_free(&one->file);
	arena_free(&one->arena);
	problems_free(&one->problems);
}

/* Returns a value that is good and not the default. */
static char *value_of(const struct profile_setting *s)
{
	switch (s->conf.type) {
	case CONF_TEXT:
		return xstrdup(strcmp(s->conf.name, "alg") == 0 ? "\"ES256\"" : "\"x\"");
	case CONF_TEXTS:
		return xstrdup("[ \"x\" ]");
	case CONF_WORD:
		return xasprintf("\"%s\"", s->conf.words[1]);
	case CONF_MEMBERS:
		return xstrdup("{ command = [ \"x\" ]; }");
	default:
		return xasprintf("%d", (int)s->conf.min);
	}
}

static void read_setting(struct one *one, const struct profile_setting *s)
{
	char *value = value_of(s);

	if (read_one(one, s->conf.name, value) < 0)
		fail_msg("%s = %s: %s", s->conf.name, value, one->problems.v[0].what);
	free(value);
}

static void test_each_setting_is_read_into_its_own_member(void **state)
{
	struct one one;

	(void)state;
	for (const struct profile_setting *s = profile_settings; s->conf.name; s++) {
		read_setting(&one, s);
		assert_int_equal(one.all.n, 1);
		for (const struct profile_setting *other = profile_settings; other->conf.name; other++)
			if (profile_setting_is_set(&one.all.v[0], other) != (other == s))
				fail_msg("%s is set, and %s reads as if it were, or not", s->conf.name,
					 other->conf.name);
		forget(&one);
	}
}

static void test_each_setting_mistyped_is_told_with_its_place(void **state)
{
	struct one one;

	(void)state;
	for (const struct profile_setting *s = profile_settings; s->conf.name; s++) {
		char *name = xasprintf("%c%s", *s->conf.name, s->conf.name), *value = value_of(s);
		char *meant = xasprintf("(did you mean %s?)", s->conf.name);

		assert_int_equal(read_one(&one, name, value), -1);
		assert_int_equal(one.problems.n, 1);
		assert_int_equal(one.problems.v[0].line, 1);
		assert_int_equal(one.problems.v[0].column, 22);
		if (!strstr(one.problems.v[0].what, meant))
			fail_msg("%s: %s", name, one.problems.v[0].what);
		forget(&one);
		free(name);
		free(value);
		free(meant);
	}
}

static char *cached_under(const struct profile *profile)
{
	struct token_cache cache;
	char *settings;

	assert_int_equal(token_cache_open(profile, &cache), 0);
	settings = xstrdup(cache.settings);
	token_cache_close(&cache);
	return settings;
}

static void test_the_cache_tells_tokens_apart_by_the_settings_that_make_another(void **state)
{
	struct profile plain = profile_defaults;
	struct one one;
	char *without;

	(void)state;
	plain.name = "web";
	without = cached_under(&plain);
	for (const struct profile_setting *s = profile_settings; s->conf.name; s++) {
		char *with;

		read_setting(&one, s);
		with = cached_under(&one.all.v[0]);
		if ((strcmp(with, without) != 0) != !!(s->flags & SETTING_TOKEN))
			fail_msg("%s: the token is cached under %s, without it under %s", s->conf.name, with,
				 without);
		free(with);
		forget(&one);
	}
	free(without);
}

/* Tells whether the text has the name as a word of its own. */
static bool names(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = text; (p = strstr(p, name)); p += len)
		if (strchr(" \n", p[-1]) && strchr(" \n", p[len]))
			return true;
	return false;
}

/* Returns the lines of the manual's chapter on profiles that begin the description of a setting. */
static char *described(void)
{
	FILE *f = fopen(TEST_SRCDIR "/../man/agentauth.1", "r");
	struct buffer b = {0};
	bool inside = false;
	char line[1024];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, ".Sh ", 4) == 0)
			inside = strcmp(line, ".Sh PROFILES\n") == 0;
		if (inside && strncmp(line, ".It Va ", 7) == 0)
			buffer_puts(&b, line + 6);
	}
	fclose(f);
	return buffer_take(&b);
}

static bool is_setting(const char *name)
{
	const struct profile_setting *s = profile_settings;

	while (s->conf.name && strcmp(s->conf.name, name) != 0)
		s++;
	return s->conf.name;
}

static void test_the_manual_describes_each_setting_and_no_other(void **state)
{
	char *text = described(), *save = NULL;

	(void)state;
	for (const struct profile_setting *s = profile_settings; s->conf.name; s++)
		if (!names(text, s->conf.name))
			fail_msg("agentauth.1 does not describe %s", s->conf.name);
	for (char *word = strtok_r(text, " ,\n", &save); word; word = strtok_r(NULL, " ,\n", &save))
		if (!is_setting(word))
			fail_msg("agentauth.1 describes %s, which there is not", word);
	free(text);
}

static void test_each_option_writes_a_setting(void **state)
{
	(void)state;
	for (const struct option_spec *o = command_profile_add.options; o->name; o++) {
		size_t len = o->setting ? strcspn(o->setting, ".") : 0;
		const struct profile_setting *s = profile_settings;
		const struct conf_setting *place;

		if (!o->setting)
			continue;
		while (s->conf.name && (strncmp(s->conf.name, o->setting, len) != 0 || s->conf.name[len]))
			s++;
		assert_non_null(s->conf.name);
		place = s->conf.members;
		assert_true(!place == !o->setting[len]);
		while (place && place->name && strcmp(place->name, o->setting + len + 1) != 0)
			place++;
		assert_true(!place || place->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_setting_is_read_into_its_own_member),
	    cmocka_unit_test(test_each_setting_mistyped_is_told_with_its_place),
	    cmocka_unit_test_setup_teardown(
		test_the_cache_tells_tokens_apart_by_the_settings_that_make_another, home_setup,
		home_teardown),
	    cmocka_unit_test(test_the_manual_describes_each_setting_and_no_other),
	    cmocka_unit_test(test_each_option_writes_a_setting),
	};

	return cmocka_run_group_tests_name("profile_setting", tests, NULL, NULL);
}
