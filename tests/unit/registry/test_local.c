/* SPDX-License-Identifier: Apache-2.0 */
/* test_local.c: a name or an id that passwd or group knows is seen, wherever in the file it stands. */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/registry/accounts.h"
#include "common/registry/local.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

static char path[PATH_MAX];

static int setup(void **state)
{
	(void)test_dir_setup(state);
	snprintf(path, sizeof(path), "%s/passwd", test_dir);
	errno = 1234;
	return 0;
}

FIXTURE(here, setup, test_dir_teardown);

static int has(const char *text, const char *name, uint32_t id)
{
	int r;

	support_write_file(path, text, strlen(text));
	r = aa_local_has(path, name, id);
	assert_int_equal(errno, 1234);
	return r;
}

#define PASSWD \
	"root:x:0:0:root:/root:/bin/bash\nbuilder:x:1001:1001::/home/builder:/bin/sh\nlast:x:1002:7::/:/x"

TEST(the_reader_sees_names_and_ids, here)
{
	assert_int_equal(has(PASSWD, "builder", 5000), 1);
	assert_int_equal(has(PASSWD, "other", 1001), 1);
	assert_int_equal(has(PASSWD, "last", 5000), 1); /* its line has no end */
	assert_int_equal(has(PASSWD, "other", 1002), 1);
	assert_int_equal(has(PASSWD, NULL, 1002), 1);
	assert_int_equal(has(PASSWD, "root", 5000), 1);
	assert_int_equal(has(PASSWD, "other", 5000), 0);
	assert_int_equal(has(PASSWD, NULL, 5000), 0);
	assert_int_equal(has("", "other", 5000), 0);
}

TEST(the_reader_is_not_misled_by_parts_and_other_fields, here)
{
	assert_int_equal(has(PASSWD, "build", 5000), 0);
	assert_int_equal(has(PASSWD, "builder2", 5000), 0);
	assert_int_equal(has(PASSWD, "x", 5000), 0);
	assert_int_equal(has(PASSWD, "other", 7), 0);	/* a gid */
	assert_int_equal(has(PASSWD, "other", 100), 0); /* the beginning of a number */
	assert_int_equal(has(PASSWD, "other", 10010), 0);
	assert_int_equal(has("a:x:4294968297:0:\n", "other", 1001), 0); /* 1001 + 2^32 */
	assert_int_equal(has("a:x:18446744073709552617:0:\n", "other", 1001), 0);
	assert_int_equal(has("a:x:1001x:0:\n", "other", 1001), 0);
	assert_int_equal(has("a:x::0:\n", "other", 0), 0);
	assert_int_equal(has("#builder:x:1001x:0:\n", "builder", 5000), 0);
}

TEST(the_reader_reads_numbers_and_blanks_as_libc_does, here)
{
	assert_int_equal(has("a:x:001001:0:\n", "other", 1001), 1);
	assert_int_equal(has("a:x: 1001:0:\n", "other", 1001), 1);
	assert_int_equal(has("a:x:+1001:0:\n", "other", 1001), 1);
	assert_int_equal(has("  builder:x:9:0:\n", "builder", 5000), 1);
	assert_int_equal(has("\n\n\t\nbuilder:x:9:0:\n", "builder", 5000), 1);
	assert_int_equal(has("builder", "builder", 5000), 1); /* a line that is cut short */
}

/* The file is read in blocks: whatever is looked for may lie across the edge of two. */
TEST(the_reader_sees_across_every_block_edge, here)
{
	static const char line[] = "builder:x:1001:1:::\n";
	char text[5000];

	for (size_t at = 4096 - sizeof(line); at <= 4096 + 1; at++) {
		memset(text, 'c', sizeof(text)); /* one long line of junk before it */
		text[at - 1] = '\n';
		memcpy(text + at, line, sizeof(line));
		assert_int_equal(has(text, "builder", 5000), 1);
		assert_int_equal(has(text, "other", 1001), 1);
		assert_int_equal(has(text, "uilder", 5000), 0);
		assert_int_equal(has(text, "other", 1), 0);
	}
}

TEST(the_reader_takes_an_absent_file_for_an_empty_one, here)
{
	assert_int_equal(aa_local_has(path, "root", 0), 0);
	assert_int_equal(errno, 1234);
}

TEST(the_reader_says_when_it_cannot_tell, here)
{
	assert_int_equal(aa_local_has(test_dir, "root", 0), -EBADMSG);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(aa_local_has(path, "root", 0), -EBADMSG); /* and at once */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("passwd", path), 0);
	assert_int_equal(aa_local_has(path, "root", 0), -ELOOP);
	assert_int_equal(errno, 1234);
}
