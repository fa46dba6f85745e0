/* SPDX-License-Identifier: Apache-2.0 */
/* gather_events.c: what each event counts for; what a log lacks (the end of a session, the records of sudo's plugin) is not
 * made up. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/report/gather_internal.h"
#include "tools/cli/alloc.h"

#define BURST_SECONDS 600
#define HOURS_KNOWN 20 /* sessions before the hours of an agent are known */
#define WAITS_MAX 10000

const char *gather_text(const json_t *record, const char *member)
{
	const char *text = json_string_value(json_object_get(record, member));

	return text ? text : "";
}

/* ---- where a record counts --------------------------------------------------- */

static size_t slot_of(const struct report *r, int64_t when)
{
	return (size_t)((when - r->since) * REPORT_SLOTS / (r->until - r->since));
}

static void count(struct tally *tally, const char *name, int64_t when, enum report_n what, uint64_t n)
{
	struct tally_row *row;

	if (!*name)
		return;
	row = tally_row(tally, name);
	row->n[what] += n;
	row->first = row->first ? row->first : when;
	row->last = when;
}

static void count_all(struct report *r, const struct gather_seen *s, enum report_n what)
{
	r->n[what] += s->count;
	if (s->agent != GATHER_NOBODY)
		r->v[s->agent].n[what] += s->count;
	count(&r->users, gather_text(s->record, "on_behalf_of"), s->when, what, s->count);
}

/* ---- refusals ------------------------------------------------------------------ */

static void add_to_burst(struct report_agent *a, const struct gather_seen *s)
{
	struct report_burst *b = &a->burst;

	if (!b->n || s->when - b->begin > BURST_SECONDS || s->when < b->begin)
		*b = (struct report_burst){.begin = s->when};
	b->n += s->count;
	b->last = s->when;
	strncpy(b->reason, gather_text(s->record, "reason"), sizeof(b->reason) - 1);
	if (b->n > a->worst.n)
		a->worst = *b;
}

static void add_refusal(struct gather *g, const struct gather_seen *s)
{
	struct report *r = g->report;

	if (!s->in_span)
		return;
	count_all(r, s, N_REFUSED);
	count(&r->reasons, gather_text(s->record, "reason"), s->when, N_REFUSED, s->count);
	r->denials[(s->when - r->bars_from) / r->bar] += s->count;
	if (s->session)
		s->session->refused += s->count;
	if (s->agent == GATHER_NOBODY)
		return;
	r->v[s->agent].refused[slot_of(r, s->when)] += (uint32_t)s->count;
	add_to_burst(&r->v[s->agent], s);
}

/* ---- sessions ------------------------------------------------------------------- */

static void mark_open(struct report *r, struct report_agent *a, int64_t start, int64_t end)
{
	size_t from = slot_of(r, start < r->since ? r->since : start),
	       to = slot_of(r, end < r->until ? end : r->until - 1);

	for (size_t i = from; i <= to; i++)
		a->open[i]++;
}

void gather_end_session(struct gather *g, const struct open_session *o, int64_t end, enum report_how how)
{
	struct report *r = g->report;
	struct report_agent *a;

	if (end > r->until)
		end = r->until;
	if (end < o->start)
		end = o->start; /* the clock was set back */
	if (o->agent == GATHER_NOBODY || end < r->since || o->start >= r->until)
		return;
	a = &r->v[o->agent];
	a->busy += end - (o->start < r->since ? r->since : o->start);
	mark_open(r, a, o->start, end);
	if (a->n_sessions == REPORT_KEPT) {
		a->more_sessions++;
		return;
	}
	grow(&a->sessions, &a->cap, a->n_sessions + 1, sizeof(*a->sessions));
	a->sessions[a->n_sessions] = (struct report_session){.start = o->start,
							     .end = end,
							     .how = how,
							     .began_before = o->start < r->since,
							     .ran = o->ran,
							     .refused = o->refused};
	memcpy(a->sessions[a->n_sessions++].id, o->id, REPORT_ID);
}

static void look_at_hour(struct report_agent *a, const struct report *r, const struct gather_seen *s)
{
	unsigned hour = (unsigned)(s->when / 3600 % 24);
	uint64_t known = 0, near;

	if (!s->in_span) {
		a->hours[hour]++;
		return;
	}
	for (size_t i = 0; i < 24; i++)
		known += a->hours[i];
	near = a->hours[hour] + a->hours[(hour + 1) % 24] + a->hours[(hour + 23) % 24];
	if (near || known < HOURS_KNOWN || a->first > r->since - 7 * REPORT_DAY)
		return;
	a->odd_hours++;
	if (!a->odd_hour)
		a->odd_hour = s->when;
}

static void add_opening(struct gather *g, const struct gather_seen *s)
{
	enum report_n what = s->in_span ? N_SESSIONS : N_SESSIONS_BEFORE;
	struct report *r = g->report;
	const json_t *role;
	size_t i;

	count_all(r, s, what);
	json_array_foreach(json_object_get(s->record, "roles"), i, role)
	{
		const char *name = json_string_value(role);

		count(&r->roles, name ? name : "", s->when, what, 1);
	}
	if (s->in_span)
		r->logins[(s->when - r->bars_from) / r->bar]++;
	if (s->agent == GATHER_NOBODY)
		return;
	count(&r->v[s->agent].sources, gather_text(s->record, "rhost"), s->when, what, 1);
	look_at_hour(&r->v[s->agent], r, s);
}

static void session_open(struct gather *g, const struct gather_seen *s)
{
	struct open_session opened = {.agent = s->agent, .start = s->when, .last = s->when}, oldest;
	const char *id = gather_text(s->record, "session");

	if (!s->ok) {
		add_refusal(g, s);
		return;
	}
	add_opening(g, s);
	if (!*id || s->session)
		return;
	strncpy(opened.id, id, sizeof(opened.id) - 1);
	if (open_sessions_add(&g->open, &opened, &oldest))
		gather_end_session(g, &oldest, oldest.last, SESSION_LOST);
}

static void session_close(struct gather *g, const struct gather_seen *s)
{
	struct open_session unknown = {.agent = s->agent, .start = g->report->since - 1};

	if (s->session) {
		gather_end_session(g, s->session, s->when, SESSION_CLOSED);
		open_sessions_remove(&g->open, s->session);
	} else if (s->in_span) {
		strncpy(unknown.id, gather_text(s->record, "session"), sizeof(unknown.id) - 1);
		gather_end_session(g, &unknown, s->when, SESSION_CLOSED);
	}
}

/* ---- sudo -------------------------------------------------------------------------- */

/* Names the role whose rule covers the command; where a log does not say it, the session's only one. */
static const char *role_of(const json_t *record)
{
	const json_t *roles = json_object_get(record, "roles");
	const char *role = gather_text(record, "role");

	if (!*role && json_array_size(roles) == 1)
		role = json_string_value(json_array_get(roles, 0));
	return role ? role : "";
}

static void add_command(struct gather *g, const struct gather_seen *s, enum report_n what)
{
	struct report *r = g->report;

	if (!s->in_span) {
		count(&r->roles, role_of(s->record), s->when, N_RAN_BEFORE, 1);
		return;
	}
	count_all(r, s, what);
	count(&r->roles, role_of(s->record), s->when, what, 1);
	count(&r->commands, gather_text(s->record, "command"), s->when, what, 1);
	if (s->session && what == N_RAN)
		s->session->ran++;
	if (s->agent != GATHER_NOBODY)
		(what == N_RAN ? r->v[s->agent].ran : r->v[s->agent].asked)[slot_of(r, s->when)]++;
}

static void add_refused_command(struct gather *g, const struct gather_seen *s)
{
	if (s->in_span)
		count(&g->report->roles, role_of(s->record), s->when, N_REFUSED, s->count);
	add_refusal(g, s);
}

/* A record of sudo's plugin says whom the command ran as; one without is of PAM, which was asked before sudo decided. */
static void sudo(struct gather *g, const struct gather_seen *s)
{
	if (!s->ok)
		add_refused_command(g, s);
	else
		add_command(g, s, *gather_text(s->record, "runas") ? N_RAN : N_ASKED);
}

/* Where sudo has no plugins, this is the only record of a command. */
static void sudo_asked(struct gather *g, const struct gather_seen *s)
{
	if (!s->ok)
		add_refused_command(g, s);
	else if (json_is_true(json_object_get(s->record, "asked_only")))
		add_command(g, s, N_ASKED);
}

static void sudo_exit(struct gather *g, const struct gather_seen *s)
{
	const json_t *record = s->record;

	if (s->in_span &&
	    (json_integer_value(json_object_get(record, "status")) || json_object_get(record, "signal")))
		g->report->failed++;
}

/* ---- approvals ---------------------------------------------------------------------- */

static void add_wait(struct report_approvals *a, int64_t seconds)
{
	if (seconds < 0 || a->n_waits == WAITS_MAX)
		return;
	grow(&a->waits, &a->cap, a->n_waits + 1, sizeof(*a->waits));
	a->waits[a->n_waits++] = (uint32_t)(seconds < UINT32_MAX ? seconds : UINT32_MAX);
}

static void remember_request(struct gather *g, const struct gather_seen *s)
{
	struct gather_request *request = &g->requests[g->next_request++ % GATHER_REQUESTS];

	*request = (struct gather_request){.when = s->when};
	strncpy(request->id, gather_text(s->record, "request"), sizeof(request->id) - 1);
}

static void add_answer(struct gather *g, const struct gather_seen *s, enum report_answer answer)
{
	const char *id = gather_text(s->record, "request");
	struct report_approvals *a = &g->report->approvals;
	const char *by = gather_text(s->record, "by");

	if (*by)
		tally_row(&a->by, by)->n[answer]++;
	for (size_t i = 0; *id && i < GATHER_REQUESTS; i++)
		if (g->requests[i].when &&
		    strncmp(g->requests[i].id, id, sizeof(g->requests[i].id) - 1) == 0) {
			add_wait(a, s->when - g->requests[i].when);
			g->requests[i].when = 0;
			return;
		}
}

static void approval(struct gather *g, const struct gather_seen *s)
{
	struct report_approvals *a = &g->report->approvals;
	const struct {
		const char *word;
		uint64_t *n;
	} steps[] = {{"requested", &a->asked}, {"approved", &a->approved},   {"denied", &a->denied},
		     {"timeout", &a->timeout}, {"withdrawn", &a->withdrawn}, {"refused", &a->refused}};
	const char *step = gather_text(s->record, "step");

	if (!s->in_span)
		return;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strcmp(step, steps[i].word) == 0)
			++*steps[i].n;
	if (strcmp(step, "requested") == 0) {
		remember_request(g, s);
		if (s->agent != GATHER_NOBODY) {
			g->report->v[s->agent].approvals++;
			g->report->v[s->agent].requests[slot_of(g->report, s->when)]++;
		}
	} else if (strcmp(step, "approved") == 0) {
		add_answer(g, s, N_APPROVED);
	} else if (strcmp(step, "denied") == 0) {
		add_answer(g, s, N_DENIED);
	}
}

/* ---- all of them ------------------------------------------------------------------- */

static void decision(struct gather *g, const struct gather_seen *s)
{
	if (!s->ok)
		add_refusal(g, s);
}

static void admin(struct gather *g, const struct gather_seen *s)
{
	g->report->admin += s->in_span;
}

static void add_said(struct report_said *said, const struct gather_seen *s, const char *member)
{
	json_int_t lines = json_integer_value(json_object_get(s->record, member));

	if (!s->in_span)
		return;
	said->times++;
	said->lines += lines > 0 ? (uint64_t)lines : 0;
	said->first = said->first ? said->first : s->when;
}

/* A clock that was set back shows in the times, too, and is counted there. */
static void said_by_log(struct gather *g, const struct gather_seen *s)
{
	const char *found = gather_text(s->record, "found");

	if (strcmp(found, "not_written") == 0)
		add_said(&g->report->unwritten, s, "lines");
	else if (strcmp(found, "clock_back") != 0)
		add_said(&g->report->gone, s, "lines");
}

static void said_by_recorder(struct gather *g, const struct gather_seen *s)
{
	add_said(&g->report->programs, s, "count");
}

static const struct {
	const char *event;
	void (*add)(struct gather *gather, const struct gather_seen *seen);
} events[] = {{"auth", decision},
	      {"account", decision},
	      {"session-open", session_open},
	      {"sudo", sudo},
	      {"sudo-asked", sudo_asked},
	      {"sudo-exit", sudo_exit},
	      {"approval", approval},
	      {"admin", admin},
	      {"session-close", session_close},
	      {"log", said_by_log},
	      {"exec-lost", said_by_recorder},
	      {"exec-gap", said_by_recorder}};

void gather_event(struct gather *g, const char *event, const struct gather_seen *seen)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (strcmp(event, events[i].event) == 0)
			events[i].add(g, seen);
}
