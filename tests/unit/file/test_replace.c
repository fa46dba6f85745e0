/* SPDX-License-Identifier: Apache-2.0 */
/* test_replace.c: a file is replaced whole, or stays as it was with nothing beside it. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

static int dirfd_;

static int setup(void **state)
{
	(void)test_dir_setup(state);
	dirfd_ = open(test_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	umask(022);
	return dirfd_ < 0;
}

static int teardown(void **state)
{
	close(dirfd_);
	return test_dir_teardown(state);
}

FIXTURE(here, setup, teardown);

static int put(const char *name, const char *text, struct aa_replace how)
{
	return aa_replace(dirfd_, name, text, strlen(text), &how);
}

static void assert_holds(const char *name, const char *text)
{
	char buf[64] = "";
	int fd = openat(dirfd_, name, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, buf, sizeof(buf)), strlen(text));
	assert_string_equal(buf, text);
	close(fd);
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(dirfd_, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

static size_t files(void)
{
	DIR *d = opendir(test_dir);
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

TEST(replace_writes_what_was_not_there_and_replaces_what_was, here)
{
	assert_int_equal(put("a", "one", (struct aa_replace){0}), 0);
	assert_holds("a", "one");
	assert_int_equal(put("a", "", (struct aa_replace){.synced = true, .locked = true}), 0);
	assert_holds("a", "");
	assert_int_equal(files(), 1);
}

TEST(the_mode_is_what_was_asked_for_whatever_the_umask, here)
{
	umask(0777);
	assert_int_equal(put("a", "x", (struct aa_replace){0}), 0);
	assert_int_equal(mode_of("a"), 0600);
	assert_int_equal(put("a", "x", (struct aa_replace){.mode = 0644}), 0);
	assert_int_equal(mode_of("a"), 0644);
	umask(0);
	assert_int_equal(put("b", "x", (struct aa_replace){0}), 0);
	assert_int_equal(mode_of("b"), 0600);
	assert_int_equal(aa_replace_create(dirfd_, "c", "x", 1, 0440), 0);
	assert_int_equal(mode_of("c"), 0440);
}

TEST(the_mode_of_the_old_file_is_kept_where_that_is_asked, here)
{
	assert_int_equal(put("a", "x", (struct aa_replace){.mode = 0640, .keep_owner = true}), 0);
	assert_int_equal(mode_of("a"), 0640);
	assert_int_equal(fchmodat(dirfd_, "a", 0604, 0), 0);
	assert_int_equal(put("a", "y", (struct aa_replace){.mode = 0640, .keep_owner = true}), 0);
	assert_int_equal(mode_of("a"), 0604);
	assert_holds("a", "y");
}

TEST(of_two_writers_of_something_new_one_succeeds, here)
{
	assert_int_equal(put("a", "first", (struct aa_replace){.only_new = true}), 0);
	assert_int_equal(put("a", "second", (struct aa_replace){.only_new = true}), -EEXIST);
	assert_holds("a", "first");
	assert_int_equal(aa_replace_create(dirfd_, "a", "third", 5, 0600), -EEXIST);
	assert_holds("a", "first");
	assert_int_equal(files(), 1);
}

TEST(replace_writes_in_a_folder_below, here)
{
	assert_int_equal(mkdirat(dirfd_, "sub", 0700), 0);
	assert_int_equal(put("sub/a", "x", (struct aa_replace){.synced = true}), 0);
	assert_holds("sub/a", "x");
	assert_int_equal(put("none/a", "x", (struct aa_replace){.synced = true}), -ENOENT);
	assert_int_equal(files(), 1);
}

/* A path that a person gives may have no folder in front. */
TEST(replace_writes_where_the_caller_stands, here)
{
	const struct aa_replace how = {.synced = true};
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(fchdir(dirfd_), 0);
	assert_int_equal(aa_replace(AT_FDCWD, "a", "x", 1, &how), 0);
	assert_int_equal(aa_replace(AT_FDCWD, "./b", "y", 1, &how), 0);
	assert_holds("a", "x");
	assert_holds("b", "y");
	assert_int_equal(files(), 2);
	assert_int_equal(fchdir(here), 0);
	close(here);
}

TEST(sets_the_time_that_it_is_told, here)
{
	const struct timespec then = {.tv_sec = 1000000};
	struct stat st;

	assert_int_equal(put("a", "x", (struct aa_replace){.mtime = &then}), 0);
	assert_int_equal(fstatat(dirfd_, "a", &st, 0), 0);
	assert_int_equal(st.st_mtime, 1000000);
}

TEST(what_a_killed_writer_left_is_no_hindrance_and_no_way_elsewhere, here)
{
	assert_int_equal(put("other", "untouched", (struct aa_replace){0}), 0);
	assert_int_equal(symlinkat("other", dirfd_, ".a.new"), 0);
	assert_int_equal(put("a", "x", (struct aa_replace){.locked = true}), 0);
	assert_holds("a", "x");
	assert_holds("other", "untouched");
	assert_int_equal(files(), 2);
}

/* With a file size limit that the text does not fit into, as on a full disk. */
TEST(where_it_cannot_be_written_the_old_file_stands_alone, here)
{
	struct rlimit was, low;
	int replaced, created;

	assert_int_equal(put("a", "old", (struct aa_replace){0}), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	low = (struct rlimit){.rlim_cur = 2, .rlim_max = was.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
	replaced = put("a", "longer", (struct aa_replace){.synced = true});
	created = aa_replace_create(dirfd_, "b", "longer", 6, 0600);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(replaced, -EFBIG);
	assert_int_equal(created, -EFBIG);
	assert_holds("a", "old");
	assert_int_equal(files(), 1);
}

TEST(a_name_that_is_too_long_is_refused, here)
{
	char name[5000];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	assert_int_equal(put(name, "x", (struct aa_replace){0}), -ENAMETOOLONG);
	name[256] = 0;
	assert_int_equal(put(name, "x", (struct aa_replace){0}), -ENAMETOOLONG);
	assert_int_equal(files(), 0);
}
