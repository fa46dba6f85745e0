/* SPDX-License-Identifier: Apache-2.0 */
/* audit_begun.c: remembers that a log was begun. */
#include "config.h"

#include "common/state/audit_begun.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"

#define NAME "state/audit-begun"

static int open_note(const char *statedir, int flags, uid_t owner)
{
	char path[PATH_MAX];
	int r = aa_path_join(path, sizeof(path), statedir, NAME);

	return r < 0 ? r : aa_trusted_open_own(AT_FDCWD, path, flags, 022, owner);
}

bool aa_audit_begun(const char *statedir, const char *logdir, uid_t owner)
{
	char text[PATH_MAX];
	int fd = open_note(statedir, O_RDONLY, owner);
	ssize_t n;

	if (fd < 0)
		return false;
	n = pread(fd, text, sizeof(text), 0);
	close(fd);
	return n == (ssize_t)strlen(logdir) && memcmp(text, logdir, (size_t)n) == 0;
}

void aa_audit_begun_note(const char *statedir, const char *logdir, uid_t owner)
{
	int fd = open_note(statedir, O_WRONLY | O_CREAT | O_TRUNC, owner);

	if (fd < 0)
		return;
	(void)!write(fd, logdir, strlen(logdir));
	close(fd);
}
