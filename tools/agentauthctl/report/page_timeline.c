/* SPDX-License-Identifier: Apache-2.0 */
/* page_timeline.c: draws the sessions of each agent over time, and what was done in them. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/sort.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/report/page_parts.h"
#include "tools/agentauthctl/report/words.h"

#define LANES 4	     /* of sessions at the same time; further ones lie upon the last */
#define LANE 10	     /* pixels of one */
#define MARKS 27     /* pixels above the sessions: what was refused, and below it what ran */
#define ROW_LEAST 62 /* pixels, for the two lines beside a row */

/* ---- one agent's row ------------------------------------------------------------------ */

static int by_start(const void *one, const void *other)
{
	const struct report_session *a = one, *b = other;

	return (a->start > b->start) - (a->start < b->start);
}

/* Gives each session, in the order of their beginnings, a lane in which none is that it would touch. Returns how many
 * lanes there are. */
static int take_lanes(const struct report *r, const struct report_session *v, size_t n, int *lanes)
{
	int64_t ends[LANES], gap = (r->until - r->since) / 400;
	int used = 1;

	for (int i = 0; i < LANES; i++)
		ends[i] = INT64_MIN;
	for (size_t i = 0; i < n; i++) {
		int lane = 0;

		while (lane < LANES - 1 && ends[lane] > v[i].start)
			lane++;
		lanes[i] = lane;
		ends[lane] = v[i].end + gap;
		used = lane + 1 > used ? lane + 1 : used;
	}
	return used;
}

static void put_session(const struct report *r, const struct report_session *s, int lane, struct buffer *p)
{
	static const char *const how[] = {"", "still open", "its end is not in the log"};
	int64_t start = s->start < r->since ? r->since : s->start;

	html(p, s->how == SESSION_CLOSED ? "<rect class=\"s\" x=\"" : "<rect class=\"s open\" x=\"");
	page_x(r, p, start);
	html(p, "\" width=\"");
	html_share(p, s->end > start ? s->end - start : 1, r->until - r->since);
	html(p, "\" y=\"%d\" height=\"%d\"><title>", MARKS + lane * LANE + 1, LANE - 4);
	html_text(p, s->id);
	html(p, ": ");
	if (!s->began_before)
		html_time_words(p, s->start);
	else
		html(p, "began before");
	html(p, ", ");
	html_span(p, s->end - start);
	if (s->how != SESSION_CLOSED) {
		html(p, ", ");
		html_text(p, how[s->how]);
	}
	html(p, "; %" PRIu64 " by sudo, %" PRIu64 " refused</title></rect>", s->ran, s->refused);
}

static void put_sessions(const struct report *r, const struct report_session *v, size_t n, const int *lanes,
			 struct buffer *p)
{
	for (size_t i = 0; i < n; i++)
		put_session(r, &v[i], lanes[i], p);
}

/* Of an agent with more sessions than can be told apart: how many were open, as a surface. */
static void put_surface(const struct report_agent *a, struct buffer *p)
{
	uint32_t most = 1;

	for (size_t i = 0; i < REPORT_SLOTS; i++)
		most = a->open[i] > most ? a->open[i] : most;
	for (size_t i = 0, from = 0; i <= REPORT_SLOTS; i++) {
		int height;

		if (i < REPORT_SLOTS && a->open[i] == a->open[from])
			continue;
		height = (int)((uint64_t)a->open[from] * 2 * LANE / most);
		if (a->open[from]) {
			html(p, "<rect class=\"o\" x=\"");
			html_share(p, (int64_t)from, REPORT_SLOTS);
			html(p, "\" width=\"");
			html_share(p, (int64_t)(i - from), REPORT_SLOTS);
			html(p, "\" y=\"%d\" height=\"%d\"/>", MARKS + 2 * LANE - height, height);
		}
		from = i;
	}
}

/* Each kind of mark has a shape of its own: an upright for what ran, a ring for what was only asked, a cross for a refusal, a
 * diamond for a request that a person answers. */
static const struct mark {
	const char *markup, *one, *many;
} marks[] = {
    {"<path class=\"ran\" d=\"M0 15.5v8\"/>", "command by sudo", "commands by sudo"},
    {"<circle class=\"asked\" cy=\"19.5\" r=\"3\"/>", "command asked of sudo", "commands asked of sudo"},
    {"<path class=\"request\" d=\"M0 2.6l4.4 4.4l-4.4 4.4l-4.4-4.4z\"/>", "request for approval",
     "requests for approval"},
    {"<path class=\"refused\" d=\"M-3.4 3.6l6.8 6.8M3.4 3.6l-6.8 6.8\"/>", "refusal", "refusals"}};
#define N_MARKS (sizeof(marks) / sizeof(marks[0]))

static void put_marks(const struct report *r, const uint32_t *counts, const struct mark *mark,
		      struct buffer *p)
{
	int64_t slot = (r->until - r->since) / REPORT_SLOTS;

	for (size_t i = 0; i < REPORT_SLOTS; i++) {
		if (!counts[i])
			continue;
		html(p, "<svg class=\"m\" x=\"");
		html_share(p, 2 * (int64_t)i + 1, 2 * REPORT_SLOTS);
		html(p, "\"><title>%" PRIu32 " ", counts[i]);
		html_text(p, counts[i] == 1 ? mark->one : mark->many);
		html(p, ", ");
		html_time_words(p, r->since + slot * (int64_t)i);
		html(p, "</title>");
		buffer_puts(p, mark->markup);
		html(p, "</svg>");
	}
}

static void put_summary(const struct report_agent *a, struct buffer *p)
{
	uint64_t sessions = a->n_sessions + a->more_sessions;

	html_number(p, sessions);
	html(p, sessions == 1 ? " session" : " sessions");
	if (a->n[N_RAN]) {
		html(p, " · ");
		html_number(p, a->n[N_RAN]);
		html(p, " sudo");
	}
	if (a->n[N_ASKED]) {
		html(p, " · ");
		html_number(p, a->n[N_ASKED]);
		html(p, " asked");
	}
	if (a->n[N_REFUSED]) {
		html(p, " · ");
		html_number(p, a->n[N_REFUSED]);
		html(p, " refused");
	}
}

static void put_row(const struct report *r, size_t number, struct buffer *p)
{
	const struct report_agent *a = &r->v[number];
	const uint32_t *const counts[N_MARKS] = {a->ran, a->asked, a->requests, a->refused};
	bool surface = a->more_sessions > 0;
	int lanes[REPORT_KEPT], used = 2, height;

	if (!surface) {
		aa_sort(a->sessions, a->n_sessions, sizeof(*a->sessions), by_start);
		used = take_lanes(r, a->sessions, a->n_sessions, lanes);
	}
	height = MARKS + used * LANE + 4;
	html(p, "<li><div class=\"who\"><strong>");
	html_name(p, a->name);
	html(p, "</strong> <span id=\"d%zu\">", number);
	put_summary(a, p);
	html(p,
	     "</span></div>\n<svg class=\"row\" role=\"img\" aria-labelledby=\"a%zu d%zu\" height=\"%d\">"
	     "<title id=\"a%zu\">",
	     number, number, height < ROW_LEAST ? ROW_LEAST : height, number);
	html_text(p, a->name);
	html(p, "</title>");
	page_grid(r, p);
	if (surface)
		put_surface(a, p);
	else
		put_sessions(r, a->sessions, a->n_sessions, lanes, p);
	for (size_t i = 0; i < N_MARKS; i++)
		put_marks(r, counts[i], &marks[i], p);
	html(p, "</svg></li>\n");
}

/* ---- the timeline ------------------------------------------------------------------------- */

static bool has_surface(const struct report *r)
{
	for (size_t i = 0; i < r->n_active && i < PAGE_AGENTS; i++)
		if (r->v[i].more_sessions)
			return true;
	return false;
}

static void put_key(const struct report *r, struct buffer *p)
{
	static const char *const boxes[] = {"-8 12 16 14", "-8 12 16 14", "-8 0 16 14", "-8 0 16 14"};

	html(p,
	     "<ul class=\"key\" aria-label=\"Key\"><li><svg viewBox=\"0 0 22 14\"><rect class=\"s\" x=\"1\" "
	     "y=\"4\" width=\"20\" height=\"6\"/></svg> a session</li><li><svg viewBox=\"0 0 22 14\"><rect "
	     "class=\"s open\" x=\"1\" y=\"4\" width=\"20\" height=\"6\"/></svg> still open, or without an "
	     "end "
	     "in the log</li>");
	for (size_t i = 0; i < N_MARKS; i++) {
		if ((i == 1 && !r->n[N_ASKED]) || (i == 2 && !r->approvals.asked))
			continue;
		html(p, "<li><svg viewBox=\"");
		html_text(p, boxes[i]);
		html(p, "\">");
		buffer_puts(p, marks[i].markup);
		html(p, "</svg> ");
		html_text(p, marks[i].many);
		html(p, "</li>");
	}
	if (has_surface(r))
		html(p, "<li><svg viewBox=\"0 0 22 14\"><path class=\"o\" d=\"M1 "
			"13V6h7v-4h6v7h7v4z\"/></svg> how many "
			"sessions were open, of an agent with very many</li>");
	html(p, "<li>times in UTC</li></ul>\n");
}

static void put_agent_table(const struct report *r, struct buffer *p)
{
	static const char *const columns[] = {"Agent",	    "#Sessions", "#Time in them",
					      "#By sudo",   "#Refused",	 "#Approvals asked",
					      "#Addresses", "Last seen", NULL};

	page_fold(p, "The same as a table");
	page_table(p, "What each agent did", columns);
	for (size_t i = 0; i < r->n_active && i < PAGE_LONG_ROWS; i++) {
		const struct report_agent *a = &r->v[i];
		uint64_t numbers[] = {a->n[N_RAN] + a->n[N_ASKED], a->n[N_REFUSED], a->approvals,
				      a->sources.n};

		html(p, "<tr><th scope=\"row\">");
		html_name(p, a->name);
		html(p, "</th><td class=\"n\">");
		html_number(p, a->n_sessions + a->more_sessions);
		html(p, "</td><td class=\"n\">");
		html_span(p, a->busy);
		for (size_t j = 0; j < 4; j++) {
			html(p, "</td><td class=\"n\">");
			html_number(p, numbers[j]);
		}
		html(p, "</td><td>");
		html_time(p, a->last);
		html(p, "</td></tr>\n");
	}
	page_table_end(p);
	page_more(p, r->n_active > PAGE_LONG_ROWS ? r->n_active - PAGE_LONG_ROWS : 0, "agents");
	page_fold_end(p);
}

static void put_session_row(const struct report *r, const struct report_agent *a,
			    const struct report_session *s, struct buffer *p)
{
	html(p, "<tr><th scope=\"row\"><code>");
	html_text(p, s->id);
	html(p, "</code></th><td>");
	html_name(p, a->name);
	html(p, "</td><td>");
	if (s->began_before)
		html(p, "before");
	else
		html_time(p, s->start);
	html(p, "</td><td>");
	if (s->how == SESSION_LOST)
		html(p, "not in the log");
	else if (s->how == SESSION_LIVE)
		html(p, "open");
	else
		html_time(p, s->end);
	html(p, "</td><td class=\"n\">");
	html_span(p, s->end - (s->began_before ? r->since : s->start));
	html(p, "</td><td class=\"n\">%" PRIu64 "</td><td class=\"n\">%" PRIu64 "</td></tr>\n", s->ran,
	     s->refused);
}

static void put_session_table(const struct report *r, struct buffer *p)
{
	static const char *const columns[] = {"Session", "Agent",    "Begin",	 "End",
					      "#Length", "#By sudo", "#Refused", NULL};
	uint64_t rows = 0, all = 0;

	if (!r->n[N_SESSIONS])
		return;
	page_fold(p, "Each session");
	page_table(p, "Sessions, as agentauthctl audit show --session has them", columns);
	for (size_t i = 0; i < r->n_active; i++) {
		const struct report_agent *a = &r->v[i];

		all += a->n_sessions + a->more_sessions;
		for (size_t j = 0; j < a->n_sessions && rows < PAGE_LONG_ROWS; j++, rows++)
			put_session_row(r, a, &a->sessions[j], p);
	}
	page_table_end(p);
	page_more(p, all - rows, "sessions");
	page_fold_end(p);
}

void page_timeline(const struct report *r, struct buffer *p)
{
	page_section(p, "timeline", "Sessions, and what ran in them", "");
	if (!r->n_active) {
		html(p, "<p class=\"empty\">No agent had a session, and none was refused.</p>\n");
		page_section_end(p);
		return;
	}
	put_key(r, p);
	html(p, "<ol class=\"timeline\">\n");
	for (size_t i = 0; i < r->n_active && i < PAGE_AGENTS; i++)
		put_row(r, i, p);
	html(p, "</ol>\n<div class=\"under\">");
	page_axis(r, p);
	html(p, "</div>\n");
	page_more(p, r->n_active > PAGE_AGENTS ? r->n_active - PAGE_AGENTS : 0, "agents");
	put_agent_table(r, p);
	put_session_table(r, p);
	page_section_end(p);
}
