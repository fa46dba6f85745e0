/* SPDX-License-Identifier: Apache-2.0 */
/* gather.c: see gather.h. */
#include "config.h"

#include "tools/agentauthctl/report/gather.h"

#include <stdlib.h>
#include <string.h>

#include "common/text/sort.h"
#include "tools/agentauthctl/audit/log_line.h"
#include "tools/agentauthctl/report/gather_internal.h"
#include "tools/cli/alloc.h"

#define CLOCK_SLACK 10	  /* seconds between two writers that are no clock set back */
#define COUNT_MAX 1000000 /* that one line may stand for */

static size_t agent_number(struct report *r, const char *name, int64_t when)
{
	struct tally_row *row;
	struct report_agent *a;
	size_t number;

	if (!*name)
		return GATHER_NOBODY;
	row = tally_row(&r->agents, name);
	if (row == &r->agents.rest)
		return GATHER_NOBODY;
	number = (size_t)(row - r->agents.v);
	if (number == r->agents.n - 1 && !row->first) {
		grow(&r->v, &r->cap, r->agents.n, sizeof(*r->v));
		a = &r->v[number];
		*a = (struct report_agent){
		    .name = row->name, .first = when, .sources = {.max = REPORT_SOURCES}};
		a->ran = xcalloc(5 * REPORT_SLOTS, sizeof(*a->ran));
		a->refused = a->ran + REPORT_SLOTS;
		a->asked = a->refused + REPORT_SLOTS;
		a->requests = a->asked + REPORT_SLOTS;
		a->open = a->requests + REPORT_SLOTS;
		row->first = when;
	}
	r->v[number].last = when;
	return number;
}

/* ---- one record ------------------------------------------------------------------------ */

static void look_at_clock(struct gather *g, int64_t when)
{
	if (when < g->before - CLOCK_SLACK) {
		g->report->clock_back++;
		if (!g->report->clock_back_at)
			g->report->clock_back_at = g->before;
	}
	g->before = when;
}

/* A session that was open at the end of the span may have been closed since. */
static void add_late_close(struct gather *g, const json_t *record)
{
	struct open_session *session = open_sessions_find(&g->open, gather_text(record, "session"));

	if (!session || strcmp(gather_text(record, "event"), "session-close") != 0)
		return;
	gather_end_session(g, session, g->report->until, SESSION_CLOSED);
	open_sessions_remove(&g->open, session);
}

void gather_record(struct gather *g, const json_t *record)
{
	struct report *r = g->report;
	struct gather_seen s = {.record = record, .when = log_record_time(gather_text(record, "time"))};
	int64_t n = json_integer_value(json_object_get(record, "count"));
	const char *event = gather_text(record, "event");

	if (!s.when || !*event) {
		r->invalid++;
		return;
	}
	look_at_clock(g, s.when);
	r->later += s.when > r->now + CLOCK_SLACK;
	if (s.when < g->from || (g->agent && strcmp(gather_text(record, "agent"), g->agent) != 0))
		return;
	if (s.when >= r->until) {
		add_late_close(g, record);
		return;
	}
	s.in_span = s.when >= r->since;
	s.ok = strcmp(gather_text(record, "result"), "ok") == 0;
	s.count = n > 1 && !s.ok ? (uint64_t)(n < COUNT_MAX ? n : COUNT_MAX) : 1;
	r->first = r->first && r->first < s.when ? r->first : s.when;
	r->last = s.when;
	r->records += s.in_span;
	s.agent = agent_number(r, gather_text(record, "agent"), s.when);
	s.session = open_sessions_find(&g->open, gather_text(record, "session"));
	if (s.session)
		s.session->last = s.when;
	gather_event(g, event, &s);
}

/* ---- the beginning and the end ------------------------------------------------------------ */

/* The parts of a bar chart are spans that people count in. */
static int64_t bar_of(int64_t span)
{
	static const int64_t steps[] = {60,	  300,	 900,	    3600,	3 * 3600,
					6 * 3600, 86400, 7 * 86400, 30 * 86400, 365 * 86400LL};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (span / steps[i] < REPORT_BARS_MAX - 2)
			return steps[i];
	return span / (REPORT_BARS_MAX - 2) + 1;
}

void gather_begin(struct gather *g, struct report *r, int64_t history, const char *agent)
{
	*g = (struct gather){.report = r, .from = r->since - history, .agent = agent};
	r->agents.max = REPORT_AGENTS;
	r->users.max = r->roles.max = r->reasons.max = r->commands.max = r->approvals.by.max = REPORT_NAMES;
	r->bar = bar_of(r->until - r->since);
	r->bars_from = r->since - r->since % r->bar;
	r->n_bars = (size_t)((r->until - r->bars_from + r->bar - 1) / r->bar);
}

static bool is_live(const struct report *r, const char *id)
{
	for (size_t i = 0; i < r->facts->n_live; i++)
		if (strcmp(r->facts->live[i].id, id) == 0)
			return true;
	return false;
}

/* A session that began long before what was read has no record, but the host knows of it. */
static void add_old_live(struct gather *g, const struct report_live *live)
{
	struct open_session old = {.start = live->opened};

	if (open_sessions_find(&g->open, live->id) || live->opened >= g->from)
		return;
	old.agent = agent_number(g->report, live->agent, live->opened);
	strncpy(old.id, live->id, sizeof(old.id) - 1);
	gather_end_session(g, &old, g->report->until, SESSION_LIVE);
}

static int by_doings(const void *one, const void *other)
{
	const struct report_agent *a = one, *b = other;

	if (a->doings != b->doings)
		return a->doings < b->doings ? 1 : -1;
	return strcmp(a->name, b->name);
}

static void order_agents(struct report *r)
{
	for (size_t i = 0; i < r->agents.n; i++) {
		struct report_agent *a = &r->v[i];

		a->doings = a->n_sessions + a->more_sessions + a->n[N_RAN] + a->n[N_ASKED] + a->n[N_REFUSED];
		r->n_active += a->doings > 0;
	}
	aa_sort(r->v, r->agents.n, sizeof(*r->v), by_doings);
}

static int by_wait(const void *one, const void *other)
{
	uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

	return (a > b) - (a < b);
}

void gather_end(struct gather *g)
{
	struct report *r = g->report;

	for (size_t i = 0; i < r->facts->n_live; i++)
		add_old_live(g, &r->facts->live[i]);
	for (size_t i = 0; i < g->open.n; i++) {
		const struct open_session *o = &g->open.v[i];
		bool live = is_live(r, o->id);

		gather_end_session(g, o, live ? r->until : o->last, live ? SESSION_LIVE : SESSION_LOST);
	}
	open_sessions_free(&g->open);
	order_agents(r);
	aa_sort(r->approvals.waits, r->approvals.n_waits, sizeof(uint32_t), by_wait);
	tally_sort(&r->users, N_SESSIONS);
	tally_sort(&r->roles, N_RAN);
	tally_sort(&r->reasons, N_REFUSED);
	tally_sort(&r->commands, N_RAN);
	tally_sort(&r->approvals.by, N_APPROVED);
}

void report_free(struct report *r)
{
	for (size_t i = 0; i < r->agents.n; i++) {
		free(r->v[i].sessions);
		free(r->v[i].ran);
		tally_free(&r->v[i].sources);
	}
	free(r->v);
	tally_free(&r->agents);
	tally_free(&r->users);
	tally_free(&r->roles);
	tally_free(&r->reasons);
	tally_free(&r->commands);
	tally_free(&r->approvals.by);
	free(r->approvals.waits);
	for (size_t i = 0; i < r->n_findings; i++) {
		free(r->findings[i].title);
		free(r->findings[i].detail);
		free(r->findings[i].command);
	}
	free(r->findings);
	free(r->idle);
	free(r->sober);
	free(r->stale);
}
