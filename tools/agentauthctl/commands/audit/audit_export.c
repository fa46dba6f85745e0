/* SPDX-License-Identifier: Apache-2.0 */
/* audit_export.c: prints the records that are asked for in the words of others, a line of JSON each. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "tools/agentauthctl/commands/audit/audit.h"
#include "tools/agentauthctl/commands/audit/export_record.h"
#include "tools/cli/clock.h"
#include "tools/cli/progress.h"

#define POLL_MS 300
#define POSITION_MAX 4096 /* bytes of the file */

struct exporting {
	struct ctl *ctl;
	struct log_query query;
	json_t *(*convert)(const json_t *, const struct log_line *);
	const struct log_name *log;
	const char *position; /* the file; NULL: no position is kept */
};

/* The lines go on where one reads them; once nobody does, there is nothing more to do. */
static bool put(void *data, json_t *record, const struct log_line *line)
{
	const struct exporting *e = data;
	json_t *event = e->convert(record, line);
	int r = json_dumpf(event, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);

	(void)putchar('\n');
	json_decref(event);
	json_decref(record);
	return r == 0 && !ferror(stdout);
}

static enum ctl_status export_all(struct exporting *e)
{
	struct progress progress = {.program = "agentauthctl", .what = "MB of the log", .off = e->ctl->json};
	struct log_files files;
	enum ctl_status status = audit_open(e->ctl, e->log, e->log == &log_decisions, &files);

	if (status == CTL_DONE && !log_query_walk(&e->query, &files, &e->ctl->problems, &progress, put, e))
		status = CTL_FAILED;
	log_files_close(&files);
	return status;
}

/* ---- what came since ------------------------------------------------------ */

static enum ctl_status read_position(const struct exporting *e, struct log_place *ret)
{
	json_t *json = NULL;
	char *text = NULL;
	size_t len;
	int r = e->position
		    ? aa_trusted_read(AT_FDCWD, e->position, e->ctl->paths.owner, POSITION_MAX, &text, &len)
		    : -ENOENT;
	const char *log;

	if (r == 0)
		json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	log = json_string_value(json_object_get(json, "log"));
	if (r == 0 && (!log || !log_place_unpack(json, ret)))
		r = -EBADMSG;
	else if (r == 0 && strcmp(log, e->log->file) != 0)
		r = -EXDEV;
	json_decref(json);
	free(text);
	if (r == 0 || r == -ENOENT)
		return CTL_DONE;
	return ctl_fail(e->ctl, "%s: %s", e->position,
			r == -EBADMSG ? "it is no position in a log; without the file all is exported again"
			: r == -EXDEV ? "it is a position in the other log"
			: r == -EPERM ? "others could have written it"
				      : strerror(-r));
}

static enum ctl_status write_position(const struct exporting *e, const struct log_place *place)
{
	json_t *json = log_place_pack(place);
	char *text = NULL;
	int r = -ENOMEM;

	if (json && json_object_set_new(json, "log", json_string(e->log->file)) == 0)
		text = json_dumps(json, JSON_COMPACT);
	if (text)
		r = aa_replace(AT_FDCWD, e->position, text, strlen(text), &(struct aa_replace){0});
	free(text);
	json_decref(json);
	return r == 0 ? CTL_DONE : ctl_fail(e->ctl, "%s cannot be written: %s", e->position, strerror(-r));
}

static void take(void *data, const char *text, size_t len)
{
	const struct log_line line = {.text = text, .len = len};
	struct exporting *e = data;
	json_t *record = log_query_take(&e->query, &line);

	if (record)
		(void)put(e, record, &line);
}

/* Exports what came. Until its position is kept nobody is told to stop, so that an end in order repeats nothing. */
static enum ctl_status go_on(struct exporting *e, struct log_follow *f)
{
	const struct log_place before = f->place;
	enum ctl_status status;
	sigset_t stop, old;

	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigaddset(&stop, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &stop, &old);
	status = log_follow(f) ? CTL_DONE : CTL_FAILED;
	if (status == CTL_DONE)
		audit_tell_faults(e->ctl, &f->walk);
	if (fflush(stdout) != 0 || ferror(stdout))
		status = CTL_FAILED;
	if (status == CTL_DONE && e->position &&
	    (f->place.offset != before.offset || strcmp(f->place.hash, before.hash) != 0))
		status = write_position(e, &f->place);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return status;
}

static enum ctl_status export_new(struct exporting *e, bool follow)
{
	struct progress progress = {.program = "agentauthctl", .off = true};
	struct log_follow f = {.logdir = e->ctl->logdir,
			       .log = e->log,
			       .owner = e->ctl->paths.owner,
			       .problems = &e->ctl->problems,
			       .progress = &progress,
			       .take = take,
			       .data = e};
	enum ctl_status status = read_position(e, &f.place);

	if (status == CTL_DONE)
		status = go_on(e, &f);
	while (status == CTL_DONE && follow) {
		clock_wait(POLL_MS);
		status = go_on(e, &f);
	}
	return status;
}

/* ---- the command ---------------------------------------------------------- */

static int run_export(struct ctl *ctl, const struct arguments *arguments)
{
	bool ocsf = arguments_have(arguments, "ocsf"), ecs = arguments_have(arguments, "ecs"),
	     follow = arguments_have(arguments, "follow");
	struct exporting e = {.ctl = ctl,
			      .convert = ecs ? export_ecs : export_ocsf,
			      .log = arguments_have(arguments, "programs") ? &log_programs : &log_decisions,
			      .position = arguments_value(arguments, "position")};
	enum ctl_status status = CTL_DONE;

	if (ocsf == ecs)
		return ctl_usage(ctl, "the format is --ocsf or --ecs");
	if (!ctl->logdir)
		return audit_no_logdir(ctl);
	if (follow && arguments_value(arguments, "until"))
		return ctl_usage(ctl, "--follow has no end, and --until is one");
	status = audit_filters(ctl, arguments, &e.query);
	if (status == CTL_DONE)
		status = audit_times(ctl, arguments, &e.query);
	if (status == CTL_DONE)
		status = follow || e.position ? export_new(&e, follow) : export_all(&e);
	log_query_free(&e.query);
	return status;
}

const struct command audit_export = {
    .name = "export",
    .words = "",
    .summary = "print records for a SIEM, as OCSF or ECS has them",
    .about =
	"Each record is an object of its own line. It has the same id (metadata.uid, event.id) whenever it "
	"is exported, so that what is read twice is stored once. Several options ask for the records that "
	"fit all of them. doc/siem.md says what becomes of each "
	"event and member.",
    .options =
	(const struct option_spec[]){
	    {"ocsf", NULL, "events of the Open Cybersecurity Schema Framework 1.9", 0, NULL},
	    {"ecs", NULL, "documents of the Elastic Common Schema", 0, NULL},
	    {"programs", NULL, "those of the log of programs (record = \"exec\")", 0, NULL},
	    {"follow", NULL, "go on with those that come, until interrupted", 0, NULL},
	    {"position", "FILE", "begin where the last run with this file ended, and keep that", 0, NULL},
	    AUDIT_TIMES,
	    AUDIT_FILTERS,
	    {0}},
    .run = run_export,
};
