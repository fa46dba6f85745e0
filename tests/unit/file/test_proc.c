/* SPDX-License-Identifier: Apache-2.0 */
/* test_proc.c: the small files of /proc, of which one that cannot be read is told from one that says nothing. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/proc.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

static int folder(void)
{
	int fd = open(test_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* What both readers make of a loginuid with this text. */
static uint32_t number_in(const char *text)
{
	uint32_t value = 1;
	char path[128];
	int dir = folder();

	snprintf(path, sizeof(path), "%s/loginuid", test_dir);
	support_write_file(path, text, strlen(text));
	assert_int_equal(aa_proc_id(dir, "loginuid", &value), 0);
	assert_int_equal(aa_proc_u32(dir, "loginuid"), value);
	close(dir);
	return value;
}

TEST(a_number_is_read_with_its_line_end_or_without, folder)
{
	assert_int_equal(number_in("70007"), 70007);
	assert_int_equal(number_in("70007\n"), 70007);
	assert_int_equal(number_in("0"), 0);
}

TEST(what_is_no_number_or_nothing_says_that_none_is_set, folder)
{
	assert_int_equal(number_in("4294967295"), UINT32_MAX);
	assert_int_equal(number_in(""), UINT32_MAX);
	assert_int_equal(number_in("\n"), UINT32_MAX);
	assert_int_equal(number_in("-1"), UINT32_MAX);
	assert_int_equal(number_in("7 8"), UINT32_MAX);
	assert_int_equal(number_in("700000000000000000000000000000000000000"), UINT32_MAX);
}

TEST(a_file_that_cannot_be_read_is_an_error_for_who_asks, folder)
{
	uint32_t value = 1;
	char text[8] = "x";
	int dir = folder();

	assert_int_equal(aa_proc_id(dir, "not-there", &value), -ENOENT);
	assert_int_equal(value, UINT32_MAX);
	assert_int_equal(aa_proc_u32(dir, "not-there"), UINT32_MAX);
	assert_int_equal(mkdirat(dir, "folder", 0700), 0);
	assert_int_equal(aa_proc_id(dir, "folder", &value), -EISDIR);
	assert_int_equal(aa_proc_text(dir, "folder", text, sizeof(text)), -EISDIR);
	assert_string_equal(text, "");
	close(dir);
}

/* A process that has ended, or that is hidden, is gone; one that could not be looked at may run on. */
TEST(what_could_not_be_looked_at_is_not_gone, folder)
{
	assert_true(aa_proc_is_unseen(-EMFILE));
	assert_true(aa_proc_is_unseen(-ENOMEM));
	assert_false(aa_proc_is_unseen(-ENOENT));
	assert_false(aa_proc_is_unseen(-ESRCH));
	assert_false(aa_proc_is_unseen(0));
}
