/* SPDX-License-Identifier: Apache-2.0 */
/* log_file.h: a file of the audit log, opened, and all of them. */
#ifndef AGENTAUTHCTL_LOG_FILE_H
#define AGENTAUTHCTL_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct log_name; /* log_files.h */

struct log_file {
	char *path;
	int fd;
	uint64_t size; /* when it was opened; what comes later is not read */
	int64_t mtime; /* in nanoseconds */
	uint64_t inode;
	bool is_current; /* it is being written to */
	uint64_t first_seq;
	char first_time[32];
	bool anew;		 /* it begins with seq 1, after nothing */
	unsigned era;		 /* how many files that begin anew are not after it */
	const char *unpacked_by; /* NULL: the file is not packed */
};

struct log_files {
	const struct log_name *log;
	struct log_file *v;
	size_t n, cap;
	uint64_t size; /* of all of them, as they stand on the disk */
	uid_t owner;
	int index_fd; /* of the folder of the index; -1: there is none, or it is not to be used */
};

#endif
