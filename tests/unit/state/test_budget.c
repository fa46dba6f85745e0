/* SPDX-License-Identifier: Apache-2.0 */
/* test_budget.c: a role's commands are counted by whatever sudo comes, and what cannot be counted is used up. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/state/budget.h"
#include "common/verify/rate.h"
#include "tests/unit/state/admit_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/test.h"

static char *const argv[] = {(char[]){"true"}, NULL};
static const struct aa_command command = {"root", "/usr/bin/true", argv};

/* builder-7 has deploy, with this budget, and audit. */
static void with_budget(struct fixture *f, const char *rate)
{
	char text[32];

	snprintf(text, sizeof(text), "\"%s\"", rate);
	support_set(f->site, "role:deploy", "sudo", "[\"(root) /usr/bin/true\"]");
	support_set(f->site, "role:deploy", "max_sudo", text);
	(void)mkdir(support_path(f->site->statedir, "state"), 0700);
	reopen(f);
}

static bool runs(struct fixture *f)
{
	struct aa_command_rule rule;

	f->ctx.now = f->now;
	assert_int_equal(aa_budget_waits(&f->ctx, f->agent, &command, &rule), AA_OK);
	if (rule.role[0])
		assert_string_equal(rule.role, "deploy");
	return !rule.role[0];
}

static const char *file(const struct fixture *f)
{
	return support_path(f->site->statedir, "state/budget/builder-7.deploy");
}

TEST(a_rate_is_a_number_and_a_stretch_of_time, admitted)
{
	static const char *const wrong[] = {"",	     "20",   "20/",   "/h",    "0/h",	"1001/h", "20/w",
					    "20/hh", "-1/h", " 20/h", "20 /h", "20/h ", "2.5/h",  "20/H"};
	struct aa_rate rate;

	(void)state;
	assert_true(aa_rate_parse("20/h", &rate));
	assert_int_equal(rate.most, 20);
	assert_int_equal(rate.seconds, 3600);
	assert_true(aa_rate_parse("1000/m", &rate));
	assert_int_equal(rate.seconds, 60);
	assert_true(aa_rate_parse("1/d", &rate));
	assert_int_equal(rate.seconds, 86400);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(aa_rate_parse(wrong[i], &rate));
}

TEST(so_many_run_within_any_stretch_of_time, admitted)
{
	struct fixture *f = *state;

	with_budget(f, "3/m");
	assert_true(runs(f));
	f->now += 30;
	assert_true(runs(f));
	assert_true(runs(f));
	assert_false(runs(f));
	f->now += 29;
	assert_false(runs(f));
	f->now += 1; /* the first is a minute ago, the two others are not */
	assert_true(runs(f));
	assert_false(runs(f));
}

TEST(another_command_another_agent_and_a_role_without_a_budget_take_nothing, admitted)
{
	struct fixture *f = *state;
	const struct aa_command other = {"root", "/usr/bin/false", argv};
	struct aa_command_rule rule;

	with_budget(f, "1/h");
	assert_true(aa_command_needs_plugin(f->ctx.policy, f->agent));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(aa_budget_waits(&f->ctx, f->agent, &other, &rule), AA_OK);
		assert_string_equal(rule.role, "");
	}
	assert_true(runs(f));
	assert_false(runs(f));
	support_set(f->site, "role:deploy", "max_sudo", NULL);
	reopen(f);
	assert_false(aa_command_needs_plugin(f->ctx.policy, f->agent));
	assert_true(runs(f));
}

TEST(whoever_only_asks_takes_nothing, admitted)
{
	struct fixture *f = *state;

	with_budget(f, "1/h");
	f->ctx.dry = true;
	assert_true(runs(f));
	assert_true(runs(f));
	assert_int_equal(access(file(f), F_OK), -1);
	f->ctx.dry = false;
	assert_true(runs(f));
	f->ctx.dry = true;
	assert_false(runs(f));
}

/* A clock that was set back neither frees the budget nor locks it for as long as it was ahead. */
TEST(a_clock_that_is_set_back_keeps_it_used_up_for_one_stretch, admitted)
{
	struct fixture *f = *state;

	with_budget(f, "2/m");
	assert_true(runs(f));
	assert_true(runs(f));
	f->now -= 86400;
	assert_false(runs(f));
	f->now += 59;
	assert_false(runs(f));
	f->now += 1;
	assert_true(runs(f));
	assert_true(runs(f));
	assert_false(runs(f));
}

static void write_bytes(struct fixture *f, const char *bytes, size_t len)
{
	support_write_file(file(f), bytes, len);
	assert_int_equal(chmod(file(f), 0600), 0);
}

TEST(a_damaged_file_is_used_up_and_mends_itself, admitted)
{
	struct fixture *f = *state;

	with_budget(f, "2/m");
	assert_true(runs(f));
	write_bytes(f, "abc", 3);
	assert_false(runs(f));
	f->now += 60;
	assert_true(runs(f));
	write_bytes(f, "\0\0\0\0\0\0\0\0", 8);
	assert_false(runs(f));
	f->now += 60;
	assert_true(runs(f));
	assert_int_equal(truncate(file(f), 8 * (AA_RATE_MOST + 1)), 0);
	assert_false(runs(f));
	f->now += 60;
	assert_true(runs(f));
	assert_int_equal(truncate(file(f), 0), 0); /* of one who was killed before the first write */
	assert_true(runs(f));
}

TEST(a_link_or_a_file_of_others_is_not_written_to, admitted)
{
	struct fixture *f = *state;
	const char *elsewhere = support_path(f->site->dir, "elsewhere");

	with_budget(f, "2/m");
	assert_true(runs(f));
	assert_int_equal(chmod(file(f), 0666), 0);
	assert_false(runs(f));
	assert_int_equal(chmod(file(f), 0600), 0);
	assert_true(runs(f));
	assert_int_equal(unlink(file(f)), 0);
	support_write_file(elsewhere, "", 0);
	assert_int_equal(symlink(elsewhere, file(f)), 0);
	assert_false(runs(f));
	assert_int_equal(unlink(file(f)), 0);
	assert_int_equal(mkfifo(file(f), 0600), 0);
	assert_false(runs(f));
	assert_int_equal(unlink(file(f)), 0);
	assert_true(runs(f));
}

/* A lock that nobody gives back ends in the wait for a person, not in one for ever. */
TEST(a_lock_that_is_held_is_not_waited_for_for_ever, admitted)
{
	struct fixture *f = *state;
	int fd;

	with_budget(f, "2/m");
	assert_true(runs(f));
	fd = open(file(f), O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_false(runs(f));
	close(fd);
	assert_true(runs(f));
}

TEST(of_many_at_once_no_more_run_than_there_may, admitted)
{
	struct fixture *f = *state;
	int status, ran = 0;

	with_budget(f, "5/h");
	for (int i = 0; i < 20; i++)
		if (fork() == 0)
			_exit(runs(f) ? 1 : 0);
	for (int i = 0; i < 20; i++) {
		assert_true(wait(&status) > 0);
		ran += WIFEXITED(status) && WEXITSTATUS(status) == 1;
	}
	assert_int_equal(ran, 5);
	assert_false(runs(f));
}
