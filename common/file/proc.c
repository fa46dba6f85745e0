/* SPDX-License-Identifier: Apache-2.0 */
/* proc.c: reads the small files of /proc. */
#include "config.h"

#include "common/file/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/text/number.h"

ssize_t aa_proc_text(int dir, const char *path, char *buf, size_t cap)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = fd < 0 ? -errno : 0;

	if (fd >= 0)
		while ((n = read(fd, buf, cap - 1)) < 0 && errno == EINTR)
			;
	if (fd >= 0 && n < 0)
		n = -errno;
	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n;
}

int aa_proc_id(int dir, const char *path, uint32_t *ret)
{
	char text[32];
	ssize_t n = aa_proc_text(dir, path, text, sizeof(text));

	*ret = UINT32_MAX;
	if (n < 0)
		return (int)n;
	text[strcspn(text, "\n")] = '\0'; /* Linux writes none here, other kernels may */
	if (!aa_number_id(text, ret))
		*ret = UINT32_MAX;
	return 0;
}

uint32_t aa_proc_u32(int dir, const char *path)
{
	uint32_t value;

	(void)aa_proc_id(dir, path, &value);
	return value;
}

bool aa_proc_is_unseen(int err)
{
	return err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -EIO || err == -EINTR;
}

/* Reads the fields 3, 4, 7, 20 and 22 of proc(5). Field 2, the command in brackets, may hold anything, but its end is
 * the last bracket. */
static bool parse_stat(const char *text, struct aa_proc_stat *ret)
{
	const char *at = strrchr(text, ')');
	struct aa_proc_stat stat = {.ppid = 0};
	char state;
	int ppid, tty;
	long threads;

	if (!at ||
	    sscanf(at + 1,
		   " %c %d %*d %*d %d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld %*d %" SCNu64,
		   &state, &ppid, &tty, &threads, &stat.start) < 5)
		return false;
	stat.ppid = ppid;
	stat.tty = (unsigned)tty;
	/* A process whose first thread has ended looks dead, and its other threads run. */
	stat.dead = (state == 'Z' || state == 'X') && threads <= 1;
	*ret = stat;
	return true;
}

int aa_proc_stat(int dir, pid_t pid, struct aa_proc_stat *ret)
{
	char path[32] = "stat", text[1024];
	ssize_t n;

	if (dir == AT_FDCWD)
		(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	n = aa_proc_text(dir, path, text, sizeof(text));
	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int)n;
	return parse_stat(text, ret) ? 0 : -EBADMSG;
}

pid_t aa_proc_next(DIR *proc)
{
	struct dirent *entry;

	for (errno = 0; (entry = readdir(proc)); errno = 0) {
		int64_t pid;

		if (aa_number_parse(entry->d_name, 1, INT32_MAX, &pid))
			return (pid_t)pid;
	}
	return -errno;
}
