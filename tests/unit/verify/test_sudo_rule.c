/* SPDX-License-Identifier: Apache-2.0 */
/* test_sudo_rule.c: what a rule is, and which commands wait for a person, as sudo reads the same rule. */
#include <config.h>

#include <string.h>

#include "common/verify/sudo_rule.h"
#include "tests/unit/support/test.h"

static bool covers(const char *rule, const char *target, const char *command, char *first, char *second)
{
	char name[] = "x";
	char *argv[] = {name, first, second, NULL};

	return aa_sudo_rule_covers(rule, target, command, argv);
}

static char stop[] = "stop", app[] = "app", web[] = "web", both[] = "stop app";

struct covering {
	const char *rule, *target, *command;
	char *first, *second; /* NULL: there is none */
	bool covered;
};

static void check_covering(const struct covering *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct covering *r = &rules[i];

		if (covers(r->rule, r->target, r->command, r->first, r->second) != r->covered)
			fail_msg("%s: %scovered, of %s", r->rule, r->covered ? "not " : "", r->command);
	}
}

TEST(a_rule_covers_its_user_its_command_and_its_arguments)
{
	static const struct covering rules[] = {
	    {"(root) /usr/bin/env stop app", "root", "/usr/bin/env", stop, app, true},
	    {"(root) /usr/bin/env stop app", "root", "/usr/bin/env", stop, web, false},
	    {"(root) /usr/bin/env stop app", "root", "/usr/bin/env", stop, NULL, false},
	    {"(root) /usr/bin/env stop app", "root", "/bin/true", stop, app, false},
	    {"(daemon) /usr/bin/env stop app", "root", "/usr/bin/env", stop, app, false},
	    {"(daemon,root) /usr/bin/env", "root", "/usr/bin/env", stop, web, true},
	    {"(ALL) /usr/bin/env", "root", "/usr/bin/env", NULL, NULL, true},
	    /* sudo compares arguments as one text */
	    {"(root) /usr/bin/env stop app", "root", "/usr/bin/env", both, NULL, true},
	    {"(root) /usr/bin/env \"\"", "root", "/usr/bin/env", NULL, NULL, true},
	    {"(root) /usr/bin/env \"\"", "root", "/usr/bin/env", stop, NULL, false},
	};

	check_covering(rules, COUNT(rules));
}

/* sudo has granted each of these; `apply` refuses them, and a policy that has one all the same asks a person. */
TEST(a_rule_names_one_command_where_nobody_else_has_matched_it)
{
	static char equals[] = "a=b", now[] = "now ", empty[] = "";
	static const struct covering rules[] = {
	    {"(root) /usr/bin/env stop app", "root", "/usr/bin/env", stop, app, true},
	    {"(root) /usr/bin/env stop app", "root", "/usr/bin/env", stop, web, false},
	    {"(root) /usr/bin/env stop app", "root", "/usr/bin/env", stop, NULL, false},
	    {"(root) /usr/bin/env stop app", "root", "/usr/bin/env", both, NULL, false},
	    {"(root) /usr/bin/env stop", "root", "/usr/bin/env", stop, app, false},
	    {"(root) /usr/bin/env now", "root", "/usr/bin/env", now, NULL, false},
	    {"(root) /usr/bin/env stop", "root", "/usr/bin/env", stop, empty, false},
	    {"(root) /usr/bin/env", "root", "/usr/bin/env", stop, app, true},
	    {"(root) /usr/bin/env \"\"", "root", "/usr/bin/env", NULL, NULL, true},
	    {"(root) /usr/bin/env \"\"", "root", "/usr/bin/env", stop, NULL, false},
	    {"(root) /usr/bin/env a\\=b", "root", "/usr/bin/env", equals, NULL, true},
	    {"(root) /usr/bin/env a\\=b", "root", "/usr/bin/env", stop, NULL, false},
	    /* The same file by another name is not the rule's, nor is another user. */
	    {"(root) /usr/bin/env", "root", "/usr/bin/../bin/env", stop, app, false},
	    {"(root) /usr/bin/env", "root", "/usr/bin/envx", stop, app, false},
	    {"(root) /usr/bin/env", "toor", "/usr/bin/env", stop, app, false},
	    {"(ALL) /usr/bin/env", "root", "/usr/bin/env", stop, app, false},
	    /* What sudo reads in more ways than one names nothing. */
	    {"(root) /usr/bin/*", "root", "/usr/bin/*", stop, app, false},
	    {"(root) /usr/bin/env *", "root", "/usr/bin/env", stop, app, false},
	    {"(root) /usr/bin/", "root", "/usr/bin/", stop, app, false},
	    {"(root) /usr/bin/env ^stop$", "root", "/usr/bin/env", stop, NULL, false},
	    {"no rule", "root", "/usr/bin/env", stop, NULL, false},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct covering *r = &rules[i];
		char name[] = "x", *argv[] = {name, r->first, r->second, NULL};

		if (aa_sudo_rule_names(r->rule, r->target, r->command, argv) != r->covered)
			fail_msg("%s: %snamed, of %s", r->rule, r->covered ? "not " : "", r->command);
	}
}

TEST(what_cannot_be_told_waits)
{
	static const struct covering rules[] = {
	    {"(#0) /usr/bin/env stop", "root", "/usr/bin/env", stop, NULL, true},
	    {"(%daemon) /usr/bin/env stop", "root", "/usr/bin/env", stop, NULL, true},
	    {"(root:adm) /usr/bin/env stop", "builder-7", "/usr/bin/env", stop, NULL, true},
	    {"(root) /usr/bin/env  stop  app", "root", "/usr/bin/env", stop, app, true},
	    {"(root) /usr/bin/env stop ", "root", "/usr/bin/env", stop, NULL, true},
	    {"(root) /usr/bin/", "root", "/usr/bin/env", stop, NULL, true},
	    {"(root) /usr/bin/e\\nv stop", "root", "/usr/bin/env", stop, NULL, true},
	    {"(root) /usr/bin/e* stop", "root", "/usr/bin/env", stop, NULL, true},
	};

	check_covering(rules, COUNT(rules));
}

TEST(a_rule_has_three_pieces)
{
	struct aa_sudo_rule rule;

	assert_true(aa_sudo_rule_parse("(root,app)  /opt/a\\ b  stop app", &rule));
	assert_memory_equal(rule.runas, "root,app)", 9);
	assert_int_equal(rule.runas_len, 8);
	assert_string_equal(rule.path, "/opt/a\\ b  stop app");
	assert_int_equal(rule.path_len, strlen("/opt/a\\ b"));
	assert_string_equal(rule.arguments, "stop app");
	assert_true(aa_sudo_rule_parse("(root) /bin/id", &rule));
	assert_string_equal(rule.arguments, "");
	assert_false(aa_sudo_rule_parse("/bin/id", &rule));
	assert_false(aa_sudo_rule_parse("(root /bin/id", &rule));
}

/* The path ends where sudo ends it. */
TEST(a_path_with_a_blank_is_one_path)
{
	assert_true(covers("(root) /opt/a\\ b stop", "root", "/opt/a b", stop, NULL));
	assert_false(covers("(root) /opt/a\\ b stop", "root", "/opt/a b", app, NULL));
}

TEST(what_no_rule_is_covers_all)
{
	assert_true(covers("/usr/bin/env stop", "root", "/bin/true", app, NULL));
	assert_int_equal(aa_sudo_rule_check("/usr/bin/env stop"), AA_SUDO_NO_RUNAS);
	assert_false(covers("(root) /usr/bin/env stop", "root", "/bin/true", app, NULL));
	assert_int_equal(aa_sudo_rule_check("(root) /usr/bin/env stop"), AA_SUDO_FINE);
}

/* sudo reads a group without a user as the caller's own name with that group. */
TEST(a_rule_names_a_user_to_run_as)
{
	assert_int_equal(aa_sudo_rule_check("(root:adm) /bin/id"), AA_SUDO_FINE);
	assert_int_equal(aa_sudo_rule_check("(:adm) /bin/id"), AA_SUDO_NOBODY);
	assert_int_equal(aa_sudo_rule_check("() /bin/id"), AA_SUDO_NOBODY);
	assert_int_equal(aa_sudo_rule_check("(root) /bin/id"), AA_SUDO_FINE);
}
