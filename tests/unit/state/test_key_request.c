/* SPDX-License-Identifier: Apache-2.0 */
/* test_key_request.c: marks of logins that lacked an issuer's key, and the pause between the refreshes that they
 * ask for. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/state/key_request.h"
#include "tests/unit/support/test.h"

static char root[64], rundir[96];

static int setup(void **state)
{
	(void)state;
	strcpy(root, "/tmp/agentauth-wanted.XXXXXX");
	assert_non_null(mkdtemp(root));
	snprintf(rundir, sizeof(rundir), "%s/run", root); /* not made yet */
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

FIXTURE(here, setup, teardown);

static const char *below(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", rundir, name);
	return path;
}

static size_t count_marks(void)
{
	DIR *dir = opendir(below(AA_KEY_REQUEST_DIR));
	const struct dirent *entry;
	size_t n = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

TEST(a_mark_is_made_where_nothing_was_and_taken_away, here)
{
	struct stat st;

	assert_false(aa_key_request_is(rundir, "corp"));
	assert_false(aa_key_request_any(rundir));
	errno = 7;
	aa_key_request_mark(rundir, "corp");
	assert_int_equal(errno, 7);
	assert_true(aa_key_request_is(rundir, "corp"));
	assert_true(aa_key_request_any(rundir));
	assert_false(aa_key_request_is(rundir, "other"));
	assert_int_equal(stat(below(AA_KEY_REQUEST_DIR), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(below(AA_KEY_REQUEST_DIR "/corp"), &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	aa_key_request_clear(rundir);
	assert_false(aa_key_request_is(rundir, "corp"));
	assert_false(aa_key_request_any(rundir));
	aa_key_request_clear(rundir); /* nothing is there */
}

TEST(a_thousand_logins_make_one_mark, here)
{
	for (int i = 0; i < 1000; i++)
		aa_key_request_mark(rundir, "corp");
	assert_int_equal(count_marks(), 1);
	aa_key_request_mark(rundir, "other-2");
	assert_int_equal(count_marks(), 2);
}

TEST(no_other_name_makes_a_file, here)
{
	static const char *const names[] = {"", ".", "..", "../x", "a/b", "Corp", "a.b", "a b", "\xc3\xa9"};
	char longest[80];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		aa_key_request_mark(rundir, names[i]);
	memset(longest, 'a', sizeof(longest));
	longest[65] = '\0';
	aa_key_request_mark(rundir, longest);
	assert_int_equal(count_marks(), 0);
	longest[64] = '\0';
	aa_key_request_mark(rundir, longest);
	assert_int_equal(count_marks(), 1);
}

TEST(a_link_in_the_place_of_the_directory_is_not_followed, here)
{
	char elsewhere[96];

	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", root);
	assert_int_equal(mkdir(rundir, 0700), 0);
	assert_int_equal(mkdir(elsewhere, 0700), 0);
	assert_int_equal(symlink(elsewhere, below(AA_KEY_REQUEST_DIR)), 0);
	aa_key_request_mark(rundir, "corp");
	assert_false(aa_key_request_is(rundir, "corp"));
	assert_int_equal(rmdir(elsewhere), 0); /* nothing was made there */
}

TEST(the_pause_is_a_minute, here)
{
	assert_int_equal(aa_key_request_pause(rundir, NOW), 0);
	assert_int_equal(aa_key_request_begin(rundir, NOW), 0);
	assert_int_equal(aa_key_request_pause(rundir, NOW), 60);
	assert_int_equal(aa_key_request_pause(rundir, NOW + 59), 1);
	assert_int_equal(aa_key_request_pause(rundir, NOW + 60), 0);
	assert_int_equal(aa_key_request_begin(rundir, NOW + 60), 0);
	assert_int_equal(aa_key_request_pause(rundir, NOW + 61), 59);
}

/* A clock that was put back must not stop the keys for as long as it was ahead. */
TEST(a_stamp_from_the_future_is_no_pause, here)
{
	assert_int_equal(aa_key_request_begin(rundir, NOW + 86400), 0);
	assert_int_equal(aa_key_request_pause(rundir, NOW), 0);
	assert_int_equal(aa_key_request_begin(rundir, NOW), 0);
	assert_int_equal(aa_key_request_pause(rundir, NOW), 60);
}

/* The second waits for the first: it has no lock before the first one's process has ended. */
TEST(two_at_once_follow_each_other, here)
{
	int ready[2], lock, status;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		lock = aa_key_request_lock(rundir);
		if (lock < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		usleep(50000);
		_exit(aa_key_request_begin(rundir, NOW) == 0 ? 0 : 1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	lock = aa_key_request_lock(rundir);
	assert_true(lock >= 0);
	assert_int_equal(aa_key_request_pause(rundir, NOW), 60);
	close(lock);
	close(ready[0]);
	close(ready[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}
