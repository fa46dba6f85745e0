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

struct aa_proc_stat {
	pid_t ppid;
	uint64_t start; /* clock ticks since boot */
	unsigned tty;	/* device number; 0: none */
	bool dead;	/* none of its threads runs: it waits for its parent */
};

/* Reads PID/stat of this process, from `dir`, which is /proc/PID; AT_FDCWD: by its whole path. 0, -ESRCH, or another
 * negative errno. */
int aa_proc_stat(int dir, pid_t pid, struct aa_proc_stat *ret);

/* Gives the next process in a directory that was opened as /proc; 0: there is no more. */
pid_t aa_proc_next(DIR *proc);

#endif
