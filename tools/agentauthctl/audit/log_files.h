/* SPDX-License-Identifier: Apache-2.0 */
/* log_files.h: opens the audit log, or the log of programs beside it, with all that was turned away from it (audit.jsonl-DATE, audit.jsonl.1.gz), the
 * oldest first, and reads it line by line in constant memory. */
#ifndef AGENTAUTHCTL_LOG_FILES_H
#define AGENTAUTHCTL_LOG_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tools/agentauthctl/audit/log_file.h"
#include "tools/cli/problems.h"

/* The two logs of a host, of decisions and of programs, are chained alike. */
struct log_name {
	const char *file, *head;
};
extern const struct log_name log_decisions, log_programs;

/* Opens all files of a log; `by_index`: what tells their order may be taken from the index. What cannot be opened or believed is reported, and left out: false. No log at all is no failure. */
bool log_files_open(const char *logdir, const struct log_name *log, uid_t owner, struct problems *problems,
		    bool by_index, struct log_files *ret);
void log_files_close(struct log_files *files);

struct log_line {
	const char *text; /* of the reader, until the next line; a zero stands behind it */
	size_t len;	  /* without the line feed */
	uint64_t number;  /* in its file, from 1; 0: the reading began in the middle */
	uint64_t offset,
	    next; /* in the file's text, unpacked: where it begins, and where the next one does */
};

struct log_reader {
	const struct log_file *file;
	int fd;
	pid_t unpacker; /* 0: none */
	char *buf;
	size_t begin, end;
	uint64_t at;	 /* the offset of buf[begin] in the file's text */
	uint64_t stop;	 /* where the reading ends */
	uint64_t number; /* of the last line */
	bool in_middle;
	bool over;		    /* nothing is left but what the buffer holds */
	const char *failed;	    /* why not all can be read; NULL: nothing has failed */
	void (*filled)(void *data); /* is called now and then, for a progress; NULL: is not */
	void *data;
};

/* Begins with the file's first line. log_reader_end() in any case. */
bool log_reader_begin(struct log_reader *reader, const struct log_file *file);
/* Goes to the first line that begins at `offset` or behind it. Of a file that is not packed. */
void log_reader_seek(struct log_reader *reader, uint64_t offset);
/* Goes to the line that begins at `from`, and ends before the one at `to`. Of a packed file forward alone. */
void log_reader_range(struct log_reader *reader, uint64_t from, uint64_t to);
/* Gives the next line. A line of more than 1 MiB, which no writer of ours writes, comes in pieces. */
bool log_reader_next(struct log_reader *reader, struct log_line *ret);
/* Gives the next line that has this text in it; lines are not numbered from then on. */
bool log_reader_find(struct log_reader *reader, const char *text, struct log_line *ret);
/* Says how many bytes of the file, as it stands on the disk, are through. */
uint64_t log_reader_done(const struct log_reader *reader);
/* Returns why not all could be read ("it is damaged"); NULL: all was. */
const char *log_reader_end(struct log_reader *reader);

#endif
