/* SPDX-License-Identifier: Apache-2.0 */
/* test_failures.c: the brake on failing credentials: what counts together, for how long, and that it cannot grow. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/state/failures.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

static void fail_times(int n, const char *agent, const char *source)
{
	for (int i = 0; i < n; i++)
		assert_true(aa_failures_count(test_dir, geteuid(), agent, source, NOW));
}

static bool reached(const char *agent, const char *source, int64_t most, int64_t now)
{
	return aa_failures_reached(test_dir, geteuid(), agent, source, most, now);
}

TEST(an_agent_and_a_source_count_together, folder)
{
	fail_times(4, "builder-7", "10.1.2.3");
	assert_false(reached("builder-7", "10.1.2.3", 5, NOW));
	fail_times(1, "builder-7", "10.1.2.3");
	assert_true(reached("builder-7", "10.1.2.3", 5, NOW));
	/* the agent's own address, and this address's other agents, are as before */
	assert_false(reached("builder-7", "10.1.2.4", 5, NOW));
	assert_false(reached("other-1", "10.1.2.3", 5, NOW));
	/* without a limit nothing is reached */
	assert_false(reached("builder-7", "10.1.2.3", 0, NOW));
}

TEST(a_network_of_ipv6_is_one_source, folder)
{
	fail_times(3, "builder-7", "2001:db8::1");
	fail_times(2, "builder-7", "2001:db8::ffff:2");
	assert_true(reached("builder-7", "2001:db8::3", 5, NOW));
	assert_false(reached("builder-7", "2001:db8:0:1::3", 5, NOW));
}

TEST(a_count_ends_with_its_minute, folder)
{
	fail_times(5, "builder-7", "10.1.2.3");
	assert_true(reached("builder-7", "10.1.2.3", 5, NOW + AA_FAILURES_WINDOW - 1));
	assert_false(reached("builder-7", "10.1.2.3", 5, NOW + AA_FAILURES_WINDOW));
	/* and where the clock was stepped back, but not for who has read it a moment before the first of them */
	assert_false(reached("builder-7", "10.1.2.3", 5, NOW - AA_FAILURES_WINDOW));
	assert_true(reached("builder-7", "10.1.2.3", 5, NOW - 1));
	assert_true(
	    aa_failures_count(test_dir, geteuid(), "builder-7", "10.1.2.3", NOW + AA_FAILURES_WINDOW));
	assert_false(reached("builder-7", "10.1.2.3", 2, NOW + AA_FAILURES_WINDOW));
}

TEST(thousands_of_sources_do_not_make_it_grow, folder)
{
	char source[64], path[256];
	struct stat st;

	for (int i = 0; i < 20000; i++) {
		snprintf(source, sizeof(source), "10.%d.%d.1", i / 250, i % 250);
		assert_true(aa_failures_count(test_dir, geteuid(), "builder-7", source, NOW));
	}
	snprintf(path, sizeof(path), "%s/failures", test_dir);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size <= 128 * 1024);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* the newest is still counted */
	fail_times(5, "builder-7", "192.0.2.1");
	assert_true(reached("builder-7", "192.0.2.1", 5, NOW));
}

TEST(a_table_that_is_none_limits_nobody, folder)
{
	char path[256], target[256];

	fail_times(5, "builder-7", "10.1.2.3");
	assert_true(reached("builder-7", "10.1.2.3", 5, NOW));
	snprintf(path, sizeof(path), "%s/failures", test_dir);
	snprintf(target, sizeof(target), "%s/elsewhere", test_dir);
	assert_int_equal(rename(path, target), 0);
	assert_int_equal(symlink(target, path), 0);
	assert_false(reached("builder-7", "10.1.2.3", 5, NOW));
	assert_false(aa_failures_count("/nonexistent", geteuid(), "builder-7", "10.1.2.3", NOW));
	assert_false(aa_failures_reached("/nonexistent", geteuid(), "builder-7", "10.1.2.3", 5, NOW));
	/* cut in the middle of a set */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(target, path), 0);
	assert_int_equal(truncate(path, 40), 0);
	assert_false(reached("builder-7", "10.1.2.3", 5, NOW));
}

/* A cell has 32 bits for its time: a failure of another time must not be taken for an old one, nor for one to come. */
TEST(a_time_that_no_cell_can_hold_is_not_counted, folder)
{
	const int64_t never[] = {INT64_MIN, -1, (int64_t)UINT32_MAX + 1, INT64_MAX};

	for (size_t i = 0; i < COUNT(never); i++)
		assert_false(aa_failures_count(test_dir, geteuid(), "builder-7", "10.1.2.3", never[i]));
	assert_true(aa_failures_count(test_dir, geteuid(), "builder-7", "10.1.2.3", 0));
	assert_true(reached("builder-7", "10.1.2.3", 1, 0));
	assert_true(aa_failures_count(test_dir, geteuid(), "builder-7", "10.1.2.3", UINT32_MAX));
	assert_true(reached("builder-7", "10.1.2.3", 1, UINT32_MAX));
}
