/* SPDX-License-Identifier: Apache-2.0 */
/* log_follow.c: reads what came to a log since the last time. */
#include "config.h"

#include "tools/agentauthctl/audit/log_follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/jose/sha256.h"
#include "common/text/utc.h"
#include "tools/cli/alloc.h"

#define TIME_AT 9 /* in a line: {"time":" */
#define TIME_LEN 27

const char *log_fault_name(enum aa_audit_fault_kind kind)
{
	static const char *const names[] = {[AA_AUDIT_CHANGED] = "changed",
					    [AA_AUDIT_PUT_IN] = "put_in",
					    [AA_AUDIT_REMOVED] = "removed",
					    [AA_AUDIT_MOVED] = "moved",
					    [AA_AUDIT_RESTARTED] = "restarted",
					    [AA_AUDIT_CUT_OFF] = "cut_off",
					    [AA_AUDIT_TORN] = "torn"};

	return (size_t)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : NULL;
}

/* ---- a place, kept ------------------------------------------------------- */

json_t *log_place_pack(const struct log_place *place)
{
	return json_pack("{s:I, s:I, s:I, s:s, s:s, s:s}", "seq", (json_int_t)place->link.seq, "offset",
			 (json_int_t)place->offset, "length", (json_int_t)place->length, "link",
			 place->link.hash, "hash", place->hash, "time", place->time);
}

static bool copy_text(char *ret, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len < size)
		memcpy(ret, text, len + 1);
	return len < size;
}

bool log_place_unpack(const json_t *members, struct log_place *ret)
{
	struct log_place place = {.offset = 0};
	json_int_t seq, offset, length;
	const char *link, *hash, *time;

	if (json_unpack((json_t *)members, "{s:I, s:I, s:I, s:s, s:s, s:s}", "seq", &seq, "offset", &offset,
			"length", &length, "link", &link, "hash", &hash, "time", &time) < 0 ||
	    seq < 0 || offset < 0 || length < 0 || length > offset ||
	    !copy_text(place.link.hash, sizeof(place.link.hash), link) ||
	    !copy_text(place.hash, sizeof(place.hash), hash) ||
	    !copy_text(place.time, sizeof(place.time), time))
		return false;
	place.link.seq = (uint64_t)seq;
	place.offset = (uint64_t)offset;
	place.length = (uint64_t)length;
	*ret = place;
	return true;
}

/* ---- the last line that was read ----------------------------------------- */

/* Hashes the line of this length that ends at the offset. */
static bool hash_at(const struct log_file *file, uint64_t offset, uint64_t length, char ret[65])
{
	char *line;
	bool ok;

	if (file->unpacked_by || length == 0 || length > offset || offset > file->size)
		return false;
	line = xmalloc(length);
	ok = pread(file->fd, line, length, (off_t)(offset - length)) == (ssize_t)length &&
	     line[length - 1] == '\n' && aa_sha256_hex(ret, line, length - 1) == 0;
	free(line);
	return ok;
}

static bool has_place(const struct log_file *file, const struct log_place *place)
{
	char hash[65];

	return hash_at(file, place->offset, place->length, hash) && strcmp(hash, place->hash) == 0;
}

/* ---- reading ------------------------------------------------------------- */

struct reading {
	struct log_follow *follow;
	struct log_place old;
	bool met;     /* the last line of the time before was found, as it was */
	bool changed; /* it was found, and is another */
	uint64_t done, all;
};

static uint64_t seq_of(const struct log_line *line)
{
	const char *at = memmem(line->text, line->len < 64 ? line->len : 64, "\"seq\":", 6);

	return at ? strtoull(at + 6, NULL, 10) : 0;
}

static bool is_timed(const struct log_line *line)
{
	return line->len > TIME_AT + TIME_LEN && memcmp(line->text, "{\"time\":\"", TIME_AT) == 0;
}

/* Says whether the line was read before. A log that was begun anew has low numbers and later times. */
static bool is_old(struct reading *r, const struct log_line *line)
{
	uint64_t seq = seq_of(line);
	char hash[65];

	if (r->met || !r->old.time[0] || !is_timed(line) || seq > r->old.link.seq ||
	    memcmp(line->text + TIME_AT, r->old.time, TIME_LEN) > 0)
		return false;
	if (seq == r->old.link.seq && aa_sha256_hex(hash, line->text, line->len) == 0) {
		r->met = strcmp(hash, r->old.hash) == 0;
		r->changed = !r->met && strcmp(r->old.hash, r->old.link.hash) == 0;
	}
	return true;
}

static bool take_line(struct reading *r, const struct log_line *line)
{
	struct log_follow *f = r->follow;

	if (is_old(r, line))
		return true;
	if (aa_audit_walk_line(&f->walk, line->text, line->len) < 0)
		return false;
	if (is_timed(line))
		memcpy(f->place.time, line->text + TIME_AT, TIME_LEN);
	f->take(f->data, line->text, line->len);
	return true;
}

/* A last line without its line feed is still being written. Of the last file the place is kept. */
static bool read_file(struct reading *r, const struct log_file *file, uint64_t from)
{
	struct log_place *place = &r->follow->place;
	uint64_t offset = from, length = 0;
	struct log_reader reader;
	struct log_line line;
	bool ok = log_reader_begin(&reader, file);

	if (ok && from)
		log_reader_seek(&reader, from);
	while (ok && log_reader_next(&reader, &line)) {
		if (!file->unpacked_by && offset + line.len + 1 > file->size)
			break;
		offset += line.len + 1;
		length = line.len + 1;
		ok = take_line(r, &line);
		if ((r->follow->walk.lines & 0xff) == 0)
			progress_show(r->follow->progress,
				      (r->done + (file->unpacked_by ? 0 : offset)) / 1000000,
				      r->all / 1000000);
	}
	r->done += file->size;
	if (length && hash_at(file, offset, length, place->hash)) {
		place->offset = offset;
		place->length = length;
	}
	return !log_reader_end(&reader) && ok;
}

/* ---- which files --------------------------------------------------------- */

/* Opens the log as it is named now; false: it is not there, or not to be believed. */
static bool open_current(const struct log_follow *f, struct log_file *ret)
{
	char *path = xasprintf("%s/%s", f->logdir, f->log->file);
	size_t size;
	int fd, r = aa_trusted_open(AT_FDCWD, path, f->owner, &fd, &size);

	*ret = (struct log_file){.path = path, .fd = r < 0 ? -1 : fd, .size = size};
	return r == 0;
}

/* Returns the first file that may hold something new. The place is in one that is not packed, or it is not; then a file that
 * was written to last before the place was reached holds nothing new. A clock that was ahead makes all of them older. */
static size_t first_new(struct reading *r, const struct log_files *files)
{
	const struct log_place *place = &r->old;
	char second[AA_UTC_SIZE];
	int64_t since = 0;
	size_t first = files->n;

	for (size_t i = 0; i < files->n; i++)
		if (has_place(&files->v[i], place)) {
			r->met = true;
			return i;
		}
	(void)snprintf(second, sizeof(second), "%.19sZ", place->time);
	(void)aa_utc_parse(second, &since);
	while (first > 0 && files->v[first - 1].mtime / 1000000000 >= since)
		first--;
	return first < files->n ? first : 0;
}

static bool read_all(struct reading *r)
{
	struct log_follow *f = r->follow;
	struct log_files files;
	bool ok = log_files_open(f->logdir, f->log, f->owner, f->problems, false, &files);
	size_t first = first_new(r, &files);
	uint64_t from = r->met ? r->old.offset : 0;

	r->all = files.size;
	for (size_t i = first; ok && i < files.n; i++, from = 0)
		ok = read_file(r, &files.v[i], from);
	log_files_close(&files);
	return ok;
}

/* Mostly the log has grown, and nothing else. Where the place is not in it, what is kept of the place is found anew. */
static bool read_new(struct reading *r)
{
	struct log_place *place = &r->follow->place;
	struct log_file current;
	bool opened = open_current(r->follow, &current), ok;

	r->met = opened && has_place(&current, &r->old);
	if (r->met) {
		r->all = current.size - r->old.offset;
		ok = read_file(r, &current, r->old.offset);
	} else {
		place->offset = place->length = 0;
		ok = read_all(r);
	}
	if (opened)
		close(current.fd);
	free(current.path);
	return ok;
}

/* ---- the chain ----------------------------------------------------------- */

/* The last line that was read is looked at again, where the new ones cannot tell what became of it. */
static void look_at_old(struct reading *r, const struct aa_audit_link *head)
{
	struct aa_audit_walk *walk = &r->follow->walk;
	uint64_t seq = r->old.link.seq;
	bool shorter = head && head->seq < seq && walk->last.seq >= seq;

	if (r->changed)
		aa_audit_walk_fault(walk, AA_AUDIT_CHANGED, 0, seq, 1);
	if (r->met || r->changed || !r->old.length || (walk->lines > 0 && !shorter))
		return;
	aa_audit_walk_fault(walk, AA_AUDIT_CUT_OFF, 0, shorter ? head->seq + 1 : seq,
			    shorter ? seq - head->seq : 1);
	if (shorter) {
		walk->last.seq = head->seq;
		memcpy(walk->last.hash, head->hash, sizeof(walk->last.hash));
	}
}

static bool read_head(const struct log_follow *f, struct aa_audit_link *ret)
{
	int dirfd, r = aa_trusted_open_folder(AT_FDCWD, f->logdir, O_NOFOLLOW, f->owner, &dirfd);

	if (r < 0)
		return false;
	r = aa_audit_read_head(dirfd, f->log->head, f->owner, ret);
	close(dirfd);
	return r == 0;
}

bool log_follow(struct log_follow *f)
{
	struct reading r = {.follow = f, .old = f->place};
	struct aa_audit_link head = {0};
	/* The head is read before the log, so that lines that are written meanwhile are behind both. */
	bool has_head = read_head(f, &head);

	memset(&f->walk, 0, sizeof(f->walk));
	f->walk.last.seq = f->place.link.seq;
	memcpy(f->walk.last.hash, f->place.link.hash, sizeof(f->walk.last.hash));
	if (!read_new(&r)) {
		f->place = r.old;
		return false;
	}
	progress_end(f->progress);
	/* The head has no line that went round the lock. */
	aa_audit_walk_end(&f->walk, head.seq, has_head && !f->walk.unchained ? head.hash : NULL);
	look_at_old(&r, has_head ? &head : NULL);
	f->place.link.seq = f->walk.last.seq;
	memcpy(f->place.link.hash, f->walk.last.hash, sizeof(f->place.link.hash));
	return true;
}
