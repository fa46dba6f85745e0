/* SPDX-License-Identifier: Apache-2.0 */
/* test.c: the main() of each program of unit tests. */
#include <config.h>

#include "tests/unit/support/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ONCE_MAX = 4 };

static struct test *first, **end = &first;
static void (*begins[ONCE_MAX])(void), (*ends[ONCE_MAX])(void);

void test_add(struct test *test)
{
	*end = test;
	end = &test->next;
}

static void add_once(void (**list)(void), void (*function)(void))
{
	size_t n = 0;

	while (n < ONCE_MAX && list[n])
		n++;
	if (n == ONCE_MAX)
		abort();
	list[n] = function;
}

void test_before_all(void (*begin)(void))
{
	add_once(begins, begin);
}

void test_after_all(void (*function)(void))
{
	add_once(ends, function);
}

static int call_all(void (**list)(void))
{
	for (size_t i = 0; i < ONCE_MAX && list[i]; i++)
		list[i]();
	return 0;
}

static int before_all(void **state)
{
	(void)state;
	return call_all(begins);
}

static int after_all(void **state)
{
	(void)state;
	return call_all(ends);
}

static struct CMUnitTest for_cmocka(const struct test *test)
{
	static const struct test_fixture none;
	const struct test_fixture *fixture = test->fixture ? test->fixture : &none;

	return (struct CMUnitTest){test->name, test->run, fixture->setup, fixture->teardown, NULL};
}

/* `part` NULL: all tests. */
static struct CMUnitTest *choose(const char *part, size_t *ret_n)
{
	struct CMUnitTest *tests = NULL;
	size_t n = 0;

	for (const struct test *test = first; test; test = test->next) {
		if (part && !strstr(test->name, part))
			continue;
		tests = realloc(tests, (n + 1) * sizeof(*tests));
		if (!tests)
			abort();
		tests[n++] = for_cmocka(test);
	}
	*ret_n = n;
	return tests;
}

int main(int argc, char **argv)
{
	size_t n;
	struct CMUnitTest *tests = choose(argc > 1 ? argv[1] : NULL, &n);
	int failed;

	if (!n) {
		fprintf(stderr, "%s: no test is called so\n", argv[0]);
		return 2;
	}
	failed = _cmocka_run_group_tests(program_invocation_short_name, tests, n, before_all, after_all);
	free(tests);
	return failed;
}
