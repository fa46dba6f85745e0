/* SPDX-License-Identifier: Apache-2.0 */
/* test_generation.c: only what can be believed is opened, and "there is none" is told apart from "cannot be
 * told". */
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
#include "common/registry/generation.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

struct fixture {
	char *dir, path[256], gen[256];
};

static int setup(void **state)
{
	static const struct support_registry none = {0};
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	(void)test_dir_setup(state);
	f->dir = test_dir;
	support_publish(f->dir, 7, &none);
	snprintf(f->path, sizeof(f->path), "%s/current", f->dir);
	snprintf(f->gen, sizeof(f->gen), "%s/generations/7", f->dir);
	errno = 1234;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return test_dir_teardown(state);
}

FIXTURE(here, setup, teardown);

static int opens(const char *statedir, uid_t owner)
{
	int fd = -1, r = aa_generation_open(statedir, owner, &fd);

	if (r == 0) {
		assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
		close(fd);
	} else {
		assert_int_equal(fd, -1);
	}
	return r;
}

TEST(the_reader_opens_the_published_generation, here)
{
	struct fixture *f = *state;
	uint32_t number = 0;

	assert_int_equal(opens(f->dir, getuid()), 0);
	assert_int_equal(aa_generation_number(f->dir, &number), 0);
	assert_int_equal(number, 7);
	assert_int_equal(errno, 1234);
}

TEST(the_reader_says_that_there_is_none, here)
{
	struct fixture *f = *state;
	uint32_t number = 99;

	assert_int_equal(opens(f->dir, getuid()), 0);
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(opens(f->dir, getuid()), -ENOENT);
	assert_int_equal(aa_generation_number(f->dir, &number), -ENOENT);
	assert_int_equal(opens("/nonexistent/agentauth", getuid()), -ENOENT);
	assert_int_equal(number, 99);
	assert_int_equal(errno, 1234);
}

TEST(the_reader_calls_a_link_to_nothing_damage, here)
{
	struct fixture *f = *state;

	assert_int_equal(opens(f->dir, getuid()), 0);
	support_point_current(f->dir, "generations/8");
	errno = 1234;
	assert_int_equal(opens(f->dir, getuid()), -EBADMSG);
	assert_int_equal(errno, 1234);
}

TEST(the_reader_calls_a_link_to_elsewhere_damage, here)
{
	static const char *const bad[] = {
	    "generations/",
	    "generations/0",
	    "generations/07",
	    "generations/7/",
	    "generations/7x",
	    "generations/-7",
	    "generations/ 7",
	    "generations/+7",
	    "generations/4294967296",
	    "generations/99999999999999999999999999",
	    "../generations/7",
	    "./generations/7",
	    "generations//7",
	    "generation/7",
	    "7",
	    "/",
	    "generations/7777777777777777777777777777777777777777777777777777777777777"};
	struct fixture *f = *state;
	uint32_t number = 99;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		support_point_current(f->dir, bad[i]);
		assert_int_equal(aa_generation_number(f->dir, &number), -EBADMSG);
		assert_int_equal(opens(f->dir, getuid()), -EBADMSG);
	}
	assert_int_equal(number, 99);
	support_point_current(f->dir, "generations/4294967295");
	assert_int_equal(aa_generation_number(f->dir, &number), 0);
	assert_int_equal(number, UINT32_MAX);
	support_point_current(f->dir, "generations/7");
	assert_int_equal(opens(f->dir, getuid()), 0);
}

TEST(the_reader_calls_a_current_that_is_no_link_damage, here)
{
	struct fixture *f = *state;
	uint32_t number;

	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(mkdir(f->path, 0755), 0);
	assert_int_equal(opens(f->dir, getuid()), -EBADMSG);
	assert_int_equal(aa_generation_number(f->dir, &number), -EBADMSG);
}

TEST(the_reader_refuses_directories_that_others_can_write_to, here)
{
	struct fixture *f = *state;
	const char *dirs[] = {f->dir, f->gen};

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(chmod(dirs[i], 0775), 0);
		assert_int_equal(opens(f->dir, getuid()), -EPERM);
		assert_int_equal(chmod(dirs[i], 0757), 0);
		assert_int_equal(opens(f->dir, getuid()), -EPERM);
		assert_int_equal(chmod(dirs[i], 0755), 0);
		assert_int_equal(opens(f->dir, getuid()), 0);
	}
}

/* As root the files can be given away; without root it is the other way round: they are not the owner's. */
TEST(the_reader_refuses_what_somebody_else_owns, here)
{
	struct fixture *f = *state;
	char file[PATH_MAX];
	size_t size;
	int fd;

	snprintf(file, sizeof(file), "%s/%s", f->gen, AA_ACCOUNTS_FILE);
	if (getuid() != 0) {
		assert_int_equal(opens(f->dir, getuid() + 1), -EPERM);
		assert_int_equal(aa_trusted_open(AT_FDCWD, file, getuid() + 1, &fd, &size), -EPERM);
		return;
	}
	assert_int_equal(chown(f->gen, 65534, 65534), 0);
	assert_int_equal(opens(f->dir, 0), -EPERM);
	assert_int_equal(opens(f->dir, 65534), 0);
	assert_int_equal(chown(file, 65534, 65534), 0);
	assert_int_equal(aa_trusted_open(AT_FDCWD, file, 0, &fd, &size), -EPERM);
	assert_int_equal(aa_trusted_open(AT_FDCWD, file, 65534, &fd, &size), 0);
	close(fd);
}

static int opens_file(const char *path)
{
	size_t size = 99;
	int fd = -1, r = aa_trusted_open(AT_FDCWD, path, getuid(), &fd, &size);

	if (r == 0) {
		assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
		assert_int_equal(size, 5);
		close(fd);
	} else {
		assert_int_equal(fd, -1);
		assert_int_equal(size, 99);
	}
	return r;
}

TEST(the_reader_opens_regular_files_that_nobody_else_writes, here)
{
	struct fixture *f = *state;
	char file[PATH_MAX], other[PATH_MAX];

	snprintf(file, sizeof(file), "%s/file", f->dir);
	snprintf(other, sizeof(other), "%s/other", f->dir);
	assert_int_equal(opens_file(file), -ENOENT);
	support_write_file(file, "12345", 5);
	assert_int_equal(opens_file(file), 0);
	assert_int_equal(chmod(file, 0664), 0);
	assert_int_equal(opens_file(file), -EPERM);
	assert_int_equal(chmod(file, 0646), 0);
	assert_int_equal(opens_file(file), -EPERM);
	assert_int_equal(chmod(file, 0600), 0);
	assert_int_equal(opens_file(file), 0);
	assert_int_equal(symlink("file", other), 0);
	assert_int_equal(opens_file(other), -ELOOP);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(mkfifo(other, 0600), 0);
	assert_int_equal(opens_file(other), -EBADMSG); /* and at once */
	assert_int_equal(opens_file(f->dir), -EBADMSG);
	assert_int_equal(opens_file("/dev/null"), -EBADMSG);
	assert_int_equal(errno, 1234);
}

TEST(the_reader_leaves_no_descriptor_behind, here)
{
	struct fixture *f = *state;
	int before = dup(0), after;

	close(before);
	for (int i = 0; i < 10; i++) {
		opens(f->dir, getuid());
		opens_file("/dev/null");
		support_point_current(f->dir, i % 2 ? "generations/7" : "generations/8");
	}
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

TEST(joins_paths_within_the_buffer, here)
{
	char buf[8] = "", number[AA_GENERATION_PATH_MAX];

	assert_int_equal(aa_path_join(buf, sizeof(buf), "/a", "bcde"), 0);
	assert_string_equal(buf, "/a/bcde");
	assert_int_equal(aa_path_join(buf, sizeof(buf), "/a", "bcdef"), -ENAMETOOLONG);
	aa_generation_path(number, UINT32_MAX);
	assert_string_equal(number, "generations/4294967295");
	aa_generation_path(number, 10);
	assert_string_equal(number, "generations/10");
}
