/* SPDX-License-Identifier: Apache-2.0 */
/* stamp.h: tells whether a file is still the one that was read. */
#ifndef AGENTAUTH_FILE_STAMP_H
#define AGENTAUTH_FILE_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* A change of a file's bytes, its owner or its mode changes its ctime, and another file has another number. All zero:
 * there is no such file. There is no padding, since stamps are compared as bytes. */
struct aa_stamp {
	uint64_t dev, ino, size;
	int64_t mtime, ctime; /* nanoseconds since 1970 */
};

struct aa_stamp aa_stamp_of(const struct stat *st);

/* Takes the stamp of a file: a symbolic link at the end of `path` is not followed unless `follow`. 0 or a negative
 * errno; an absent file is 0 and a stamp of zeros. errno is left as it was. */
int aa_stamp_path(const char *path, bool follow, struct aa_stamp *ret);

bool aa_stamp_equal(const struct aa_stamp *a, const struct aa_stamp *b);

/* Says whether the file has been left alone for so long at `now` (nanoseconds since 1970) that a further change would
 * give it another ctime: the kernel's clock for that may stand still for 10 ms, a file server's for longer. */
bool aa_stamp_is_settled(const struct aa_stamp *stamp, int64_t now);

#endif
