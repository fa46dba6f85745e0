/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_session.c lists and ends the sessions of agents, and clears away what is over. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/state/approval.h"
#include "common/state/audit_record.h"
#include "common/state/cast_store.h"
#include "common/state/kill.h"
#include "common/state/replay.h"
#include "common/state/session.h"
#include "common/state/session_find.h"
#include "common/text/number.h"
#include "common/text/shown.h"
#include "common/text/sort.h"
#include "common/verify/verdict.h"
#include "tools/agentauthctl/commands/audit/audit.h"
#include "tools/agentauthctl/commands/clock.h"
#include "tools/agentauthctl/commands/cmd_elevate.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/ctl_kill.h"
#include "tools/agentauthctl/commands/ctl_publish.h"
#include "tools/agentauthctl/commands/replay/session_replay.h"
#include "tools/agentauthctl/commands/watch.h"
#include "tools/agentauthctl/names/leftovers.h"
#include "tools/agentauthctl/publish/withheld.h"
#include "tools/cli/table.h"

#define WARN_SECONDS \
	120 /* before the deadline: two runs of the timer, so that one is more than a minute before */
#define GRACE_SECONDS 10 /* between TERM and KILL */
#define KILL_MS 5000

/* ---- taking them all -------------------------------------------------------- */

struct sessions {
	struct aa_session **v;
	size_t n, cap;
};

static void add(void *data, struct aa_session *session)
{
	struct sessions *s = data;

	grow(&s->v, &s->cap, s->n + 1, sizeof(*s->v));
	s->v[s->n++] = session;
}

static bool collect(void *data, struct aa_session *session)
{
	if (aa_session_is_live(session))
		add(data, session);
	else
		aa_session_free(session);
	return true;
}

static int by_opening(const void *a, const void *b)
{
	const struct aa_session *x = *(struct aa_session *const *)a, *y = *(struct aa_session *const *)b;

	if (x->opened != y->opened)
		return x->opened < y->opened ? -1 : 1;
	return strcmp(x->id, y->id);
}

static enum ctl_status taken(struct ctl *ctl, long err, struct sessions *ret)
{
	if (err < 0)
		return ctl_fail(ctl, "the sessions in %s cannot be read: %s", ctl->rundir,
				strerror((int)-err));
	aa_sort(ret->v, ret->n, sizeof(*ret->v), by_opening);
	return CTL_DONE;
}

static enum ctl_status take(struct ctl *ctl, struct sessions *ret)
{
	return taken(ctl, aa_session_each(ctl->rundir, ctl->paths.owner, collect, ret), ret);
}

static void sessions_free(struct sessions *s)
{
	for (size_t i = 0; i < s->n; i++)
		aa_session_free(s->v[i]);
	free(s->v);
}

/* ---- list ---------------------------------------------------------------------- */

static char *roles_text(const struct aa_session *s)
{
	struct buffer b = {0};

	for (size_t i = 0; i < s->roles.n; i++)
		buffer_printf(&b, "%s%s", i ? "," : "", s->roles.v[i]);
	return b.len ? buffer_take(&b) : xstrdup("-");
}

/* span() writes how long a time is: "3m", "2h", "4d". */
static const char *span(int64_t seconds, char ret[24])
{
	if (seconds < 0)
		(void)snprintf(ret, 24, "over");
	else if (seconds < 120)
		(void)snprintf(ret, 24, "%llds", (long long)seconds);
	else if (seconds < 7200)
		(void)snprintf(ret, 24, "%lldm", (long long)seconds / 60);
	else if (seconds < 172800)
		(void)snprintf(ret, 24, "%lldh", (long long)seconds / 3600);
	else
		(void)snprintf(ret, 24, "%lldd", (long long)seconds / 86400);
	return ret;
}

static const struct table_column columns[] = {
    {"ID", 0},	 {"AGENT", 0}, {"KIND", 0},  {"SINCE", 0}, {"LEFT", 0},
    {"FROM", 0}, {"PROCS", 0}, {"ROLES", 0}, {"FOR", 0},   {NULL, 0},
};

static void add_row(struct table *table, const struct ctl *ctl, const struct aa_session *s, long processes)
{
	char since[24], left[24], *roles = roles_text(s);

	table_printf(table, "%.8s", s->id);
	table_add(table, s->agent);
	table_add(table, aa_kind_name(s->kind));
	table_add(table, span(ctl->now - s->opened, since));
	table_add(table, s->deadline ? span(s->deadline - ctl->now, left) : "-");
	table_add(table, s->rhost);
	table_printf(table, "%ld", processes);
	table_add(table, roles);
	table_add(table, s->on_behalf_of ? s->on_behalf_of : "-");
	free(roles);
}

static json_t *session_json(const struct aa_session *s, long processes)
{
	static const char *const hidden[] = {"creator", "parent", "boot_id"};
	json_t *json = json_copy(s->json);

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		(void)json_object_del(json, hidden[i]);
	(void)json_object_set_new(json, "processes", json_integer(processes));
	return json;
}

static enum ctl_status list_once(struct ctl *ctl)
{
	struct sessions s = {0};
	enum ctl_status status = take(ctl, &s);
	long *counts = xcalloc(s.n + 1, sizeof(*counts));
	const struct aa_process_set set = {.sessions = s.v, .n_sessions = s.n};
	struct table table = {.columns = columns};
	json_t *list = json_array();

	if (status == CTL_DONE && aa_processes_counts(&set, counts) < 0)
		status = ctl_fail(ctl, "/proc cannot be read");
	for (size_t i = 0; i < s.n && status == CTL_DONE; i++) {
		if (ctl->json)
			(void)json_array_append_new(list, session_json(s.v[i], counts[i]));
		else
			add_row(&table, ctl, s.v[i], counts[i]);
	}
	if (table.n)
		table_print(&table);
	else if (status == CTL_DONE && !ctl->json)
		puts("No agent has a session.");
	table_free(&table);
	ctl_answer(ctl, "sessions", list);
	free(counts);
	sessions_free(&s);
	return status;
}

static int run_list(struct ctl *ctl, const struct arguments *arguments)
{
	return ctl_watch(ctl, arguments, 2, list_once);
}

static const struct command session_list = {
    .name = "list",
    .words = "",
    .summary = "list the live sessions of agents",
    .about = "SINCE is how long a session has been open, LEFT how long it may go on, FOR the user that it "
	     "acts for. An ID is shown by its first eight digits, which session kill takes.",
    .options =
	(const struct option_spec[]){{"watch", NULL, "again every two seconds, until interrupted", 0, NULL},
				     {0}},
    .run = run_list,
};

/* ---- kill -------------------------------------------------------------------------- */

/* find() returns the one live session whose id begins so. */
static struct aa_session *find(struct ctl *ctl, struct sessions *s, const char *id)
{
	struct aa_session *found = NULL;

	for (size_t i = 0; i < s->n; i++) {
		if (strncmp(s->v[i]->id, id, strlen(id)) != 0)
			continue;
		if (found) {
			ctl_error(ctl, "more than one session's id begins with %s; give more of it",
				  quoted(id));
			return NULL;
		}
		found = s->v[i];
	}
	if (!found)
		ctl_error(ctl, "no live session's id begins with %s; agentauthctl session list shows them",
			  quoted(id));
	return found;
}

static enum ctl_status kill_session(struct ctl *ctl, const char *id)
{
	struct sessions s = {0};
	enum ctl_status status = take(ctl, &s);
	struct aa_session *session = NULL;

	if (strlen(id) < 4)
		status = ctl_usage(ctl, "give at least four digits of a session's id");
	if (status == CTL_DONE)
		session = find(ctl, &s, id);
	if (status == CTL_DONE && !session)
		status = CTL_FAILED;
	if (status == CTL_DONE)
		status = ctl_kill_session(ctl, session);
	sessions_free(&s);
	return status;
}

static int run_kill(struct ctl *ctl, const struct arguments *arguments)
{
	const char *agent = arguments_value(arguments, "agent");

	if ((agent != NULL) == (arguments->n_words > 0))
		return ctl_usage(ctl, "say which: session kill ID, or session kill --agent NAME");
	if (agent)
		return ctl_kill_agent(ctl, agent);
	return kill_session(ctl, arguments->words[0]);
}

static const struct command session_kill = {
    .name = "kill",
    .words = "[ID]",
    .max_words = 1,
    .summary = "end a session's processes, or all of an agent's",
    .about = "This ends what runs and refuses nothing: agentauthctl suspend NAME --kill does both. What "
	     "the agent's sudo runs, and what detached itself, ends too.",
    .options = (const struct option_spec[]){{"agent", "NAME", "every process of this agent", 0, NULL}, {0}},
    .run = run_kill,
};

/* ---- reap ------------------------------------------------------------------------------ */

/* A line in the session's terminals warns of its end. */
static void warn(const struct ctl *ctl, struct aa_session *s)
{
	char text[160], left[24];

	(void)snprintf(text, sizeof(text), "\r\nagentauth: this session of %s ends in %s.\r\n", s->agent,
		       span(s->deadline - ctl->now, left));
	(void)aa_kill_warn(s, text);
}

struct reaping {
	struct sessions over;
	size_t warned;
	long swept;
};

/* choose() takes the sessions that are past their deadline, and those whose agent's name or uid turned out to be a
 * person's too. */
static enum ctl_status choose(struct ctl *ctl, struct reaping *r)
{
	struct sessions all = {0};
	enum ctl_status status;

	/* Sessions that ended by themselves are removed in the same look at them all. */
	if (!ctl->dry_run)
		r->swept = ctl_sweep_sessions(ctl, add, &all);
	status = ctl->dry_run ? take(ctl, &all) : taken(ctl, r->swept, &all);
	for (size_t i = 0; i < all.n && status == CTL_DONE; i++) {
		struct aa_session *s = all.v[i];
		int64_t left = s->deadline - ctl->now;

		if (aa_session_is_past(s, ctl->now) || withheld_has(&ctl->paths, s->agent)) {
			grow(&r->over.v, &r->over.cap, r->over.n + 1, sizeof(*r->over.v));
			r->over.v[r->over.n++] = s;
			all.v[i] = NULL;
		} else if (s->deadline && left <= WARN_SECONDS && !ctl->dry_run) {
			warn(ctl, s);
			r->warned++;
		}
	}
	sessions_free(&all);
	return status;
}

/* end_all() sends TERM to all of them, and KILL to what is left after the grace period. */
static enum ctl_status end_all(struct ctl *ctl, const struct reaping *r, int64_t grace)
{
	const struct timespec step = {0, 100000000};
	const struct aa_process_set set = {.sessions = r->over.v, .n_sessions = r->over.n};
	enum ctl_status status = CTL_DONE;
	long killed;

	if (!r->over.n)
		return CTL_DONE;
	(void)aa_kill_signal(&set, SIGTERM);
	(void)aa_kill_signal(&set, SIGCONT);
	for (int64_t waited = 0; waited < grace * 10 && aa_processes_count(&set) > 0; waited++)
		(void)nanosleep(&step, NULL);
	if (aa_kill(&set, KILL_MS, &killed) != 0)
		status = ctl_fail(
		    ctl, "some processes of sessions that are past their deadline could not be ended");
	return status;
}

/* A session whose opener lives on is not over: its PAM ends it, or the next minute does. */
static void end_records(struct ctl *ctl, const struct reaping *r)
{
	for (size_t i = 0; i < r->over.n; i++) {
		const struct aa_session *s = r->over.v[i];

		if (!aa_session_is_live(s))
			ctl_end_session(ctl, s, aa_session_over(s, ctl->now, false));
	}
}

static void keep_request(void *data, json_t *request)
{
	(void)data;
	json_decref(request);
}

static enum aa_reason log_recording(void *data, json_t *record)
{
	return ctl_audit_append(data, record) ? AA_OK : AA_AUDIT_UNAVAILABLE;
}

/* sweep_recordings() seals what killed sudos have left, and says in the log how many were old enough to go. */
static void sweep_recordings(struct ctl *ctl)
{
	unsigned removed =
	    ctl->logdir ? aa_cast_sweep(ctl->logdir, ctl->paths.owner, ctl->now, log_recording, ctl) : 0;
	json_t *record;

	if (!removed)
		return;
	record = aa_audit_recording(NULL, "removed", NULL, "ok", AA_OK);
	aa_audit_put(record, "count", json_integer(removed));
	(void)ctl_audit_append(ctl, record);
}

/* Marks, requests and files that nobody needs any more go with the sessions that are over. */
static void clear_away(struct ctl *ctl)
{
	(void)aa_approval_each(ctl->rundir, ctl->paths.owner, ctl->now, keep_request, ctl_audit_gone, ctl);
	elevate_forget_over(ctl);
	(void)aa_replay_purge(ctl->rundir, ctl->now);
	(void)leftovers_remove(ctl->paths.statedir, ctl->rundir, ctl->now);
	ctl_audit_settle(ctl);
	sweep_recordings(ctl);
}

static enum ctl_status reap(struct ctl *ctl, struct reaping *r, int64_t grace)
{
	enum ctl_status status = choose(ctl, r);

	if (status != CTL_DONE || ctl->dry_run)
		return status;
	status = end_all(ctl, r, grace);
	end_records(ctl, r);
	clear_away(ctl);
	/* The other sources of names come last, since a directory may not answer: deadlines do not wait for it. */
	ctl_withhold(ctl, NULL);
	return status;
}

static void tell_reaped(struct ctl *ctl, const struct reaping *r, bool done)
{
	if (done && !ctl->json && (r->over.n || isatty(STDOUT_FILENO)))
		printf("%zu session%s past the deadline %s.\n", r->over.n, r->over.n == 1 ? "" : "s",
		       ctl->dry_run ? "would end" : "ended");
	ctl_answer(ctl, "ended", json_integer((json_int_t)r->over.n));
	ctl_answer(ctl, "warned", json_integer((json_int_t)r->warned));
	ctl_answer(ctl, "swept", json_integer(r->swept > 0 ? r->swept : 0));
}

static int run_reap(struct ctl *ctl, const struct arguments *arguments)
{
	const char *given = arguments_value(arguments, "grace");
	enum ctl_status status, clock;
	int64_t grace = GRACE_SECONDS;
	struct reaping r = {0};

	if (given && !aa_number_parse(given, 0, 300, &grace))
		return ctl_usage(ctl, "--grace takes seconds, 0 to 300");
	status = reap(ctl, &r, grace);
	clock = clock_mend(ctl, arguments_have(arguments, "clock-is-right"));
	tell_reaped(ctl, &r, status == CTL_DONE);
	if (ctl->logdir)
		(void)audit_index_more(ctl, 1, NULL); /* a hint, which the log does without */
	sessions_free(&r.over);
	if (status != CTL_DONE)
		return status;
	return clock;
}

static const struct command session_reap = {
    .name = "reap",
    .words = "",
    .summary = "end the sessions that are past their deadline; a timer runs this every minute",
    .about = "Processes get TERM, and KILL after the grace period. A minute or two before, a line in the "
	     "session's terminals says so. Records of sessions that are gone, marks of credentials that "
	     "have expired, and files of writers that were killed are removed. Where the clock was ahead "
	     "when the host came up, agents are let in again. Names of agents that another source of names "
	     "has come to know are withheld from NSS, and given back when it does not know them any more.",
    .options = (const struct option_spec[]){{"grace", "SECONDS", "between TERM and KILL (10)", 0, NULL},
					    {"clock-is-right", NULL, "the clock was ahead, and is right now",
					     0, NULL},
					    {0}},
    .run = run_reap,
};

const struct command cmd_session = {
    .name = "session",
    .words = "COMMAND",
    .summary = "list, replay, end and clean up agents' sessions",
    .sub =
	(const struct command *const[]){&session_list, &session_replay, &session_kill, &session_reap, NULL},
};
