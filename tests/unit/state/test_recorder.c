/* SPDX-License-Identifier: Apache-2.0 */
/* test_recorder.c: whether the recorder of programs runs, and since when it does not. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/state/recorder.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

static const char *file(void)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/recorder", test_dir);
	return path;
}

static bool runs(const char *word)
{
	char said[AA_RECORDER_WORD] = "unset";
	bool answer = aa_recorder_runs(test_dir, geteuid(), said);

	assert_string_equal(said, word);
	return answer;
}

/* One that holds the lock and says how it records. */
static int begin(const char *word, int64_t *ret_since)
{
	int fd = aa_recorder_hold(test_dir, geteuid(), ret_since);

	assert_true(fd >= 0);
	aa_recorder_note(fd, word);
	return fd;
}

TEST(one_that_runs_is_known_by_its_word_and_one_that_has_stopped_is_not, folder)
{
	int64_t since;
	int fd;

	assert_false(runs(""));
	fd = begin("fanotify", &since);
	assert_int_equal(since, 0);
	assert_true(runs("fanotify"));
	aa_recorder_note(fd, "audit"); /* a shorter word leaves nothing of the one before */
	assert_true(runs("audit"));
	aa_recorder_note(fd, "fifteen-letters-and-more");
	assert_true(runs("fifteen-letter"));
	aa_recorder_note(fd, "stopped");
	assert_false(runs("stopped"));
	close(fd);
}

TEST(there_is_one_at_a_time, folder)
{
	int64_t since = 7;
	int fd = begin("audit", &since);

	assert_int_equal(aa_recorder_hold(test_dir, geteuid(), &since), -EAGAIN);
	assert_int_equal(since, 0);
	assert_true(runs("audit"));
	close(fd);
	assert_false(runs(""));
	fd = begin("audit", &since);
	assert_true(runs("audit"));
	close(fd);
}

TEST(the_next_learns_since_when_a_killed_one_records_nothing, folder)
{
	const struct timespec times[2] = {{NOW, 0}, {NOW, 0}};
	int64_t since;
	int fd = begin("audit", &since);

	close(fd); /* as the kernel does for one that is killed */
	assert_int_equal(utimensat(AT_FDCWD, file(), times, 0), 0);
	fd = begin("stopped", &since);
	assert_int_equal(since, NOW);
	close(fd);
	fd = begin("audit", &since);
	assert_int_equal(since, 0); /* it ended by itself */
	close(fd);
}

TEST(a_file_that_others_can_write_is_none_of_ours, folder)
{
	int64_t since;
	int fd = begin("audit", &since);

	assert_true(runs("audit"));
	assert_int_equal(chmod(file(), 0622), 0);
	assert_false(runs(""));
	assert_true(aa_recorder_hold(test_dir, geteuid(), &since) < 0);
	assert_int_equal(chmod(file(), 0600), 0);
	assert_true(runs("audit"));
	assert_false(aa_recorder_runs("/nonexistent", geteuid(), (char[AA_RECORDER_WORD]){""}));
	assert_true(aa_recorder_hold("/nonexistent", geteuid(), &since) < 0);
	close(fd);
}
