/* SPDX-License-Identifier: Apache-2.0 */
/* stamp.c: tells whether a file is still the one that was read. */
#include "common/file/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define SECOND INT64_C(1000000000)
#define SETTLED_AFTER (2 * SECOND)

static int64_t nanoseconds(struct timespec t)
{
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

struct aa_stamp aa_stamp_of(const struct stat *st)
{
	struct aa_stamp stamp = {
	    .dev = (uint64_t)st->st_dev,
	    .ino = (uint64_t)st->st_ino,
	    .size = (uint64_t)st->st_size,
	    .mtime = nanoseconds(st->st_mtim),
	    .ctime = nanoseconds(st->st_ctim),
	};

	return stamp;
}

int aa_stamp_path(const char *path, bool follow, struct aa_stamp *ret)
{
	int saved = errno, r = 0;
	struct stat st;

	if (fstatat(AT_FDCWD, path, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0)
		*ret = aa_stamp_of(&st);
	else if (errno == ENOENT)
		memset(ret, 0, sizeof(*ret));
	else
		r = -errno;
	errno = saved;
	return r;
}

bool aa_stamp_equal(const struct aa_stamp *a, const struct aa_stamp *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool aa_stamp_is_settled(const struct aa_stamp *stamp, int64_t now)
{
	return stamp->ctime <= now - SETTLED_AFTER;
}
