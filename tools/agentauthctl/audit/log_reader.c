/* SPDX-License-Identifier: Apache-2.0 */
/* log_reader.c: reads a file of the audit log, packed or not, line by line. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/agentauthctl/audit/log_files.h"
#include "tools/cli/alloc.h"
#include "tools/cli/spawn.h"

#define BUFFER_SIZE (1024 * 1024)

static const char *start_unpacker(struct log_reader *r)
{
	char *program = program_find(r->file->unpacked_by);
	char *const argv[] = {program, (char[]){"-dc"}, NULL};
	const char *why = NULL;

	r->fd = -1;
	r->left = UINT64_MAX;
	if (!program)
		why = "this host lacks the program that unpacks it";
	else if (lseek(r->file->fd, 0, SEEK_SET) == 0)
		r->fd = program_read(argv, r->file->fd, &r->unpacker);
	free(program);
	return r->fd >= 0 ? NULL : why ? why : "the program that unpacks it cannot be run";
}

bool log_reader_begin(struct log_reader *r, const struct log_file *file)
{
	*r = (struct log_reader){
	    .file = file, .fd = file->fd, .buf = xmalloc(BUFFER_SIZE + 1), .left = file->size};
	if (file->unpacked_by)
		r->failed = start_unpacker(r);
	return !r->failed;
}

void log_reader_seek(struct log_reader *r, uint64_t offset)
{
	struct log_line line;

	r->begin = r->end = 0;
	r->over = false;
	r->in_middle = offset > 0;
	/* The byte before tells whether a line begins at the offset. */
	r->left = r->file->size - (offset ? offset - 1 : 0);
	if (offset)
		(void)log_reader_next(r, &line);
}

static ssize_t read_more(const struct log_reader *r, char *to, size_t room)
{
	ssize_t n;

	if (r->left < room)
		room = (size_t)r->left;
	do {
		n = r->unpacker ? read(r->fd, to, room)
				: pread(r->fd, to, room, (off_t)(r->file->size - r->left));
	} while (n < 0 && errno == EINTR);
	return n;
}

static void fill(struct log_reader *r)
{
	ssize_t n;

	memmove(r->buf, r->buf + r->begin, r->end - r->begin);
	r->end -= r->begin;
	r->begin = 0;
	n = read_more(r, r->buf + r->end, BUFFER_SIZE - r->end);
	if (n <= 0) {
		if (n < 0)
			r->failed = strerror(errno);
		else if (!r->unpacker && r->left > 0)
			r->failed = "it became shorter meanwhile";
		r->over = true;
		return;
	}
	r->end += (size_t)n;
	if (!r->unpacker)
		r->left -= (uint64_t)n;
}

bool log_reader_next(struct log_reader *r, struct log_line *ret)
{
	char *feed = NULL;
	size_t looked = 0;

	while (!(feed = memchr(r->buf + r->begin + looked, '\n', r->end - r->begin - looked))) {
		looked = r->end - r->begin;
		if (r->over || looked == BUFFER_SIZE)
			break;
		fill(r);
	}
	if (!feed && looked == 0)
		return false;
	ret->text = r->buf + r->begin;
	ret->len = feed ? (size_t)(feed - ret->text) : looked;
	ret->number = r->in_middle ? 0 : ++r->number;
	r->buf[r->begin + ret->len] = '\0';
	r->begin += ret->len + (feed != NULL);
	return true;
}

uint64_t log_reader_done(const struct log_reader *r)
{
	/* The unpacker reads from the same descriptor, and so moves its place. */
	off_t at = r->unpacker ? lseek(r->file->fd, 0, SEEK_CUR) : 0;

	return r->unpacker ? (at > 0 ? (uint64_t)at : 0) : r->file->size - r->left;
}

const char *log_reader_end(struct log_reader *r)
{
	int status = 0;

	free(r->buf);
	if (r->unpacker > 0) {
		close(r->fd);
		/* Its pipe closed early, where not all was wanted. */
		if (program_wait(r->unpacker, &status) < 0 || (r->over && status != 0))
			r->failed = "it is damaged";
	}
	return r->failed;
}
