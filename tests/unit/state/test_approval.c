/* SPDX-License-Identifier: Apache-2.0 */
/* test_approval.c: which commands wait for a person, as sudo reads the same rule. */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/state/approval.h"

static bool covers(const char *rule, const char *target, const char *command, char *first, char *second)
{
	char name[] = "x";
	char *argv[] = {name, first, second, NULL};

	return aa_approval_rule_covers(rule, target, command, argv);
}

static char stop[] = "stop", app[] = "app", web[] = "web", both[] = "stop app";

static void a_rule_covers_its_user_its_command_and_its_arguments(void **state)
{
	(void)state;
	assert_true(covers("(root) /usr/bin/env stop app", "root", "/usr/bin/env", stop, app));
	assert_false(covers("(root) /usr/bin/env stop app", "root", "/usr/bin/env", stop, web));
	assert_false(covers("(root) /usr/bin/env stop app", "root", "/usr/bin/env", stop, NULL));
	assert_false(covers("(root) /usr/bin/env stop app", "root", "/bin/true", stop, app));
	assert_false(covers("(daemon) /usr/bin/env stop app", "root", "/usr/bin/env", stop, app));
	assert_true(covers("(daemon,root) /usr/bin/env", "root", "/usr/bin/env", stop, web));
	assert_true(covers("(ALL) /usr/bin/env", "root", "/usr/bin/env", NULL, NULL));
	/* sudo compares arguments as one text */
	assert_true(covers("(root) /usr/bin/env stop app", "root", "/usr/bin/env", both, NULL));
	assert_true(covers("(root) /usr/bin/env \"\"", "root", "/usr/bin/env", NULL, NULL));
	assert_false(covers("(root) /usr/bin/env \"\"", "root", "/usr/bin/env", stop, NULL));
}

/* sudo has granted each of these; `apply` refuses them, and a policy that has one all the same asks a person. */
static void what_cannot_be_told_waits(void **state)
{
	(void)state;
	assert_true(covers("(#0) /usr/bin/env stop", "root", "/usr/bin/env", stop, NULL));
	assert_true(covers("(%daemon) /usr/bin/env stop", "root", "/usr/bin/env", stop, NULL));
	assert_true(covers("(root:adm) /usr/bin/env stop", "builder-7", "/usr/bin/env", stop, NULL));
	assert_true(covers("(root) /usr/bin/env  stop  app", "root", "/usr/bin/env", stop, app));
	assert_true(covers("(root) /usr/bin/env stop ", "root", "/usr/bin/env", stop, NULL));
	assert_true(covers("(root) /usr/bin/", "root", "/usr/bin/env", stop, NULL));
	assert_true(covers("(root) /usr/bin/e\\nv stop", "root", "/usr/bin/env", stop, NULL));
	assert_true(covers("(root) /usr/bin/e* stop", "root", "/usr/bin/env", stop, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_rule_covers_its_user_its_command_and_its_arguments),
	    cmocka_unit_test(what_cannot_be_told_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
