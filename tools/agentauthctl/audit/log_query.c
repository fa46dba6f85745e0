/* SPDX-License-Identifier: Apache-2.0 */
/* log_query.c: finds the records that somebody asks for. */
#include "config.h"

#include "tools/agentauthctl/audit/log_query.h"

#include <stdlib.h>
#include <string.h>

#include "common/text/utc.h"
#include "tools/cli/alloc.h"
#include "tools/cli/progress.h"

#define SLACK 3600	 /* seconds that a clock may have been set back */
#define STEP (64 * 1024) /* bytes within which a search need not be exact */

void log_query_add(struct log_query *query, const char *member, const char *value)
{
	json_t *text = value ? json_string(value) : NULL;
	char *quoted = text ? json_dumps(text, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;

	if (value)
		query->members[query->n++] = (struct log_query_member){
		    member, value, quoted ? xasprintf("\"%s\":%s", member, quoted) : NULL};
	free(quoted);
	json_decref(text);
}

void log_query_free(struct log_query *query)
{
	for (size_t i = 0; i < query->n; i++)
		free(query->members[i].needle);
}

/* ---- one record ---------------------------------------------------------- */

static const char *text_of(const json_t *record, const char *member)
{
	const char *text = json_string_value(json_object_get(record, member));

	return text ? text : "";
}

static int64_t time_of(const json_t *record)
{
	const char *text = text_of(record, "time");
	char whole[AA_UTC_SIZE];
	int64_t when;

	/* 2027-01-15T08:00:00.000000Z: whole seconds are enough. */
	if (strlen(text) < 20)
		return 0;
	memcpy(whole, text, 19);
	memcpy(whole + 19, "Z", 2);
	return aa_utc_parse(whole, &when) ? when : 0;
}

static bool fits(const struct log_query *q, const json_t *record)
{
	int64_t when = q->since || q->until ? time_of(record) : 0;

	for (size_t i = 0; i < q->n; i++)
		if (strcmp(text_of(record, q->members[i].name), q->members[i].value) != 0)
			return false;
	if (q->uid && json_integer_value(json_object_get(record, "uid")) != q->uid)
		return false;
	if (q->user && strcmp(text_of(record, "on_behalf_of"), q->user) != 0 &&
	    strcmp(text_of(record, "by"), q->user) != 0)
		return false;
	if (q->session && strncmp(text_of(record, "session"), q->session, strlen(q->session)) != 0)
		return false;
	if (q->command && !strstr(text_of(record, "command"), q->command))
		return false;
	return (!q->since || when >= q->since) && (!q->until || when < q->until);
}

/* Only a line that has the texts in it is worth being parsed: a text within another cannot look like a member, since its
 * quotation marks are escaped. */
static bool may_fit(const struct log_query *q, const struct log_line *line)
{
	for (size_t i = 0; i < q->n; i++)
		if (!q->members[i].needle ||
		    !memmem(line->text, line->len, q->members[i].needle, strlen(q->members[i].needle)))
			return false;
	return true;
}

json_t *log_query_take(const struct log_query *query, const struct log_line *line)
{
	json_t *record = may_fit(query, line) ? json_loadb(line->text, line->len, 0, NULL) : NULL;

	if (record && json_is_object(record) && fits(query, record))
		return record;
	json_decref(record);
	return NULL;
}

/* ---- all of them --------------------------------------------------------- */

/* The time stands at the beginning of each line that a writer has written. 0: not in this one. */
static int64_t time_at(const struct log_line *line)
{
	static const char begin[] = "{\"time\":\"";
	char whole[AA_UTC_SIZE];
	int64_t when;

	if (line->len < sizeof(begin) + 27 || memcmp(line->text, begin, sizeof(begin) - 1) != 0)
		return 0;
	memcpy(whole, line->text + sizeof(begin) - 1, 19);
	memcpy(whole + 19, "Z", 2);
	return aa_utc_parse(whole, &when) ? when : 0;
}

/* Looks for the place from which on lines are of `when` or later; a clock that was set back is allowed for. */
static uint64_t offset_of(struct log_reader *reader, int64_t when)
{
	uint64_t low = 0, high = reader->file->size;
	struct log_line line;

	while (high - low > STEP) {
		uint64_t middle = low + (high - low) / 2;
		int64_t at = 0;

		log_reader_seek(reader, middle);
		while (at == 0 && log_reader_next(reader, &line))
			at = time_at(&line);
		if (at != 0 && at < when - SLACK)
			low = middle;
		else
			high = middle;
	}
	return low;
}

struct walk {
	const struct log_query *query;
	struct progress *progress;
	uint64_t done, all; /* bytes, as they stand on the disk */
	log_query_fn *take;
	void *data;
	bool ended;
};

static void walk_lines(struct walk *w, struct log_reader *reader)
{
	struct log_line line;

	while (!w->ended && log_reader_next(reader, &line)) {
		int64_t until = w->query->until;
		json_t *record;

		if (until && time_at(&line) > until + SLACK)
			break;
		record = log_query_take(w->query, &line);
		if (record)
			w->ended = !w->take(w->data, record, &line);
		if (w->progress && (line.number & 0xff) == 0)
			progress_show(w->progress, (w->done + log_reader_done(reader)) / 1000000,
				      w->all / 1000000);
	}
}

static const char *walk_file(struct walk *w, const struct log_file *file)
{
	struct log_reader reader;
	int64_t since = w->query->since;

	if (log_reader_begin(&reader, file)) {
		if (since && !file->unpacked_by)
			log_reader_seek(&reader, offset_of(&reader, since));
		walk_lines(w, &reader);
	}
	return log_reader_end(&reader);
}

bool log_query_walk(const struct log_query *query, const struct log_files *files, struct problems *problems,
		    struct progress *progress, log_query_fn *take, void *data)
{
	struct walk w = {
	    .query = query, .progress = progress, .all = files->size, .take = take, .data = data};
	const char *why;
	bool all = true;

	for (size_t i = 0; i < files->n && !w.ended; i++) {
		const struct log_file *file = &files->v[i];

		if (query->since && file->written < query->since - SLACK)
			continue;
		why = walk_file(&w, file);
		if (why)
			problem_error(problems, NULL, "%s cannot be read to its end: %s", file->path, why);
		all = all && !why;
		w.done += file->size;
	}
	if (progress)
		progress_end(progress);
	return all;
}
