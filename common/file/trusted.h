/* SPDX-License-Identifier: Apache-2.0 */
/* trusted.h: opens the files and folders that are going to be believed, and those of our own that are written to.
 *
 * Every function answers 0 or a negative errno value, logs nothing and leaves errno as it was. -EPERM: others could
 * have written it; -EBADMSG: it is no regular file, or no folder.
 */
#ifndef AGENTAUTH_FILE_TRUSTED_H
#define AGENTAUTH_FILE_TRUSTED_H

#include <stddef.h>
#include <sys/types.h>

#include "common/file/stamp.h"

/* Opens a regular file below `dirfd` for reading: no symbolic link, no FIFO, owned by uid 0 or by `owner`, not
 * writable by group or others. A file that is going to be believed is opened in no other way. */
int aa_trusted_open(int dirfd, const char *name, uid_t owner, int *ret_fd, size_t *ret_size);
/* Opens and reads such a file whole, of `max` bytes at the most (-EFBIG). *ret is from malloc(), with a zero behind the
 * bytes. */
int aa_trusted_read(int dirfd, const char *name, uid_t owner, size_t max, char **ret, size_t *ret_len);
/* Opens a file of our own for writing, makes it where there is none (`flags` with O_CREAT, mode 0600), and follows the same
 * rule: a link, a FIFO or a second name that somebody put there is not written to. `forbidden`: the mode bits that it must
 * not have. An O_CLOEXEC descriptor or a negative errno. */
int aa_trusted_open_own(int dirfd, const char *name, int flags, mode_t forbidden, uid_t owner);
/* Opens a regular file likewise, for a caller that will ask later whether it is still that file. */
int aa_trusted_open_stamped(int dirfd, const char *name, uid_t owner, int *ret_fd,
			    struct aa_stamp *ret_stamp);
/* Opens a folder, O_CLOEXEC, under the same rule. `flags` may be O_NOFOLLOW. */
int aa_trusted_open_folder(int dirfd, const char *name, int flags, uid_t owner, int *ret_fd);

/* Writes dir/name into buf, or answers -ENAMETOOLONG. `dir` may be buf itself. */
int aa_path_join(char *buf, size_t size, const char *dir, const char *name);

#endif
