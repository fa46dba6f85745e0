/* SPDX-License-Identifier: Apache-2.0 */
/* conf_text.h: the text of a configuration file is read only where nobody but root can have written it (THREATS 40), and
 * written so that a reader sees the old text or the new one and nothing between. */
#ifndef AGENTAUTHCTL_CONF_TEXT_H
#define AGENTAUTHCTL_CONF_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/file/stamp.h"
#include "tools/cli/problems.h"

#define CONF_TEXT_MAX (1024 * 1024)

struct conf_text {
	char *path;  /* for messages */
	char *bytes; /* `len` bytes, then a line feed (libconfig wants one behind a last comment) and a zero
			byte */
	size_t len;
	size_t cap;
	struct aa_stamp stamp; /* of the file that was read; all zero: the text is of no file */
};

void conf_text_free(struct conf_text *text);
/* Takes over a copy of `len` bytes, under the name `path`. */
void conf_text_set(struct conf_text *text, const char *path, const char *bytes, size_t len);

/* Opens the directory (an absolute path) that configuration is read from. That directory and all above must be owned by
 * root or `owner` and writable by nobody else; a sticky directory of root's such as /tmp may stand above. -1: reported. */
int conf_dir_open(const char *path, uid_t owner, struct problems *problems, int *ret_fd);

/* Reads dirfd/name, whose path for messages is dir/name. *text may hold an earlier text, whose memory is used again.
 * Returns 0, or -ENOENT, which is not reported, or -1: reported, as no regular file, of a foreign owner, writable by
 * others, over 1 MiB, or with a NUL. */
int conf_text_read(int dirfd, const char *dir, const char *name, uid_t owner, struct problems *problems,
		   struct conf_text *text);

/* Writes a new file beside dirfd/name, syncs it and renames it into place. An existing file's owner and mode are kept, a
 * new one is root's (the caller's) with 0640. Returns a negative errno on failure, and the old text is then still there. */
int conf_text_write(int dirfd, const char *name, const char *bytes, size_t len);
/* Does the same without the sync, for many files, after the last of which the caller syncs the file system. */
int conf_text_write_unsynced(int dirfd, const char *name, const char *bytes, size_t len);

#endif
