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
	if (!program)
		why = "this host lacks the program that unpacks it";
	else if (lseek(r->file->fd, 0, SEEK_SET) == 0)
		r->fd = program_read(argv, r->file->fd, &r->unpacker);
	free(program);
	return r->fd >= 0 ? NULL : why ? why : "the program that unpacks it cannot be run";
}

bool log_reader_begin(struct log_reader *r, const struct log_file *file)
{
	*r = (struct log_reader){.file = file,
				 .fd = file->fd,
				 .buf = xmalloc(BUFFER_SIZE + 1),
				 .stop = file->unpacked_by ? UINT64_MAX : file->size};
	if (file->unpacked_by)
		r->failed = start_unpacker(r);
	return !r->failed;
}

/* ---- where --------------------------------------------------------------- */

static void fill(struct log_reader *r);

static void set_place(struct log_reader *r, uint64_t offset)
{
	r->begin = r->end = 0;
	r->over = false;
	r->at = offset;
}

void log_reader_seek(struct log_reader *r, uint64_t offset)
{
	struct log_line line;

	r->in_middle = offset > 0;
	r->stop = r->file->size;
	/* The byte before tells whether a line begins at the offset. */
	set_place(r, offset ? offset - 1 : 0);
	if (offset)
		(void)log_reader_next(r, &line);
}

/* Takes what is before `from` out of the buffer, and of the pipe. */
static void skip_to(struct log_reader *r, uint64_t from)
{
	while (r->at < from) {
		uint64_t have = r->end - r->begin, step = from - r->at < have ? from - r->at : have;

		r->begin += (size_t)step;
		r->at += step;
		if (r->at < from && r->over)
			return;
		if (r->at < from)
			fill(r);
	}
}

void log_reader_range(struct log_reader *r, uint64_t from, uint64_t to)
{
	r->in_middle = from > 0;
	r->stop = !r->unpacker && to > r->file->size ? r->file->size : to;
	if (r->unpacker)
		skip_to(r, from);
	else
		set_place(r, from);
}

/* ---- reading ------------------------------------------------------------- */

static ssize_t read_more(const struct log_reader *r, char *to, size_t room)
{
	uint64_t place = r->at + (r->end - r->begin);
	ssize_t n;

	if (!r->unpacker && r->stop - place < room)
		room = (size_t)(r->stop - place);
	do {
		n = r->unpacker ? read(r->fd, to, room) : pread(r->fd, to, room, (off_t)place);
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
	if (n < 0)
		r->failed = strerror(errno);
	else if (n == 0 && !r->unpacker && r->at + r->end < r->stop)
		r->failed = "it became shorter meanwhile";
	if (n <= 0)
		r->over = true;
	else
		r->end += (size_t)n;
	if (r->filled)
		r->filled(r->data);
}

bool log_reader_next(struct log_reader *r, struct log_line *ret)
{
	char *feed = NULL;
	size_t looked = 0;

	if (r->at >= r->stop)
		return false;
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
	ret->offset = r->at;
	r->buf[r->begin + ret->len] = '\0';
	r->begin += ret->len + (feed != NULL);
	r->at += ret->len + (feed != NULL);
	ret->next = r->at;
	return true;
}

/* Gives up what the buffer holds before this place. */
static void pass(struct log_reader *r, const char *place)
{
	size_t passed = (size_t)(place - (r->buf + r->begin));

	r->begin += passed;
	r->at += passed;
}

bool log_reader_find(struct log_reader *r, const char *text, struct log_line *ret)
{
	size_t len = strlen(text);

	r->in_middle = true;
	while (r->at < r->stop) {
		const char *begin = r->buf + r->begin, *found, *feed;
		size_t have = r->end - r->begin;

		if (have > r->stop - r->at)
			have = (size_t)(r->stop - r->at);
		found = memmem(begin, have, text, len);
		feed = memrchr(begin, '\n', found ? (size_t)(found - begin) : have);
		if (feed)
			pass(r, feed + 1);
		if (found)
			return log_reader_next(r, ret);
		if (r->over)
			return false;
		if (r->end - r->begin == BUFFER_SIZE)
			(void)log_reader_next(r, ret); /* a piece of what is no line */
		else if (r->at < r->stop)
			fill(r);
	}
	return false;
}

uint64_t log_reader_done(const struct log_reader *r)
{
	/* The unpacker reads from the same descriptor, and so moves its place. */
	off_t at = r->unpacker ? lseek(r->file->fd, 0, SEEK_CUR) : (off_t)(r->at + (r->end - r->begin));

	return at > 0 ? (uint64_t)at : 0;
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
