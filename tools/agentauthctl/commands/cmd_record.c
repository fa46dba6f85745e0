/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_record.c records the programs of agents whose roles say record = "exec", until it is told to stop. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/state/audit_chain.h"
#include "common/state/audit_record.h"
#include "common/state/monotonic.h"
#include "common/state/recorder.h"
#include "common/state/session_find.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/record/exec_log.h"
#include "tools/agentauthctl/record/exec_source.h"
#include "tools/agentauthctl/record/whose.h"

#define WRITE_US 20000 /* that a line waits at most */
#define SECOND_US 1000000
#define LOSS_US (10 * SECOND_US) /* between two lines about losses */
#define MARK_US (600LL * SECOND_US)

struct recorder {
	struct ctl *ctl;
	int held, signals;
	struct whose *whose;
	struct exec_range range;
	char *marker;
	struct exec_source source;
	bool has_source, if_none;
	struct exec_log log;
	struct exec_loss loss;
	uint64_t marked;				       /* the last line that the audit log knows of */
	uint64_t asked_at;				       /* the last line when losses were looked at */
	int64_t came, waits_since, second, lost_at, marked_at; /* of the monotonic clock */
};

/* ---- the audit log ------------------------------------------------------------------ */

/* Logs what the recorder does. Each such line says how far the log of programs has come. */
static void tell(struct recorder *r, const char *event, bool ok, json_t *more)
{
	json_t *record = json_object();

	aa_audit_set(record, "event", event);
	aa_audit_set(record, "service", "record");
	aa_audit_set(record, "result", ok ? "ok" : "error");
	aa_audit_set(record, "reason", ok ? "ok" : "audit_unavailable");
	aa_audit_set(record, "method", r->has_source ? r->source.name : NULL);
	if (more && json_object_update(record, more) < 0)
		(void)json_object_clear(record);
	json_decref(more);
	aa_audit_put(record, "exec_seq", json_integer((json_int_t)r->log.end.link.seq));
	aa_audit_set(record, "exec_hash", r->log.end.link.hash);
	r->marked = r->log.end.link.seq;
	ctl_audit_append(r->ctl, record);
}

static void tell_gap(struct recorder *r, int64_t since)
{
	char time[AA_UTC_SIZE];

	aa_utc_print(since, time);
	tell(r, "exec-gap", false, json_pack("{s:s}", "since", time));
}

static bool is_live(void *data, struct aa_session *session)
{
	bool *any = data;

	*any = *any || aa_session_is_live(session);
	aa_session_free(session);
	return !*any;
}

/* A loss while no agent was here was of nobody that is recorded. */
static void tell_loss(struct recorder *r)
{
	struct exec_loss loss = r->loss;
	bool any = r->asked_at != r->log.end.link.seq;
	json_t *more;

	r->asked_at = r->log.end.link.seq;
	r->loss = (struct exec_loss){0};
	if (!any)
		(void)aa_session_each(r->ctl->rundir, r->ctl->paths.owner, is_live, &any);
	if ((!any && !r->log.lost) || (!loss.known && !loss.more && !r->log.lost))
		return;
	more = json_pack("{s:I}", "count", (json_int_t)((any ? loss.known : 0) + r->log.lost));
	if (loss.more && any)
		aa_audit_put(more, "and_more", json_true());
	r->log.lost = 0;
	tell(r, "exec-lost", false, more);
}

/* ---- programs ----------------------------------------------------------------------- */

static void take(void *data, const struct exec_event *event)
{
	struct recorder *r = data;
	struct whose_answer whose;
	struct exec_event e;

	whose_is(r->whose, event, aa_monotonic_us(), &whose);
	if (!whose.recorded)
		return;
	memcpy(e.words, event->words, sizeof(e.words));
	const struct aa_audit_exec exec = {.agent = whose.agent,
					   .session = whose.session ? whose.session->id : NULL,
					   .on_behalf_of = whose.session ? whose.session->on_behalf_of : NULL,
					   .task = whose.session ? whose.session->task : NULL,
					   .uid = whose.uid,
					   .euid = event->euid,
					   .pid = event->pid,
					   .ppid = event->ppid,
					   .path = event->path,
					   .directory = event->directory,
					   .words = e.words,
					   .kept = event->kept,
					   .length = event->length};
	if (!r->log.waiting)
		r->waits_since = aa_monotonic_us();
	exec_log_add(&r->log, aa_audit_exec(&exec), event->seconds * 1000000 + event->micros, r->ctl->host);
}

/* ---- the loop ----------------------------------------------------------------------- */

/* Does once a second what has to be done now and then. */
static void tick(struct recorder *r, int64_t now)
{
	struct exec_loss loss = r->source.lost(r->source.self);

	r->second = now;
	aa_recorder_note(r->held, r->source.name);
	r->loss.known += loss.known;
	r->loss.more = r->loss.more || loss.more;
	if (now - r->lost_at > LOSS_US) {
		r->lost_at = now;
		tell_loss(r);
	}
	if (now - r->marked_at > MARK_US && !r->log.waiting) {
		r->marked_at = now;
		if (r->marked != r->log.end.link.seq)
			tell(r, "exec-mark", true, NULL);
	}
}

static bool told_to_stop(const struct recorder *r)
{
	struct signalfd_siginfo info;

	return read(r->signals, &info, sizeof(info)) == (ssize_t)sizeof(info);
}

static void record(struct recorder *r)
{
	int wants = -1;

	for (;;) {
		struct pollfd fds[] = {{r->source.fd, POLLIN, 0}, {r->signals, POLLIN, 0}};
		int most = r->log.waiting ? WRITE_US : SECOND_US - 1;
		struct timespec wait = {0, (wants >= 0 && wants < most ? wants : most) * 1000L};
		int64_t now;

		(void)ppoll(fds, 2, &wait, NULL);
		now = aa_monotonic_us();
		if (fds[1].revents && told_to_stop(r))
			return;
		if (fds[0].revents)
			r->came = now;
		wants = r->source.read(r->source.self, now - r->came > SECOND_US / 2);
		if (r->log.waiting && now - r->waits_since > WRITE_US)
			(void)exec_log_write(&r->log);
		if (now - r->second > SECOND_US)
			tick(r, now);
	}
}

/* ---- beginning and end ------------------------------------------------------------------- */

static enum ctl_status choose_source(struct recorder *r, const char *method)
{
	int audit = -ENOENT, perf = -ENOENT;

	if (!method || strcmp(method, "audit") == 0)
		audit = audit_source_open(&r->range, r->marker, take, r, &r->source);
	if (audit < 0 && (!method || strcmp(method, "perf") == 0))
		perf = perf_source_open(&r->range, take, r, &r->source);
	r->has_source = audit == 0 || perf == 0;
	if (r->has_source)
		return CTL_DONE;
	if (method && strcmp(method, "audit") == 0)
		return ctl_fail(r->ctl, "the kernel's audit cannot be used here: %s", strerror(-audit));
	return ctl_fail(r->ctl, "neither the kernel's audit nor its perf events can be used here: %s",
			strerror(-perf));
}

static enum ctl_status open_log(struct recorder *r)
{
	int err = exec_log_open(&r->log, r->ctl->logdir, r->ctl->paths.owner);

	if (err < 0)
		return ctl_fail(r->ctl, "%s/" AA_EXEC_LOG " cannot be written: %s", r->ctl->logdir,
				strerror(-err));
	return CTL_DONE;
}

static enum ctl_status hold(struct recorder *r, int64_t *ret_since)
{
	r->held = aa_recorder_hold(r->ctl->rundir, r->ctl->paths.owner, ret_since);
	if (r->held == -EAGAIN && r->if_none)
		return CTL_DONE;
	if (r->held == -EAGAIN)
		return ctl_fail(r->ctl, "a recorder runs already");
	if (r->held < 0)
		return ctl_fail(r->ctl, "%s/recorder cannot be written: %s", r->ctl->rundir,
				strerror(-r->held));
	return CTL_DONE;
}

static enum ctl_status begin(struct recorder *r, const char *method)
{
	int64_t since = 0;
	enum ctl_status status = hold(r, &since);
	sigset_t set;

	if (status == CTL_DONE && r->held >= 0)
		status = open_log(r);
	if (status == CTL_DONE && r->held >= 0)
		status = choose_source(r, method);
	if (status != CTL_DONE || r->held < 0)
		return status;
	ctl_learn_host(r->ctl);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	r->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	/* A program that has ended cannot be read any more. */
	(void)setpriority(PRIO_PROCESS, 0, -10);
	r->asked_at = r->log.end.link.seq;
	r->came = r->second = r->lost_at = r->marked_at = aa_monotonic_us();
	aa_recorder_note(r->held, r->source.name);
	if (since)
		tell_gap(r, since);
	tell(r, "exec-start", true, NULL);
	printf("records by %s\n", r->source.name);
	(void)fflush(stdout);
	return CTL_DONE;
}

static void end(struct recorder *r)
{
	struct exec_loss loss = r->source.lost(r->source.self);

	r->source.close(r->source.self);
	(void)exec_log_write(&r->log);
	r->loss.known += loss.known;
	r->loss.more = r->loss.more || loss.more;
	tell_loss(r);
	tell(r, "exec-stop", true, NULL);
	aa_recorder_note(r->held, "stopped");
}

static void release(struct recorder *r)
{
	exec_log_close(&r->log);
	if (r->held >= 0)
		close(r->held);
	if (r->signals >= 0)
		close(r->signals);
	whose_free(r->whose);
	free(r->marker);
}

static enum ctl_status clean(struct recorder *r)
{
	int err = audit_source_clean(&r->range, r->marker);

	/* Where there is no audit there is nothing to be taken out of it. */
	if (err == 0 || err == -EPERM || err == -EPROTONOSUPPORT || err == -ECONNREFUSED)
		return CTL_DONE;
	return ctl_fail(r->ctl, "the rules cannot be taken out of the kernel's audit: %s", strerror(-err));
}

static int run_record(struct ctl *ctl, const struct arguments *arguments)
{
	const char *method = arguments_value(arguments, "method");
	struct recorder r = {
	    .ctl = ctl, .held = -1, .signals = -1, .log = {.dir = -1, .fd = -1, .head_fd = -1}};
	enum ctl_status status;

	if (method && strcmp(method, "audit") != 0 && strcmp(method, "perf") != 0)
		return ctl_usage(ctl, "--method %s: neither audit nor perf", quoted(method));
	if (!ctl->logdir)
		return ctl_usage(ctl, "there is no log to write: --statedir is given without --logdir");
	r.if_none = arguments_have(arguments, "if-none");
	r.marker = xasprintf("%s/recorder.audit", ctl->rundir);
	r.whose = whose_new(ctl->paths.statedir, ctl->rundir, ctl->paths.owner);
	if (!r.whose || !whose_range(r.whose, &r.range))
		status = ctl_fail(ctl, "the registry cannot be read");
	else if (arguments_have(arguments, "clean"))
		status = clean(&r);
	else
		status = begin(&r, method);
	if (status == CTL_DONE && r.has_source) {
		record(&r);
		end(&r);
	} else if (r.has_source) {
		r.source.close(r.source.self);
	}
	release(&r);
	return status;
}

const struct command cmd_record = {
    .name = "record",
    .also = "recorder exec execve",
    .words = "",
    .summary = "record the programs of agents whose roles say so; agentauth-record.service runs this",
    .about =
	"It writes each program that is started in a session of such an agent, and below it, to " AA_EXEC_LOG
	" beside the audit log, until it is told to stop (TERM).",
    .options =
	(const struct option_spec[]){
	    {"method", "audit|perf",
	     "how it learns of them (audit, and where that cannot be used perf events)", 0, NULL},
	    {"if-none", NULL, "do nothing where one runs already, for cron", 0, NULL},
	    {"clean", NULL, "only undo what one that was killed left in the kernel", 0, NULL},
	    {0}},
    .run = run_record,
};
