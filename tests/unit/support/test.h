/* SPDX-License-Identifier: Apache-2.0 */
/* test.h: what each file of unit tests begins with: TEST(), the clock, and cmocka with the headers that it wants before it.
 *
 * A test is written once: TEST() adds it to its program, in the order of the file, so that there is no list to forget it in, and
 * main() is here. A program may have several files. Its argument is a part of the names of the tests that are to run.
 *
 *	TEST(a_token_without_exp_is_refused, site)
 *	{
 *		struct support_site *site = *state;
 *
 * The name is a sentence that says what holds. `site` is the fixture that the test stands in: host.h, pam.h, home.h, house.h
 * and files.h have those that are shared, FIXTURE() makes one of the file's own.
 */
#ifndef AGENTAUTH_TESTS_SUPPORT_TEST_H
#define AGENTAUTH_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/support/fixture.h"

/* The time of tests that decide about time: 2027-01-15 08:00:00 UTC. Where a process's own age counts, time() is taken. */
#define NOW TEST_NOW

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct test {
	const char *name;
	void (*run)(void **state);
	const struct test_fixture *fixture;
	struct test *next;
};

void test_add(struct test *test);
/* Once for the program, before its first test and after its last: what is too slow for each. */
void test_before_all(void (*begin)(void));
void test_after_all(void (*end)(void));

#define FIXTURE(name, setup, teardown) static const struct test_fixture fixture_##name = {setup, teardown}

/* Of a JSON object (of jansson's): the member is this string. */
#define assert_member(object, name, text) \
	do { \
		const char *member_text = json_string_value(json_object_get(object, name)); \
		assert_non_null(member_text); \
		assert_string_equal(member_text, text); \
	} while (0)

/* The exit status of a child that runs `body`, for tests across processes. IN_CHILD(0) is a command as sudo forks it: what is
 * asked as it is forked may end it with another status. */
#define IN_CHILD(body) \
	({ \
		int status_ = 0; \
		pid_t pid_ = fork(); \
\
		assert_true(pid_ >= 0); \
		if (pid_ == 0) \
			_exit((int)(body)); \
		assert_int_equal(waitpid(pid_, &status_, 0), pid_); \
		assert_true(WIFEXITED(status_)); \
		WEXITSTATUS(status_); \
	})

/* TEST(name) or TEST(name, fixture); the body follows. */
#define TEST(...) TEST_OF(__VA_ARGS__, TEST_IN, TEST_ALONE, )(__VA_ARGS__)
#define TEST_OF(name, fixture, macro, ...) macro
#define TEST_ALONE(name) TEST_ADDED(name, NULL)
#define TEST_IN(name, fixture) TEST_ADDED(name, &fixture_##fixture)
#define TEST_ADDED(name, fixture) \
	static void name(void **state); \
	__attribute__((constructor)) static void add_##name(void) \
	{ \
		static struct test test = {#name, name, fixture, NULL}; \
		test_add(&test); \
	} \
	static void name(void **state __attribute__((unused)))

/* BEFORE_ALL(begin) { … } and AFTER_ALL(end) { … }: functions for test_before_all() and test_after_all(). */
#define BEFORE_ALL(name) TEST_ONCE(name, test_before_all)
#define AFTER_ALL(name) TEST_ONCE(name, test_after_all)
#define TEST_ONCE(name, when) \
	static void name(void); \
	__attribute__((constructor)) static void add_##name(void) \
	{ \
		when(name); \
	} \
	static void name(void)

#endif
