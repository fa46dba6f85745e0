/* SPDX-License-Identifier: Apache-2.0 */
/* proc.h: reads the small files of /proc, and /proc/PID/stat. Nothing else reads them. libc only. */
#ifndef AGENTAUTH_FILE_PROC_H
#define AGENTAUTH_FILE_PROC_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads a small file whole, and ends it with a zero. `dir`: for a relative path. The length, at most cap - 1; -errno. */
ssize_t aa_proc_text(int dir, const char *path, char *buf, size_t cap);
/* Reads a file that is one number, as loginuid is. UINT32_MAX: the file says that nothing is set, or it cannot be
 * read. */
uint32_t aa_proc_u32(int dir, const char *path);
/* Does the same for who must tell a file that cannot be read: 0 or -errno, and then *ret is UINT32_MAX. */
int aa_proc_id(int dir, const char *path, uint32_t *ret);

/* Says whether the error is not the process's, which has ended or is hidden, but means that it could not be looked at: one that
 * runs on unseen must not count as ended. */
bool aa_proc_is_unseen(int err);

struct aa_proc_stat {
	pid_t ppid;
	uint64_t start; /* clock ticks since boot */
	unsigned tty;	/* device number; 0: none */
	bool dead;	/* none of its threads runs: it waits for its parent */
};

/* Reads PID/stat of this process, from `dir`, which is /proc/PID; AT_FDCWD: by its whole path. 0, -ESRCH, or another
 * negative errno. */
int aa_proc_stat(int dir, pid_t pid, struct aa_proc_stat *ret);

/* Gives the next process in a directory that was opened as /proc; 0: there is no more; a negative errno. */
pid_t aa_proc_next(DIR *proc);

#endif
