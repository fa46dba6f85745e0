/* SPDX-License-Identifier: Apache-2.0 */
/* test_trusted.c: a file is believed, and written to, only where nobody else could have put it there. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

static const char *in_dir(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", test_dir, name);
	return path;
}

static int read_file(size_t max, char **ret)
{
	size_t len = 0;
	int r = aa_trusted_read(AT_FDCWD, in_dir("file"), geteuid(), max, ret, &len);

	if (r == 0)
		assert_int_equal(len, strlen(*ret));
	return r;
}

TEST(a_file_is_read_whole_or_not_at_all, folder)
{
	char *text = NULL;

	assert_int_equal(read_file(5, &text), -ENOENT);
	support_write_file(in_dir("file"), "hello", 5);
	assert_int_equal(read_file(4, &text), -EFBIG);
	assert_null(text);
	assert_int_equal(read_file(5, &text), 0);
	assert_string_equal(text, "hello");
	free(text);
}

TEST(a_file_that_others_could_have_written_is_not_read, folder)
{
	char *text = NULL;

	support_write_file(in_dir("file"), "hello", 5);
	assert_int_equal(chmod(in_dir("file"), 0662), 0);
	assert_int_equal(read_file(5, &text), -EPERM);
	assert_int_equal(chmod(in_dir("file"), 0640), 0);
	assert_int_equal(read_file(5, &text), 0);
	free(text);
}

static int open_own(const char *name, mode_t forbidden)
{
	int fd = aa_trusted_open_own(AT_FDCWD, in_dir(name), O_RDWR | O_CREAT, forbidden, geteuid());

	if (fd < 0)
		return fd;
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
	return 0;
}

TEST(a_file_of_our_own_is_made_and_opened_again, folder)
{
	struct stat st;

	assert_int_equal(open_own("file", 077), 0);
	assert_int_equal(stat(in_dir("file"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(open_own("file", 077), 0);
	assert_int_equal(chmod(in_dir("file"), 0640), 0);
	assert_int_equal(open_own("file", 077), -EPERM);
	assert_int_equal(open_own("file", 022), 0);
}

TEST(what_somebody_put_there_is_not_written_to, folder)
{
	char target[PATH_MAX];

	support_write_file(in_dir("other"), "x", 1);
	snprintf(target, sizeof(target), "%s", in_dir("other"));
	assert_int_equal(symlink(target, in_dir("link")), 0);
	assert_int_equal(open_own("link", 022), -ELOOP);
	assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
	assert_int_equal(open_own("fifo", 022), -EPERM);
	assert_int_equal(open_own("other", 022), 0);
	assert_int_equal(link(target, in_dir("second-name")), 0);
	assert_int_equal(open_own("other", 022), -EPERM);
}
