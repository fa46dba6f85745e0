/* SPDX-License-Identifier: Apache-2.0 */
/* audit_verify.c: proves that the audit log is whole, through all of its files, and that the seals fit it. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/state/audit_note.h"
#include "common/state/audit_verify.h"
#include "common/text/sort.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/audit/seals.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/audit/audit.h"
#include "tools/cli/progress.h"

#define SEALS_MAX (64 * 1024 * 1024)
#define TIME_AT 9 /* in a line: {"time":" */
#define TIME_LEN 26

/* The log of decisions is held by seals, the log of programs by the lines that the recorder writes into the other. */
static const struct held_by {
	const struct log_name *log;
	const char *one, *done, *none;
} by_seals = {&log_decisions, "seal", "sealed",
	      "There is no seal, so that a log that root wrote anew would look the same: agentauthctl audit "
	      "seal makes "
	      "one."},
  by_marks = {&log_programs, "mark", "marked",
	      "The audit log has no mark of it, so that a log that was written anew would look the same."};

struct verifying {
	struct ctl *ctl;
	const struct held_by *by;
	struct aa_audit_walk walk;
	struct log_files files;
	uint64_t *begins; /* of each file that was begun: how many lines are before it */
	size_t begun;
	struct aa_audit_link head;
	bool has_head;
	struct seals seals;
	struct seals_result sealed;
	int64_t back_to;	 /* 0: wherever the log begins */
	char time[TIME_LEN + 1]; /* of the line before, whose number is */
	uint64_t timed;
	struct progress progress;
	uint64_t done; /* bytes of files that are through */
};

/* ---- telling ------------------------------------------------------------- */

/* Where a line that was counted over all files stands. */
static struct position position_of(const struct verifying *v, uint64_t line)
{
	size_t i = v->begun;

	while (i > 1 && line <= v->begins[i - 1])
		i--;
	return (struct position){.file = v->files.v[i - 1].path, .line = (unsigned)(line - v->begins[i - 1])};
}

static const char *lines(uint64_t n)
{
	return n == 1 ? "line" : "lines";
}

static void print_range(char *ret, size_t size, uint64_t first, uint64_t count)
{
	if (count == 1)
		(void)snprintf(ret, size, "%" PRIu64, first);
	else
		(void)snprintf(ret, size, "%" PRIu64 " to %" PRIu64, first, first + count - 1);
}

static void tell_missing(struct verifying *v, const struct position *at, const struct aa_audit_fault *f)
{
	bool behind = f->kind == AA_AUDIT_CUT_OFF;
	char range[48];

	print_range(range, sizeof(range), f->seq, f->count);
	problem_error(&v->ctl->problems, at, "%" PRIu64 " %s %s missing %s this one: seq %s", f->count,
		      lines(f->count), f->count == 1 ? "is" : "are", behind ? "behind" : "before", range);
}

static void tell_one(struct verifying *v, const struct aa_audit_fault *f)
{
	struct problems *problems = &v->ctl->problems;
	struct position at = position_of(v, f->line);

	switch (f->kind) {
	case AA_AUDIT_CHANGED:
		problem_error(problems, &at, "this line was changed after it was written (seq %" PRIu64 ")",
			      f->seq);
		break;
	case AA_AUDIT_PUT_IN:
		problem_error(problems, &at, "%" PRIu64 " %s %s put in here, which agentauth did not write",
			      f->count, lines(f->count), f->count == 1 ? "was" : "were");
		break;
	case AA_AUDIT_MOVED:
		problem_error(problems, &at, "this line stood elsewhere (seq %" PRIu64 ")", f->seq);
		break;
	case AA_AUDIT_RESTARTED:
		problem_error(problems, &at,
			      "the log begins anew here with seq 1, after seq %" PRIu64
			      ": audit.head was removed with the log",
			      f->seq);
		break;
	case AA_AUDIT_TORN:
		problem_error(problems, &at,
			      "the last line was cut short, by a crash, a full disk or a hand");
		break;
	case AA_AUDIT_REMOVED:
	case AA_AUDIT_CUT_OFF:
		tell_missing(v, &at, f);
		break;
	}
}

static int by_line(const void *a, const void *b)
{
	const struct aa_audit_fault *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

static void tell_faults(struct verifying *v)
{
	aa_sort(v->walk.faults, v->walk.n_faults, sizeof(v->walk.faults[0]), by_line);
	for (size_t i = 0; i < v->walk.n_faults; i++)
		tell_one(v, &v->walk.faults[i]);
	if (v->walk.more_faults)
		ctl_error(v->ctl, "%" PRIu64 " more places do not fit; this is no log any more",
			  v->walk.more_faults);
}

/* A seal names the line, and the time at which that line was the log's last. */
static void tell_broken_seal(struct verifying *v)
{
	const struct seal *broken = v->sealed.broken, *good = v->sealed.good;
	struct position at;
	char since[160] = "it and all before it";

	if (!broken)
		return;
	at = position_of(v, broken->line);
	if (good)
		(void)snprintf(since, sizeof(since),
			       "what is behind seq %" PRIu64 ", which the %s of %s fits,", good->at.seq,
			       v->by->one, good->time);
	problem_error(&v->ctl->problems, &at,
		      "this is not the line that was %s on %s (seq %" PRIu64
		      "): %s may have been written anew",
		      v->by->done, broken->time, broken->at.seq, since);
	if (v->sealed.more_broken)
		ctl_error(v->ctl, "%zu later %s%s not fit either", v->sealed.more_broken, v->by->one,
			  v->sealed.more_broken == 1 ? " does" : "s do");
}

/* A seal outlives audit.head, where somebody cut off both. */
static void tell_behind(struct verifying *v)
{
	const struct seal *behind = v->sealed.behind;
	struct position at = position_of(v, v->walk.lines);
	uint64_t last = v->walk.last.seq;
	char range[48];

	if (!behind || (v->has_head && v->head.seq >= behind->at.seq))
		return;
	print_range(range, sizeof(range), last + 1, behind->at.seq - last);
	problem_error(&v->ctl->problems, &at,
		      "%" PRIu64 " %s missing behind this one: seq %s, of which the last was %s on %s",
		      behind->at.seq - last, behind->at.seq - last == 1 ? "line is" : "lines are", range,
		      v->by->done, behind->time);
}

/* Lines that are rotated away look like lines that somebody removed: the reader alone knows how far the log has to reach. */
static void tell_beginning(struct verifying *v)
{
	const struct log_file *first = &v->files.v[0];
	struct position at = {.file = first->path, .line = 1};
	char since[AA_UTC_SIZE];

	aa_utc_print(v->back_to, since);
	if (v->back_to && v->walk.first_seq > 1 && strncmp(first->first_time, since, 19) > 0)
		problem_error(&v->ctl->problems, &at,
			      "the log begins here with seq %" PRIu64
			      " of %.19sZ, and was to reach back to %s: what is before was removed",
			      v->walk.first_seq, first->first_time, since);
}

/* These are no proof that somebody changed the log, and are said all the same. */
static void tell_notes(struct verifying *v)
{
	if (!v->has_head)
		ctl_warning(v->ctl,
			    "%s has no %s: lines that were cut off at the end %s%s would not be noticed",
			    v->ctl->logdir, v->by->log->head, v->seals.n ? "since the last " : "",
			    v->seals.n ? v->by->one : "");
	if (v->walk.first_seq > 1)
		printf("It begins with seq %" PRIu64 " of %.19sZ: what was before is rotated away, or was "
		       "deleted (--back-to TIME demands it).\n",
		       v->walk.first_seq, v->files.v[0].first_time);
	if (v->walk.torn)
		printf("%" PRIu64
		       " %s of it cut short, by a crash or a full disk; what follows holds their hash.\n",
		       v->walk.torn, v->walk.torn == 1 ? "line is" : "lines are");
	if (v->walk.unchained)
		printf("%" PRIu64 " %s of it went round a lock that was held too long, and says so.\n",
		       v->walk.unchained, v->walk.unchained == 1 ? "line" : "lines");
	if (v->sealed.older)
		printf("%zu %s%s of lines that are not there any more; the last of these was %s on %s (seq "
		       "%" PRIu64 ").\n",
		       v->sealed.older, v->by->one, v->sealed.older == 1 ? " is" : "s are", v->by->done,
		       v->sealed.newest_older->time, v->sealed.newest_older->at.seq);
	if (!v->seals.n)
		puts(v->by->none);
	else if (v->sealed.good)
		printf("The last %s is of %s (seq %" PRIu64
		       "); what came since is held by nothing but this host.\n",
		       v->by->one, v->sealed.good->time, v->sealed.good->at.seq);
}

static enum ctl_status tell(struct verifying *v)
{
	bool whole;

	tell_faults(v);
	tell_broken_seal(v);
	tell_behind(v);
	tell_beginning(v);
	whole = !v->ctl->problems.errors;
	if (whole && !v->ctl->json) {
		printf("The log is whole: %" PRIu64 " records in %zu %s, to seq %" PRIu64, v->walk.lines,
		       v->files.n, v->files.n == 1 ? "file" : "files", v->walk.last.seq);
		if (v->sealed.fitting)
			printf(", %zu %s%s", v->sealed.fitting, v->by->one,
			       v->sealed.fitting == 1 ? " fits" : "s fit");
		puts(".");
		tell_notes(v);
	}
	ctl_answer(v->ctl, "whole", json_boolean(whole));
	ctl_answer(v->ctl, "records", json_integer((json_int_t)v->walk.lines));
	ctl_answer(v->ctl, "files", json_integer((json_int_t)v->files.n));
	ctl_answer(v->ctl, "first_seq", json_integer((json_int_t)v->walk.first_seq));
	ctl_answer(v->ctl, "last_seq", json_integer((json_int_t)v->walk.last.seq));
	ctl_answer(v->ctl, "seals", json_integer((json_int_t)v->sealed.fitting));
	if (v->sealed.good)
		ctl_answer(v->ctl, "sealed_until", json_string(v->sealed.good->time));
	return whole ? CTL_DONE : CTL_FAILED;
}

/* ---- walking ------------------------------------------------------------- */

/* The time stands at the beginning of each line; a clock that was set back is worth knowing. Of a line that stands at the
 * wrong place the time says nothing. */
static void look_at_time(struct verifying *v, const struct log_line *line)
{
	const char *time = line->text + TIME_AT;
	uint64_t seq = v->walk.last.seq;

	if (v->walk.last.line != v->walk.lines || line->len < TIME_AT + TIME_LEN ||
	    memcmp(line->text, "{\"time\":\"", TIME_AT) != 0)
		return;
	if (seq == v->timed + 1 && memcmp(time, v->time, TIME_LEN) < 0 &&
	    memcmp(time, v->time, sizeof("2027-01-15T08:00:0") - 1) != 0) {
		struct position at = position_of(v, v->walk.lines);

		problem_warning(&v->ctl->problems, &at, "the clock was set back here, from %.19sZ to %.19sZ",
				v->time, time);
	}
	memcpy(v->time, time, TIME_LEN);
	v->timed = seq;
}

/* The log says of itself what became of it; of the clock look_at_time() has said it. */
static void look_at_note(struct verifying *v, const struct log_line *line)
{
	json_t *record = aa_audit_note_read(line->text, line->len);
	const char *found = json_string_value(json_object_get(record, "found"));
	struct position at = position_of(v, v->walk.lines);

	if (found && strcmp(found, "clock_back") != 0)
		problem_warning(&v->ctl->problems, &at, "%s", view_text(record, "detail"));
	json_decref(record);
}

static void walk_file(struct verifying *v, const struct log_file *file)
{
	struct log_reader reader;
	struct log_line line;
	bool ok = log_reader_begin(&reader, file);
	const char *why;

	while (ok && log_reader_next(&reader, &line)) {
		ok = aa_audit_walk_line(&v->walk, line.text, line.len) == 0;
		seals_meet(&v->seals, &v->walk.last);
		look_at_time(v, &line);
		look_at_note(v, &line);
		if ((line.number & 0xff) == 0)
			progress_show(&v->progress, (v->done + log_reader_done(&reader)) / 1000000,
				      v->files.size / 1000000);
	}
	why = log_reader_end(&reader);
	if (why || !ok)
		ctl_error(v->ctl, "%s cannot be read to its end: %s", file->path,
			  why ? why : "OpenSSL refuses SHA-256");
	v->done += file->size;
}

static void walk_all(struct verifying *v)
{
	v->begins = xcalloc(v->files.n, sizeof(*v->begins));
	for (size_t i = 0; i < v->files.n; i++) {
		v->begins[v->begun++] = v->walk.lines;
		walk_file(v, &v->files.v[i]);
	}
	progress_end(&v->progress);
	aa_audit_walk_end(&v->walk, v->head.seq, v->has_head ? v->head.hash : NULL);
	v->sealed = seals_end(&v->seals, v->walk.first_seq, v->walk.last.seq);
}

/* ---- what it is held against --------------------------------------------- */

/* The head is read before the log's size: what is written meanwhile is behind both. */
static enum ctl_status read_head(struct verifying *v)
{
	int dirfd,
	    r = aa_trusted_open_folder(AT_FDCWD, v->ctl->logdir, O_NOFOLLOW, v->ctl->paths.owner, &dirfd);

	if (r < 0)
		return ctl_fail(v->ctl, "%s cannot be opened: %s", v->ctl->logdir, strerror(-r));
	r = aa_audit_read_head(dirfd, v->by->log->head, v->ctl->paths.owner, &v->head);
	v->has_head = r == 0;
	close(dirfd);
	if (r < 0 && r != -ENOENT)
		return ctl_fail(v->ctl, "%s/%s cannot be read: %s", v->ctl->logdir, v->by->log->head,
				r == -EPERM ? "others could have written it" : strerror(-r));
	return CTL_DONE;
}

static bool read_keys(struct ctl *ctl, const char *file, struct seal_keys *ret)
{
	struct buffer text = {0};
	enum aa_jose_err err;

	if (ctl_read_input(ctl, file, &text) < 0)
		return false;
	err = seal_keys_add(ret, text.data);
	if (err != AA_JOSE_OK)
		ctl_error(ctl, "%s is no public key: %s", file, aa_jose_strerror(err));
	buffer_free(&text);
	return err == AA_JOSE_OK;
}

static enum ctl_status read_seals(struct verifying *v, const char *file, const char *key_file)
{
	char *own = xasprintf("%s/" SEALS_NAME, v->ctl->logdir),
	     *own_key = xasprintf("%s/" SEAL_PUB, v->ctl->paths.statedir), *text = NULL;
	struct seal_keys keys = {NULL, 0, 0};
	enum ctl_status status = CTL_DONE;
	size_t len;
	int r = aa_trusted_read(AT_FDCWD, file ? file : own, file ? geteuid() : v->ctl->paths.owner,
				SEALS_MAX, &text, &len);

	if (r < 0 && (file || r != -ENOENT))
		status = ctl_fail(v->ctl, "the seals in %s cannot be read: %s", file ? file : own,
				  r == -EPERM ? "others could have written it" : strerror(-r));
	else if (r == 0 && !read_keys(v->ctl, key_file ? key_file : own_key, &keys))
		status = CTL_FAILED;
	else if (r == 0)
		seals_read(text, file ? file : own, &keys, &v->ctl->problems, &v->seals);
	seals_sort(&v->seals);
	seal_keys_free(&keys);
	free(text);
	free(own);
	free(own_key);
	return status;
}

static bool take_mark(void *data, json_t *record, const struct log_line *line)
{
	struct seals *marks = data;
	json_int_t seq = view_number(record, "exec_seq");
	struct seal mark = {.at.seq = (uint64_t)seq};

	(void)line;
	(void)snprintf(mark.at.hash, sizeof(mark.at.hash), "%s", view_text(record, "exec_hash"));
	(void)snprintf(mark.time, sizeof(mark.time), "%.19sZ", view_text(record, "time"));
	json_decref(record);
	if (seq > 0 && mark.at.hash[0]) {
		grow(&marks->v, &marks->cap, marks->n + 1, sizeof(*marks->v));
		marks->v[marks->n++] = mark;
	}
	return true;
}

/* The audit log itself is proved by another verify. */
static enum ctl_status read_marks(struct verifying *v)
{
	struct log_files files = {.index_fd = -1};
	struct log_query query = {.n = 0};
	enum ctl_status status = audit_open(v->ctl, &log_decisions, false, &files);

	log_query_add(&query, "event", LOG_BEGINS, "exec-");
	if (status == CTL_DONE &&
	    !log_query_walk(&query, &files, &v->ctl->problems, NULL, take_mark, &v->seals))
		status = CTL_FAILED;
	seals_sort(&v->seals);
	log_query_free(&query);
	log_files_close(&files);
	return status;
}

static enum ctl_status read_held_by(struct verifying *v, const struct arguments *arguments)
{
	const char *seals = arguments_value(arguments, "seals"), *key = arguments_value(arguments, "key");

	if (v->by == &by_marks && (seals || key))
		return ctl_usage(v->ctl, "the log of programs has no seals: the audit log names its lines");
	return v->by == &by_marks ? read_marks(v) : read_seals(v, seals, key);
}

static int run_verify(struct ctl *ctl, const struct arguments *arguments)
{
	struct verifying v = {
	    .ctl = ctl,
	    .by = arguments_have(arguments, "programs") ? &by_marks : &by_seals,
	    .files.index_fd = -1,
	    .progress = {.program = "agentauthctl", .what = "MB of the log", .off = ctl->json}};
	enum ctl_status status = audit_time(ctl, arguments, "back-to", &v.back_to);

	if (status == CTL_DONE && ctl->logdir)
		status = read_head(&v);

	if (status == CTL_DONE)
		status = audit_open(ctl, v.by->log, false, &v.files);
	if (status == CTL_DONE)
		status = read_held_by(&v, arguments);
	if (v.files.n && status == CTL_DONE) {
		walk_all(&v);
		status = tell(&v);
	}
	log_files_close(&v.files);
	seals_free(&v.seals);
	free(v.begins);
	return status;
}

const struct command audit_verify = {
    .name = "verify",
    .words = "",
    .summary = "prove that nobody changed the log, and say where somebody did",
    .about =
	"Each record holds the hash of the one before, over all files of the log, packed ones included. A "
	"record that "
	"was changed, removed, put in, moved or cut off is named by its file and line. Whoever rules the "
	"host could "
	"write the whole log anew: against that a seal helps that is kept elsewhere, which audit seal makes.",
    .options =
	(const struct option_spec[]){
	    {"seals", "FILE", "seals that were kept elsewhere (" SEALS_NAME " beside the log)", 0, NULL},
	    {"programs", NULL, "prove the log of programs (record = \"exec\") by the audit log", 0, NULL},
	    {"back-to", "TIME", "how far the log has to reach back: 400d (ago), 2027-01-15", 0, NULL},
	    {"key", "FILE", "the public key that they are signed by (" SEAL_PUB " beside the registry)", 0,
	     NULL},
	    {0}},
    .run = run_verify,
};
