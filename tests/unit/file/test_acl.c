/* SPDX-License-Identifier: Apache-2.0 */
/* test_acl.c: an ACL gives one user what it says, and nobody else more than before. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/posix_acl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/acl.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

#define AGENT 70001
#define OTHER 70002

static mode_t mode_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_mode & 07777;
}

TEST(acl_of_a_mode_names_nobody)
{
	struct aa_acl acl;

	aa_acl_of_mode(&acl, 0751);
	assert_int_equal(acl.n, 3);
	assert_int_equal(aa_acl_group(&acl), 5);
	assert_int_equal(aa_acl_user(&acl, AGENT), -1);
	assert_false(aa_acl_names_others(&acl, AGENT));
}

TEST(acl_grant_and_take_leave_what_was_there)
{
	struct aa_acl before, acl;

	aa_acl_of_mode(&before, 0644);
	acl = before;
	assert_true(aa_acl_grant(&acl, AGENT, 6));
	assert_int_equal(aa_acl_user(&acl, AGENT), 6);
	assert_int_equal(aa_acl_group(&acl), 4);
	assert_true(aa_acl_names_others(&acl, OTHER));
	assert_false(aa_acl_names_others(&acl, AGENT));
	assert_false(aa_acl_take(&acl, OTHER));
	assert_true(aa_acl_take(&acl, AGENT));
	assert_true(aa_acl_equal(&acl, &before));
}

TEST(acl_grant_gives_nobody_else_what_the_mask_held_back)
{
	struct aa_acl acl;

	aa_acl_of_mode(&acl, 0640);
	assert_true(aa_acl_grant(&acl, OTHER, 7));
	/* chmod g=r is a change of the mask. */
	for (size_t i = 0; i < acl.n; i++)
		if (acl.v[i].tag == ACL_MASK)
			acl.v[i].perm = 4;
	assert_int_equal(aa_acl_user(&acl, OTHER), 4);
	assert_true(aa_acl_grant(&acl, AGENT, 7));
	assert_int_equal(aa_acl_user(&acl, AGENT), 7);
	assert_int_equal(aa_acl_user(&acl, OTHER), 4);
	assert_true(aa_acl_take(&acl, AGENT));
	assert_int_equal(aa_acl_user(&acl, OTHER), 4);
}

TEST(acl_with_no_room_is_refused)
{
	struct aa_acl acl;
	uid_t uid = AGENT;

	aa_acl_of_mode(&acl, 0644);
	while (aa_acl_grant(&acl, uid, 4))
		uid++;
	assert_int_equal(uid - AGENT, AA_ACL_MAX - 4);
}

TEST(acl_is_written_and_read_by_a_descriptor_that_opens_nothing, folder)
{
	struct aa_acl acl, read;
	int dir = open(test_dir, O_PATH | O_CLOEXEC), fd = openat(dir, "file", O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(aa_acl_read(fd, 0644, &acl), 0);
	assert_true(aa_acl_grant(&acl, AGENT, 6));
	if (aa_acl_write(fd, &acl) == -EOPNOTSUPP)
		return; /* the folder for temporary files keeps none, and the stories have one that does */
	assert_int_equal(mode_of(fd), 0664);
	assert_int_equal(aa_acl_read(fd, 0664, &read), 0);
	assert_true(aa_acl_equal(&read, &acl));
	assert_true(aa_acl_take(&read, AGENT));
	assert_int_equal(aa_acl_write(fd, &read), 0);
	assert_int_equal(mode_of(fd), 0644);
	close(fd);
	assert_int_equal(aa_acl_read_default(dir, &read), 0);
	assert_int_equal(read.n, 0);
	assert_int_equal(aa_acl_write_default(dir, &acl), 0);
	assert_int_equal(aa_acl_read_default(dir, &read), 0);
	assert_true(aa_acl_equal(&read, &acl));
	read.n = 0;
	assert_int_equal(aa_acl_write_default(dir, &read), 0);
	assert_int_equal(aa_acl_write_default(dir, &read), 0);
	close(dir);
}
