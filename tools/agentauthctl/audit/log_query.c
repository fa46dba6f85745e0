/* SPDX-License-Identifier: Apache-2.0 */
/* log_query.c: finds the records that somebody asks for. */
#include "config.h"

#include "tools/agentauthctl/audit/log_query.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/utc.h"
#include "tools/agentauthctl/audit/log_index.h"
#include "tools/agentauthctl/audit/log_line.h"
#include "tools/cli/alloc.h"
#include "tools/cli/progress.h"

/* ---- what is asked for --------------------------------------------------- */

/* Returns the text as our writers write it, without its quotation marks. */
static char *as_written(const char *text)
{
	json_t *json = json_string(text);
	char *quoted = json ? json_dumps(json, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL,
	     /* A text that is no UTF-8 is in no record. */
	    *ret = quoted ? xstrndup(quoted + 1, strlen(quoted) - 2) : xstrdup("\\u0000");

	free(quoted);
	json_decref(json);
	return ret;
}

static void add(struct log_query *query, const char *name, enum log_match match, char *value, char *needle)
{
	query->members[query->n++] = (struct log_query_member){name, value, needle, match};
}

void log_query_add(struct log_query *query, const char *member, enum log_match match, const char *value)
{
	char *text = value ? as_written(value) : NULL;

	if (!text)
		return;
	add(query, member, match, text,
	    match == LOG_HAS ? xstrdup(text)
			     : xasprintf("\"%s\":\"%s%s", member, text, match == LOG_BEGINS ? "" : "\""));
}

void log_query_add_number(struct log_query *query, const char *member, int64_t number)
{
	add(query, member, LOG_EQUALS, xasprintf("%" PRId64, number),
	    xasprintf("\"%s\":%" PRId64, member, number));
}

void log_query_add_user(struct log_query *query, const char *user)
{
	char *text = user ? as_written(user) : NULL;

	if (text)
		add(query, NULL, LOG_EQUALS, text, xasprintf(":\"%s\"", text));
}

void log_query_free(struct log_query *query)
{
	for (size_t i = 0; i < query->n; i++) {
		free(query->members[i].value);
		free(query->members[i].needle);
	}
}

/* ---- one record ---------------------------------------------------------- */

struct fitting {
	const struct log_query *query;
	bool fits[LOG_QUERY_MEMBERS];
};

static bool matches(const struct log_query_member *m, const char *value, size_t len)
{
	size_t want = strlen(m->value);

	if (m->match == LOG_HAS)
		return memmem(value, len, m->value, want) != NULL;
	return (m->match == LOG_BEGINS ? len >= want : len == want) && memcmp(value, m->value, want) == 0;
}

static bool is_of(const struct log_query_member *m, const char *name, size_t len)
{
	if (!m->name)
		return (len == 2 && memcmp(name, "by", 2) == 0) ||
		       (len == 12 && memcmp(name, "on_behalf_of", 12) == 0);
	return strlen(m->name) == len && memcmp(m->name, name, len) == 0;
}

static void look_at_member(void *data, const char *name, size_t name_len, const char *value, size_t len)
{
	struct fitting *f = data;

	for (size_t i = 0; i < f->query->n; i++)
		if (!f->fits[i] && is_of(&f->query->members[i], name, name_len))
			f->fits[i] = matches(&f->query->members[i], value, len);
}

static bool fits(const struct log_query *q, const struct log_line *line)
{
	struct fitting f = {.query = q};
	int64_t when;

	for (size_t i = 0; i < q->n; i++)
		if (!memmem(line->text, line->len, q->members[i].needle, strlen(q->members[i].needle)))
			return false;
	when = q->since || q->until ? log_line_time(line) : 0;
	if ((q->since && when < q->since) || (q->until && when >= q->until))
		return false;
	if (q->n && !log_line_members(line, look_at_member, &f))
		return false;
	for (size_t i = 0; i < q->n; i++)
		if (!f.fits[i])
			return false;
	return true;
}

json_t *log_query_take(const struct log_query *query, const struct log_line *line)
{
	json_t *record = fits(query, line) ? json_loadb(line->text, line->len, 0, NULL) : NULL;

	if (record && json_is_object(record))
		return record;
	json_decref(record);
	return NULL;
}

/* ---- all of them --------------------------------------------------------- */

struct walk {
	const struct log_query *query;
	const struct log_files *files;
	struct progress *progress;
	uint64_t done, all; /* bytes, as they stand on the disk */
	log_query_fn *take;
	void *data;
	bool ended;
	struct log_reader reader; /* of the file that is read, once one line of it was asked for */
	bool reading;
};

static void tell_progress(void *data)
{
	struct walk *w = data;

	progress_show(w->progress, (w->done + log_reader_done(&w->reader)) / 1000000, w->all / 1000000);
}

/* The longest text is the one that is found fastest. */
static const char *needle_of(const struct log_query *query)
{
	const char *longest = NULL;

	for (size_t i = 0; i < query->n; i++)
		if (!longest || strlen(query->members[i].needle) > strlen(longest))
			longest = query->members[i].needle;
	return longest;
}

/* Looks at the lines between two places. A packed file is unpacked now, if it was not before. */
static void walk_range(struct walk *w, const struct log_file *file, uint64_t from, uint64_t to)
{
	const char *needle = needle_of(w->query);
	struct log_line line;

	if (!w->reading)
		(void)log_reader_begin(&w->reader, file);
	w->reading = true;
	if (w->progress)
		w->reader.filled = tell_progress;
	w->reader.data = w;
	if (w->reader.failed || w->ended)
		return;
	log_reader_range(&w->reader, from, to);
	while (!w->ended &&
	       (needle ? log_reader_find(&w->reader, needle, &line) : log_reader_next(&w->reader, &line))) {
		json_t *record = log_query_take(w->query, &line);

		if (record)
			w->ended = !w->take(w->data, record, &line);
	}
}

/* ---- by the index -------------------------------------------------------- */

static void mark_member(const struct index_segment *segment, const struct log_query_member *m,
			uint8_t *blocks)
{
	size_t len = strlen(m->value);

	if (!m->name) {
		index_segment_mark(segment, index_term("by", 2, m->value, len), blocks);
		index_segment_mark(segment, index_term("on_behalf_of", 12, m->value, len), blocks);
		return;
	}
	if (strcmp(m->name, "session") == 0 && len > LOG_SESSION_DIGITS)
		len = LOG_SESSION_DIGITS;
	index_segment_mark(segment, index_term(m->name, strlen(m->name), m->value, len), blocks);
}

/* Says whether the index knows which blocks have the member with this value. */
static bool is_indexed(const struct log_query_member *m)
{
	if (!m->name)
		return true;
	if (strcmp(m->name, "session") == 0)
		return strlen(m->value) >= LOG_SESSION_DIGITS;
	return m->match == LOG_EQUALS && log_member_is_indexed(m->name, strlen(m->name));
}

static bool is_in_time(const struct log_query *q, int64_t first, int64_t last)
{
	return (!q->since || last >= q->since) && (!q->until || first < q->until);
}

/* Clears the blocks in which no line can fit. */
static void choose_blocks(const struct log_query *q, const struct index_segment *segment, uint8_t *chosen)
{
	uint64_t n = segment->head->n_blocks;
	uint8_t *has = xmalloc(n);

	for (uint64_t i = 0; i < n; i++)
		chosen[i] = segment->blocks[i].any ||
			    is_in_time(q, segment->blocks[i].first, segment->blocks[i].last);
	for (size_t m = 0; m < q->n; m++) {
		if (!is_indexed(&q->members[m]))
			continue;
		memset(has, 0, n);
		mark_member(segment, &q->members[m], has);
		for (uint64_t i = 0; i < n; i++)
			chosen[i] = chosen[i] && (has[i] || segment->blocks[i].any);
	}
	free(has);
}

static void walk_blocks(struct walk *w, const struct log_file *file, const struct index_segment *segment)
{
	const struct index_head *head = segment->head;
	uint8_t *chosen = xmalloc(head->n_blocks + 1);

	choose_blocks(w->query, segment, chosen);
	chosen[head->n_blocks] = 0;
	for (uint64_t i = 0, j; i < head->n_blocks; i = j + 1) {
		for (j = i; chosen[j]; j++)
			;
		if (j > i)
			walk_range(w, file, head->begin + segment->blocks[i].offset,
				   j < head->n_blocks ? head->begin + segment->blocks[j].offset : head->end);
	}
	free(chosen);
}

/* Walks over the segments of a file that have an index, and returns where the text begins that has none. */
static uint64_t walk_segments(struct walk *w, const struct log_file *file)
{
	struct index_segment segment;
	uint64_t at = 0;
	bool sound = true, whole = false;

	for (unsigned i = 0; sound && !whole && index_segment_open(w->files, file, i, at, &segment); i++) {
		bool wanted = is_in_time(w->query, segment.head->first, segment.head->last);

		sound = !wanted || index_segment_check(&segment);
		if (wanted && sound)
			walk_blocks(w, file, &segment);
		if (sound) {
			at = segment.head->end;
			whole = segment.head->whole && (file->unpacked_by || at == file->size);
		}
		index_segment_close(&segment);
	}
	return whole ? UINT64_MAX : at;
}

static const char *walk_file(struct walk *w, const struct log_file *file, uint64_t from)
{
	uint64_t rest = from ? from : walk_segments(w, file);

	if (rest != UINT64_MAX && !w->ended)
		walk_range(w, file, rest, UINT64_MAX);
	return w->reading ? log_reader_end(&w->reader) : NULL;
}

bool log_query_walk(const struct log_query *query, const struct log_files *files, struct problems *problems,
		    struct progress *progress, log_query_fn *take, void *data)
{
	struct walk w = {.query = query,
			 .files = files,
			 .progress = progress,
			 .all = files->size,
			 .take = take,
			 .data = data};
	const char *why;
	bool all = true;

	for (size_t i = 0; i < files->n && !w.ended; i++) {
		const struct log_file *file = &files->v[i];

		w.reading = false;
		why = walk_file(&w, file, i == 0 ? query->from : 0);
		if (why)
			problem_error(problems, NULL, "%s cannot be read to its end: %s", file->path, why);
		all = all && !why;
		w.done += file->size;
	}
	if (progress)
		progress_end(progress);
	return all;
}
