/* SPDX-License-Identifier: Apache-2.0 */
/* test_last_use.c: when an agent was last used, and that nothing is lost where it cannot be written. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/state/decision.h"
#include "common/state/last_use.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

static int setup(void **state)
{
	(void)test_dir_setup(state);
	assert_int_equal(aa_decision_init(test_dir), 0);
	return 0;
}

FIXTURE(here, setup, test_dir_teardown);

static const char *path(const char *name)
{
	static char buf[512];

	snprintf(buf, sizeof(buf), "%s/state/%s", test_dir, name);
	return buf;
}

TEST(the_last_of_several_uses_is_kept_for_each_agent_and_use_alone, here)
{
	struct stat st;

	assert_int_equal(aa_last_use(test_dir, AA_USE_LOGIN, "builder-7"), 0);
	aa_last_use_note(test_dir, AA_USE_LOGIN, "builder-7", NOW);
	assert_int_equal(aa_last_use(test_dir, AA_USE_LOGIN, "builder-7"), NOW);
	aa_last_use_note(test_dir, AA_USE_LOGIN, "builder-7", NOW + 60);
	assert_int_equal(aa_last_use(test_dir, AA_USE_LOGIN, "builder-7"), NOW + 60);
	assert_int_equal(aa_last_use(test_dir, AA_USE_LOGIN, "builder-8"), 0);
	assert_int_equal(aa_last_use(test_dir, AA_USE_SUDO, "builder-7"), 0);
	aa_last_use_note(test_dir, AA_USE_SUDO, "builder-7", NOW + 90);
	assert_int_equal(aa_last_use(test_dir, AA_USE_SUDO, "builder-7"), NOW + 90);
	assert_int_equal(aa_last_use(test_dir, AA_USE_LOGIN, "builder-7"), NOW + 60);
	assert_int_equal(stat(path("last-login"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(path("last-login/builder-7"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 0);
}

TEST(each_key_of_each_agent_has_its_own_time, here)
{
	assert_int_equal(aa_last_use_of_key(test_dir, "builder-7", "k1"), 0);
	aa_last_use_note_key(test_dir, "builder-7", "k1", NOW);
	aa_last_use_note_key(test_dir, "builder-7", "k1", NOW + 60);
	aa_last_use_note_key(test_dir, "builder-8", "k1", NOW + 90);
	assert_int_equal(aa_last_use_of_key(test_dir, "builder-7", "k1"), NOW + 60);
	assert_int_equal(aa_last_use_of_key(test_dir, "builder-8", "k1"), NOW + 90);
	assert_int_equal(aa_last_use_of_key(test_dir, "builder-7", "k2"), 0);
	aa_last_use_note_key(test_dir, "builder-7", "../../x", NOW); /* a kid is any text */
	assert_int_equal(aa_last_use_of_key(test_dir, "builder-7", "../../x"), NOW);
	assert_int_equal(access(path("../x"), F_OK), -1);
	errno = E2BIG;
	aa_last_use_note_key("/nonexistent", "builder-7", "k1", NOW);
	assert_int_equal(errno, E2BIG);
}

TEST(a_folder_that_cannot_be_written_leaves_errno_and_all_else_as_they_were, here)
{
	errno = E2BIG;
	aa_last_use_note("/nonexistent", AA_USE_LOGIN, "builder-7", NOW);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(aa_last_use("/nonexistent", AA_USE_LOGIN, "builder-7"), 0);
	assert_int_equal(mkdir(path("last-login"), 0700), 0);
	assert_int_equal(symlink("../../elsewhere", path("last-login/builder-8")), 0);
	aa_last_use_note(test_dir, AA_USE_LOGIN, "builder-8", NOW);
	assert_int_equal(access(path("../elsewhere"), F_OK), -1);
}

TEST(what_is_no_agents_name_names_no_file, here)
{
	aa_last_use_note(test_dir, AA_USE_LOGIN, "../x", NOW);
	aa_last_use_note(test_dir, AA_USE_LOGIN, "x", NOW);
	assert_int_equal(aa_last_use(test_dir, AA_USE_LOGIN, "../x"), 0);
	assert_int_equal(access(path("x"), F_OK), -1);
	assert_int_equal(aa_last_use(test_dir, AA_USE_LOGIN, "x"), NOW);
}
