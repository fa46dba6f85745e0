/* SPDX-License-Identifier: Apache-2.0 */
/* log_index_build.c: writes the index of the audit log. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "common/text/sort.h"
#include "tools/agentauthctl/audit/log_files.h"
#include "tools/agentauthctl/audit/log_index.h"
#include "tools/agentauthctl/audit/log_line.h"
#include "tools/cli/alloc.h"
#include "tools/cli/progress.h"

#define SEGMENT_SIZE (64 * 1024 * 1024)
#define BLOCK_SIZE (128 * 1024)

struct building {
	const struct log_files *files;
	const struct log_file *file;
	struct index_head head;
	struct index_block *blocks;
	size_t blocks_cap;
	uint64_t *terms;
	size_t n_terms, terms_cap, block_terms; /* where those of the last block begin */
};

/* ---- a line -------------------------------------------------------------- */

static void add_term(void *data, const char *member, size_t member_len, const char *value, size_t len)
{
	struct building *b = data;

	if (!log_member_is_indexed(member, member_len))
		return;
	if (member_len == strlen("session") && memcmp(member, "session", member_len) == 0 &&
	    len > LOG_SESSION_DIGITS)
		len = LOG_SESSION_DIGITS;
	grow(&b->terms, &b->terms_cap, b->n_terms + 1, sizeof(*b->terms));
	b->terms[b->n_terms++] =
	    index_term(member, member_len, value, len) | (uint64_t)(b->head.n_blocks - 1);
}

static void add_line(struct building *b, const struct log_line *line)
{
	struct index_block *block = &b->blocks[b->head.n_blocks - 1];
	int64_t when = log_line_time(line);

	if (!log_line_members(line, add_term, b) || when == 0) {
		block->any = 1;
		return;
	}
	if (when < block->first)
		block->first = when;
	if (when > block->last)
		block->last = when;
}

/* ---- blocks -------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* A block has each term once. */
static void end_block(struct building *b)
{
	uint64_t *terms = b->terms + b->block_terms;
	size_t n = b->n_terms - b->block_terms, kept = 0;

	aa_sort(terms, n, sizeof(*terms), by_value);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || terms[i] != terms[kept - 1])
			terms[kept++] = terms[i];
	b->n_terms = b->block_terms + kept;
	b->block_terms = b->n_terms;
}

static void begin_block(struct building *b, uint64_t at)
{
	end_block(b);
	grow(&b->blocks, &b->blocks_cap, b->head.n_blocks + 1, sizeof(*b->blocks));
	b->blocks[b->head.n_blocks++] = (struct index_block){
	    .offset = (uint32_t)(at - b->head.begin), .first = INT64_MAX, .last = INT64_MIN};
}

/* Reads lines up to the end of a segment. A last line that may still be written is left. */
static void read_lines(struct building *b, struct log_reader *reader)
{
	uint64_t block_at = b->head.begin;
	struct log_line line;
	bool ended = true; /* the line before, by a line feed */

	while (b->head.end - b->head.begin < SEGMENT_SIZE && log_reader_next(reader, &line)) {
		bool feed = line.next > line.offset + line.len;

		if (!feed && !b->file->unpacked_by && line.next == b->file->size)
			break;
		if (b->head.n_blocks == 0 || (ended && line.offset - block_at >= BLOCK_SIZE)) {
			block_at = line.offset;
			begin_block(b, block_at);
		}
		add_line(b, &line);
		b->head.end = line.next;
		ended = feed;
	}
	end_block(b);
}

/* ---- a segment ----------------------------------------------------------- */

static void complete_head(struct building *b, bool over)
{
	struct index_head *h = &b->head;

	memcpy(h->magic, INDEX_MAGIC, sizeof(h->magic));
	h->inode = b->file->inode;
	h->file_size = b->file->size;
	h->file_mtime = b->file->mtime;
	h->whole = b->file->unpacked_by ? over : h->end == b->file->size;
	h->guard = index_guard(b->file, h->end);
	h->first_seq = b->file->first_seq;
	h->anew = b->file->anew;
	memcpy(h->first_time, b->file->first_time, sizeof(h->first_time));
	h->n_terms = b->n_terms;
	h->first = INT64_MAX;
	h->last = INT64_MIN;
	for (size_t i = 0; i < h->n_blocks; i++) {
		h->first = b->blocks[i].any		   ? INT64_MIN
			   : b->blocks[i].first < h->first ? b->blocks[i].first
							   : h->first;
		h->last = b->blocks[i].any		? INT64_MAX
			  : b->blocks[i].last > h->last ? b->blocks[i].last
							: h->last;
	}
}

static int write_segment(struct building *b, unsigned number)
{
	const struct aa_replace how = {.mode = 0600};
	struct buffer text = {0};
	struct index_head *h = &b->head;
	char name[48];
	int r;

	aa_sort(b->terms, b->n_terms, sizeof(*b->terms), by_value);
	buffer_add(&text, (const char *)h, sizeof(*h));
	buffer_add(&text, (const char *)b->blocks, h->n_blocks * sizeof(*b->blocks));
	buffer_add(&text, (const char *)b->terms, b->n_terms * sizeof(*b->terms));
	h->sum = index_sum(text.data + sizeof(*h), text.len - sizeof(*h));
	h->head_sum = index_sum(&h->sum, sizeof(*h) - offsetof(struct index_head, sum));
	memcpy(text.data, h, sizeof(*h));
	(void)snprintf(name, sizeof(name), INDEX_NAME, b->file->inode, number);
	r = aa_replace(b->files->index_fd, name, text.data, text.len, &how);
	buffer_free(&text);
	return r;
}

/* Writes the file's next segment. 1: written; 0: nothing is there to be written, or the file cannot be read. */
static int build_segment(const struct log_files *files, const struct log_file *file,
			 struct log_reader *reader, unsigned number, uint64_t *at, bool *whole)
{
	struct building b = {.files = files, .file = file, .head = {.begin = *at, .end = *at}};
	int r = 0;

	read_lines(&b, reader);
	if (b.head.n_blocks && !reader->failed) {
		complete_head(&b, reader->over && reader->begin == reader->end);
		r = write_segment(&b, number);
		r = r < 0 ? r : 1;
	}
	*at = b.head.end;
	*whole = b.head.whole;
	free(b.blocks);
	free(b.terms);
	return r;
}

/* ---- a file -------------------------------------------------------------- */

/* Goes over the segments that are there. */
static unsigned count_segments(const struct log_files *files, const struct log_file *file, uint64_t *ret_end,
			       bool *ret_whole)
{
	struct index_segment segment;
	unsigned n = 0;

	*ret_end = 0;
	*ret_whole = false;
	while (!*ret_whole && index_segment_open(files, file, n, *ret_end, &segment)) {
		*ret_end = segment.head->end;
		*ret_whole = segment.head->whole && (file->unpacked_by || *ret_end == file->size);
		index_segment_close(&segment);
		n++;
	}
	return n;
}

/* The file that is written to is indexed by whole segments; its end is soon read. */
static bool is_wanted(const struct log_file *file, uint64_t end, bool whole)
{
	if (whole)
		return false;
	return file->unpacked_by || (file->is_current ? file->size - end >= SEGMENT_SIZE : file->size > end);
}

/* A packed file is done in one go, since its beginning would be unpacked again. */
static int refresh_file(const struct log_files *files, const struct log_file *file, size_t most)
{
	uint64_t end;
	bool whole;
	unsigned number = count_segments(files, file, &end, &whole);
	struct log_reader reader;
	int r = 1, written = 0;

	if (!is_wanted(file, end, whole))
		return 0;
	if (log_reader_begin(&reader, file)) {
		log_reader_range(&reader, end, UINT64_MAX);
		while (r > 0 && is_wanted(file, end, whole) &&
		       (file->unpacked_by || (size_t)written < most)) {
			r = build_segment(files, file, &reader, number++, &end, &whole);
			written += r > 0;
		}
	}
	(void)log_reader_end(&reader);
	return r < 0 ? r : written;
}

/* ---- the folder ---------------------------------------------------------- */

static bool is_of_a_file(const struct log_files *files, const char *name)
{
	char *end;
	uint64_t inode = strtoull(name, &end, 10);

	for (size_t i = 0; i < files->n; i++)
		if (*end == '.' && files->v[i].inode == inode)
			return true;
	return false;
}

static void remove_old(const struct log_files *files)
{
	int fd = openat(files->index_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && !is_of_a_file(files, entry->d_name))
			(void)unlinkat(files->index_fd, entry->d_name, 0);
	if (dir)
		(void)closedir(dir);
	else if (fd >= 0)
		close(fd);
}

int index_refresh(const struct log_files *files, size_t most, struct progress *progress)
{
	uint64_t done = 0;
	int written = 0, r = 0;

	if (files->index_fd < 0)
		return -ENOENT;
	remove_old(files);
	for (size_t i = 0; i < files->n && r >= 0 && (size_t)written < most; i++) {
		r = refresh_file(files, &files->v[i], most - (size_t)written);
		written += r > 0 ? r : 0;
		done += files->v[i].size;
		if (progress)
			progress_show(progress, done / 1000000, files->size / 1000000);
	}
	if (progress)
		progress_end(progress);
	return r < 0 ? r : written;
}
