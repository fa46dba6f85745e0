/* SPDX-License-Identifier: Apache-2.0 */
/* test_folder.c: a folder of ours is opened where it is one, and nowhere else. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

static const char *in_dir(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", test_dir, name);
	return path;
}

TEST(folder_opens_a_folder_and_passes_it_to_no_program, folder)
{
	int fd;

	assert_int_equal(mkdir(in_dir("sub"), 0700), 0);
	fd = aa_folder_open(test_dir, "sub");
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
}

TEST(folder_makes_what_is_not_there_and_keeps_what_is, folder)
{
	static const char *const names[] = {"a", "a/b"};
	char base[PATH_MAX];
	struct stat st;

	snprintf(base, sizeof(base), "%s/base", test_dir);
	assert_int_equal(aa_folder_make(base, names, 2), 0);
	assert_int_equal(stat(in_dir("base/a/b"), &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	support_write_file(in_dir("base/a/b/kept"), "x", 1);
	assert_int_equal(aa_folder_make(base, names, 2), 0);
	assert_int_equal(access(in_dir("base/a/b/kept"), F_OK), 0);
	assert_int_equal(aa_folder_make(in_dir("not/there"), names, 2), -ENOENT);
}

TEST(folder_opens_neither_a_link_nor_a_file_nor_what_is_not_there, folder)
{
	assert_int_equal(mkdir(in_dir("sub"), 0700), 0);
	assert_int_equal(symlink("sub", in_dir("link")), 0);
	assert_int_equal(aa_folder_open(test_dir, "link"), -ENOTDIR);
	support_write_file(in_dir("file"), "x", 1);
	assert_int_equal(aa_folder_open(test_dir, "file"), -ENOTDIR);
	assert_int_equal(aa_folder_open(test_dir, "none"), -ENOENT);
}

TEST(folder_refuses_a_path_that_is_too_long, folder)
{
	char name[PATH_MAX];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	assert_int_equal(aa_folder_open(test_dir, name), -ENAMETOOLONG);
}

TEST(syncs_what_is_there, folder)
{
	int fd = open(test_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(mkdir(in_dir("sub"), 0700), 0);
	assert_int_equal(aa_folder_sync(fd, "sub"), 0);
	assert_int_equal(aa_folder_sync(fd, "."), 0);
	assert_int_equal(aa_folder_sync(fd, "none"), -ENOENT);
	close(fd);
}
