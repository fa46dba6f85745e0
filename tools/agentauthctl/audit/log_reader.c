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

static bool start_unpacker(struct log_reader *r)
{
	char *program = program_find(r->file->unpacked_by);
	char *const argv[] = {program, (char[]){"-dc"}, NULL};
	int out = -1;

	if (program && lseek(r->file->fd, 0, SEEK_SET) == 0)
		out = program_read(argv, r->file->fd, &r->unpacker);
	free(program);
	r->fd = out;
	r->left = UINT64_MAX;
	return out >= 0;
}

bool log_reader_begin(struct log_reader *r, const struct log_file *file)
{
	*r = (struct log_reader){
	    .file = file, .fd = file->fd, .buf = xmalloc(BUFFER_SIZE + 1), .left = file->size};
	if (file->unpacked_by)
		r->failed = !start_unpacker(r);
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
		r->failed = r->failed || n < 0 || (!r->unpacker && r->left > 0);
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

bool log_reader_end(struct log_reader *r)
{
	int status = 0;

	free(r->buf);
	if (r->unpacker) {
		close(r->fd);
		/* Its pipe closed early, where not all was wanted. */
		if (program_wait(r->unpacker, &status) < 0 || (r->over && status != 0))
			r->failed = true;
	}
	return !r->failed;
}
