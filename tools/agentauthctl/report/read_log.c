/* SPDX-License-Identifier: Apache-2.0 */
/* read_log.c: see read_log.h. */
#include "config.h"

#include "tools/agentauthctl/report/read_log.h"

#include <string.h>

#include "common/state/audit_verify.h"

#define SLACK 3600 /* seconds that a clock may have been set back */
#define MEGABYTE 1000000
#define NANOSECONDS 1000000000

struct reading {
	struct gather *gather;
	struct aa_audit_walk walk;
	const struct log_file *file;
	uint64_t begin; /* lines before the file */
	struct progress *progress;
	uint64_t done, all;
};

/* Notes where the first fault is, in the file that was read when it was found. */
static void note_fault(struct reading *in)
{
	struct report *r = in->gather->report;

	if (!in->walk.n_faults || r->fault_file)
		return;
	r->fault_line = in->walk.faults[0].line > in->begin ? in->walk.faults[0].line - in->begin : 1;
	r->fault_file = in->file->path;
}

static void note_seal(struct reading *in)
{
	struct report *r = in->gather->report;
	const struct report_facts *facts = r->facts;

	if (!facts->sealed || in->walk.last.seq != facts->sealed_seq || r->seal_fits)
		return;
	r->seal_fits = strcmp(in->walk.last.hash, facts->sealed_hash) == 0;
	r->seal_differs = !r->seal_fits;
}

static void read_record(struct gather *g, const struct log_line *line)
{
	json_t *record = json_loadb(line->text, line->len, 0, NULL);

	if (json_is_object(record))
		gather_record(g, record);
	else
		g->report->invalid++;
	json_decref(record);
}

static bool read_lines(struct reading *in, struct log_reader *reader)
{
	struct log_line line;

	while (log_reader_next(reader, &line)) {
		in->gather->report->read++;
		if (aa_audit_walk_line(&in->walk, line.text, line.len) < 0)
			return false;
		note_fault(in);
		note_seal(in);
		read_record(in->gather, &line);
		if ((line.number & 0xff) == 0)
			progress_show(in->progress, (in->done + log_reader_done(reader)) / MEGABYTE,
				      in->all / MEGABYTE);
	}
	return true;
}

/* Returns why not all could be read; NULL: all was. */
static const char *read_file(struct reading *in)
{
	struct log_reader reader;
	bool ok = log_reader_begin(&reader, in->file) && read_lines(in, &reader);
	const char *why = log_reader_end(&reader);

	return why || ok ? why : "OpenSSL fails";
}

bool read_log(struct gather *g, const struct log_files *files, struct problems *problems,
	      struct progress *progress)
{
	struct reading in = {.gather = g, .progress = progress, .all = files->size};
	struct report *r = g->report;
	bool all = true;

	for (size_t i = 0; i < files->n; i++) {
		const char *why = NULL;

		in.file = &files->v[i];
		in.begin = in.walk.lines;
		if (in.file->mtime / NANOSECONDS >= g->from - SLACK)
			why = read_file(&in);
		if (why)
			problem_error(problems, NULL, "%s cannot be read to its end: %s", in.file->path, why);
		all = all && !why;
		in.done += in.file->size;
	}
	progress_end(progress);
	aa_audit_walk_end(&in.walk, r->facts->head_seq, r->facts->head_seq ? r->facts->head_hash : NULL);
	if (in.file)
		note_fault(&in);
	r->faults = in.walk.n_faults + in.walk.more_faults;
	r->first_seq = in.walk.first_seq;
	r->last_seq = in.walk.last.seq;
	return all;
}
