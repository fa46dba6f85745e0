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
#include "common/jose/key_any.h"
#include "common/state/audit_verify.h"
#include "tools/agentauthctl/audit/seals.h"
#include "tools/agentauthctl/commands/audit/audit.h"
#include "tools/cli/progress.h"

#define SEALS_MAX (64 * 1024 * 1024)
#define TIME_AT 9 /* in a line: {"time":" */
#define TIME_LEN 26

struct verifying {
	struct ctl *ctl;
	struct aa_audit_walk walk;
	struct log_files files;
	uint64_t *begins; /* of each file: how many lines are before it */
	struct aa_audit_link head;
	bool has_head;
	struct seals seals;
	size_t next_seal, fitting, older;
	char time[TIME_LEN + 1]; /* of the line before */
	struct progress progress;
	uint64_t done; /* bytes of files that are through */
};

/* ---- telling ------------------------------------------------------------- */

/* Where a line that was counted over all files stands. */
static struct position position_of(const struct verifying *v, uint64_t line)
{
	size_t i = v->files.n;

	while (i > 1 && line <= v->begins[i - 1])
		i--;
	return (struct position){.file = v->files.v[i - 1].path, .line = (unsigned)(line - v->begins[i - 1])};
}

static const char *lines(uint64_t n)
{
	return n == 1 ? "line" : "lines";
}

static void tell_missing(struct verifying *v, const struct position *at, const struct aa_audit_fault *f)
{
	bool behind = f->kind == AA_AUDIT_CUT_OFF;
	char range[48];

	if (f->count == 1)
		(void)snprintf(range, sizeof(range), "%" PRIu64, f->seq);
	else
		(void)snprintf(range, sizeof(range), "%" PRIu64 " to %" PRIu64, f->seq,
			       f->seq + f->count - 1);
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
	case AA_AUDIT_REWRITTEN:
		problem_error(problems, &at,
			      "this is not the line that was sealed (seq %" PRIu64
			      "): it and all before it may have been written anew",
			      f->seq);
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
	qsort(v->walk.faults, v->walk.n_faults, sizeof(v->walk.faults[0]), by_line);
	for (size_t i = 0; i < v->walk.n_faults; i++)
		tell_one(v, &v->walk.faults[i]);
	if (v->walk.more_faults)
		ctl_error(v->ctl, "%" PRIu64 " more places do not fit; this is no log any more",
			  v->walk.more_faults);
}

/* These are no proof that somebody changed the log, and are said all the same. */
static void tell_notes(struct verifying *v)
{
	if (!v->has_head)
		ctl_warning(v->ctl,
			    "%s has no audit.head: lines that were cut off at the end would not be noticed",
			    v->ctl->logdir);
	if (v->walk.first_seq > 1)
		printf("It begins with seq %" PRIu64 ": what was before is rotated away, or was deleted.\n",
		       v->walk.first_seq);
	if (v->walk.torn)
		printf("%" PRIu64
		       " %s of it cut short, by a crash or a full disk; what follows holds their hash.\n",
		       v->walk.torn, v->walk.torn == 1 ? "line is" : "lines are");
	if (v->walk.unchained)
		printf("%" PRIu64 " %s of it went round a lock that was held too long, and says so.\n",
		       v->walk.unchained, v->walk.unchained == 1 ? "line" : "lines");
	if (v->older)
		printf("%zu %s of lines that are not there any more.\n", v->older,
		       v->older == 1 ? "seal is" : "seals are");
	if (!v->seals.n)
		puts("There is no seal, so that a log that root wrote anew would look the same: agentauthctl "
		     "audit "
		     "seal makes one.");
}

static enum ctl_status tell(struct verifying *v)
{
	bool whole = v->walk.n_faults == 0 && !v->ctl->problems.errors;

	tell_faults(v);
	if (whole && !v->ctl->json) {
		printf("The log is whole: %" PRIu64 " records in %zu %s, to seq %" PRIu64, v->walk.lines,
		       v->files.n, v->files.n == 1 ? "file" : "files", v->walk.last.seq);
		if (v->fitting)
			printf(", %zu %s", v->fitting, v->fitting == 1 ? "seal fits" : "seals fit");
		puts(".");
		tell_notes(v);
	}
	ctl_answer(v->ctl, "whole", json_boolean(whole));
	ctl_answer(v->ctl, "records", json_integer((json_int_t)v->walk.lines));
	ctl_answer(v->ctl, "files", json_integer((json_int_t)v->files.n));
	ctl_answer(v->ctl, "first_seq", json_integer((json_int_t)v->walk.first_seq));
	ctl_answer(v->ctl, "last_seq", json_integer((json_int_t)v->walk.last.seq));
	ctl_answer(v->ctl, "seals", json_integer((json_int_t)v->fitting));
	return whole ? CTL_DONE : CTL_FAILED;
}

/* ---- walking ------------------------------------------------------------- */

static void look_at_seals(struct verifying *v)
{
	for (; v->next_seal < v->seals.n && v->seals.v[v->next_seal].at.seq <= v->walk.last.seq;
	     v->next_seal++) {
		const struct aa_audit_link *sealed = &v->seals.v[v->next_seal].at;

		if (sealed->seq < v->walk.last.seq)
			v->older++;
		else if (strcmp(sealed->hash, v->walk.last.hash) == 0)
			v->fitting++;
		else
			aa_audit_walk_fault(&v->walk, AA_AUDIT_REWRITTEN, v->walk.last.line, sealed->seq, 1);
	}
}

/* The time stands at the beginning of each line; a clock that was set back is worth knowing. */
static void look_at_time(struct verifying *v, const struct log_line *line)
{
	const char *time = line->text + TIME_AT;

	if (line->len < TIME_AT + TIME_LEN || memcmp(line->text, "{\"time\":\"", TIME_AT) != 0)
		return;
	if (memcmp(time, v->time, TIME_LEN) < 0 &&
	    memcmp(time, v->time, sizeof("2027-01-15T08:00:0") - 1) != 0) {
		struct position at = position_of(v, v->walk.lines);

		problem_warning(&v->ctl->problems, &at, "the clock was set back here, from %.19sZ to %.19sZ",
				v->time, time);
	}
	memcpy(v->time, time, TIME_LEN);
}

static bool walk_file(struct verifying *v, const struct log_file *file)
{
	struct log_reader reader;
	struct log_line line;
	bool ok = log_reader_begin(&reader, file);

	while (ok && log_reader_next(&reader, &line)) {
		ok = aa_audit_walk_line(&v->walk, line.text, line.len) == 0;
		look_at_seals(v);
		look_at_time(v, &line);
		if ((line.number & 0xff) == 0)
			progress_show(&v->progress,
				      (v->done + (reader.unpacker ? 0 : file->size - reader.left)) / 1000000,
				      v->files.size / 1000000);
	}
	return log_reader_end(&reader) && ok;
}

static void walk_all(struct verifying *v)
{
	v->begins = xcalloc(v->files.n, sizeof(*v->begins));
	for (size_t i = 0; i < v->files.n; i++) {
		const struct log_file *file = &v->files.v[i];
		size_t begun = v->files.n;

		for (size_t j = i; j < begun; j++)
			v->begins[j] = v->walk.lines;
		if (!walk_file(v, file))
			ctl_error(v->ctl, "%s cannot be read to its end%s", file->path,
				  file->unpacked_by ? ": it is damaged" : "");
		v->done += file->size;
	}
	progress_end(&v->progress);
	aa_audit_walk_end(&v->walk, v->head.seq, v->has_head ? v->head.hash : NULL);
	/* A seal outlives audit.head, where somebody cut off both. */
	if (v->next_seal < v->seals.n && v->seals.v[v->seals.n - 1].at.seq > v->walk.last.seq &&
	    (!v->has_head || v->head.seq < v->seals.v[v->seals.n - 1].at.seq))
		aa_audit_walk_fault(&v->walk, AA_AUDIT_CUT_OFF, v->walk.last.line, v->walk.last.seq + 1,
				    v->seals.v[v->seals.n - 1].at.seq - v->walk.last.seq);
}

/* ---- what it is held against --------------------------------------------- */

/* audit.head is read before the log's size: what is written meanwhile is behind both. */
static enum ctl_status read_head(struct verifying *v)
{
	int dirfd,
	    r = aa_trusted_open_folder(AT_FDCWD, v->ctl->logdir, O_NOFOLLOW, v->ctl->paths.owner, &dirfd);

	if (r < 0)
		return ctl_fail(v->ctl, "%s cannot be opened: %s", v->ctl->logdir, strerror(-r));
	r = aa_audit_read_head(dirfd, v->ctl->paths.owner, &v->head);
	v->has_head = r == 0;
	close(dirfd);
	if (r < 0 && r != -ENOENT)
		return ctl_fail(v->ctl, "%s/audit.head cannot be read: %s", v->ctl->logdir,
				r == -EPERM ? "others could have written it" : strerror(-r));
	return CTL_DONE;
}

static struct aa_key *read_key(struct ctl *ctl, const char *file)
{
	struct buffer text = {0};
	struct aa_key *key = NULL;
	enum aa_jose_err err;

	if (ctl_read_input(ctl, file, &text) < 0)
		return NULL;
	err = aa_key_from_any(text.data, text.len, &key);
	if (err != AA_JOSE_OK)
		ctl_error(ctl, "%s is no public key: %s", file, aa_jose_strerror(err));
	buffer_free(&text);
	return key;
}

static enum ctl_status read_seals(struct verifying *v, const char *file, const char *key_file)
{
	char *own = xasprintf("%s/" SEALS_NAME, v->ctl->logdir),
	     *own_key = xasprintf("%s/" SEAL_PUB, v->ctl->paths.statedir), *text = NULL;
	size_t len;
	int r = aa_trusted_read(AT_FDCWD, file ? file : own, file ? geteuid() : v->ctl->paths.owner,
				SEALS_MAX, &text, &len);
	struct aa_key *key = r == 0 ? read_key(v->ctl, key_file ? key_file : own_key) : NULL;
	enum ctl_status status = CTL_DONE;

	if (r < 0 && (file || r != -ENOENT))
		status = ctl_fail(v->ctl, "the seals in %s cannot be read: %s", file ? file : own,
				  r == -EPERM ? "others could have written it" : strerror(-r));
	else if (r == 0 && (!key || !seals_read(text, file ? file : own, key, &v->ctl->problems, &v->seals)))
		status = CTL_FAILED;
	seals_sort(&v->seals);
	aa_key_free(key);
	free(text);
	free(own);
	free(own_key);
	return status;
}

static int run_verify(struct ctl *ctl, const struct arguments *arguments)
{
	struct verifying v = {
	    .ctl = ctl, .progress = {.program = "agentauthctl", .what = "MB of the log", .off = ctl->json}};
	enum ctl_status status = ctl->logdir ? read_head(&v) : CTL_DONE;

	if (status == CTL_DONE)
		status = audit_open(ctl, &v.files);
	if (status == CTL_DONE)
		status =
		    read_seals(&v, arguments_value(arguments, "seals"), arguments_value(arguments, "key"));
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
	    {"key", "FILE", "the public key that they are signed by (" SEAL_PUB " beside the registry)", 0,
	     NULL},
	    {0}},
    .run = run_verify,
};
