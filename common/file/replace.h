/* SPDX-License-Identifier: Apache-2.0 */
/* replace.h: writes a file whole, so that a reader sees all of it or the file that was there before.
 *
 * Every function answers 0 or a negative errno value. After a failure the old file stands, and nothing is left beside
 * it.
 */
#ifndef AGENTAUTH_FILE_REPLACE_H
#define AGENTAUTH_FILE_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct aa_replace {
	mode_t mode; /* whatever the umask; 0: 0600 */
	/* owner, group, mode and extended attributes (ACL, label) are those of the file that is replaced, where there is
	 * one, or of the file with this path */
	bool keep_owner;
	const char *like;
	bool only_new; /* -EEXIST where there is a file already, so that of two writers one succeeds */
	bool synced;   /* the bytes and the name are on the disk when the function answers */
	bool locked;   /* a lock keeps other writers away: the file beside is .NAME.new, and not .NAME.PID */
	const struct timespec *mtime; /* NULL: the time of writing */
};

/* Writes `len` bytes to a new file beside `name`, which is relative to `dirfd`, and gives it that name. */
int aa_replace(int dirfd, const char *name, const char *bytes, size_t len, const struct aa_replace *how);

/* Removes what a writer with a lock that was killed has left beside `name`. */
void aa_replace_forget(int dirfd, const char *name);

/* Makes a file with these bytes, synced, that nothing reads yet. -EEXIST where there is one. A file that could not be
 * written whole is removed again. */
int aa_replace_create(int dirfd, const char *name, const char *bytes, size_t len, mode_t mode);

#endif
