/* SPDX-License-Identifier: Apache-2.0 */
/* audit_unwritten.c: counts the lines that the audit log could not take. */
#include "config.h"

#include "common/state/audit_unwritten.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/trusted.h"

#define NAME "audit.unwritten"

static int open_count(const char *rundir, uid_t owner, int flags)
{
	char path[PATH_MAX];
	int r = aa_path_join(path, sizeof(path), rundir, NAME);

	return r < 0 ? r : aa_trusted_open_own(AT_FDCWD, path, flags, 022, owner);
}

void aa_audit_unwritten_add(const char *rundir, uid_t owner, int64_t time_us)
{
	int fd = open_count(rundir, owner, O_WRONLY | O_CREAT | O_APPEND);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && st.st_size < (off_t)(AA_UNWRITTEN_MAX * sizeof(time_us)))
		(void)!write(fd, &time_us, sizeof(time_us));
	close(fd);
}

bool aa_audit_unwritten_read(const char *rundir, uid_t owner, struct aa_unwritten *ret)
{
	int fd = open_count(rundir, owner, O_RDONLY);
	struct aa_unwritten found;
	const off_t each = sizeof(found.first_us);
	struct stat st;
	bool any;

	if (fd < 0)
		return false;
	any = fstat(fd, &st) == 0 && st.st_size >= each &&
	      pread(fd, &found.first_us, sizeof(found.first_us), 0) == each &&
	      pread(fd, &found.last_us, sizeof(found.last_us), (st.st_size / each - 1) * each) == each;
	close(fd);
	if (!any)
		return false;
	found.count = (uint64_t)(st.st_size / each);
	*ret = found;
	return true;
}

void aa_audit_unwritten_forget(const char *rundir)
{
	char path[PATH_MAX];

	if (aa_path_join(path, sizeof(path), rundir, NAME) == 0)
		(void)unlink(path);
}
