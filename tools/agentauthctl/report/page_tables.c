/* SPDX-License-Identifier: Apache-2.0 */
/* page_tables.c: what is counted: on whose behalf, by which role, why not, who approved, what nobody uses, what is open. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "tools/agentauthctl/report/page_parts.h"
#include "tools/agentauthctl/report/words.h"

/* A cell with a bar of a share of the greatest, and of what was refused behind it. */
static void put_bar(struct buffer *p, uint64_t good, uint64_t bad, uint64_t most)
{
	html(p, "<td class=\"share\"><svg class=\"share\" aria-hidden=\"true\">");
	if (good) {
		html(p, "<rect class=\"in\" x=\"0\" y=\"3\" height=\"10\" width=\"");
		html_share(p, (int64_t)good, (int64_t)most);
		html(p, "\"/>");
	}
	if (bad) {
		html(p, "<rect class=\"out\" y=\"3\" height=\"10\" x=\"");
		html_share(p, (int64_t)good, (int64_t)most);
		html(p, "\" width=\"");
		html_share(p, (int64_t)bad, (int64_t)most);
		html(p, "\"/>");
	}
	html(p, "</svg></td>");
}

static void put_number_cell(struct buffer *p, uint64_t number)
{
	html(p, "<td class=\"n\">");
	html_number(p, number);
	html(p, "</td>");
}

static void put_name_cell(struct buffer *p, const char *name)
{
	html(p, "<td>");
	html_name(p, name);
	html(p, "</td>");
}

/* A time, or that it never was. */
static void put_time_cell(struct buffer *p, int64_t when)
{
	html(p, "<td>");
	if (when)
		html_time(p, when);
	else
		html(p, "never");
	html(p, "</td>");
}

static void begin_row(struct buffer *p, const char *name)
{
	html(p, "<tr><th scope=\"row\">");
	html_name(p, name);
	html(p, "</th>");
}

/* The rows that have something in the span come first in no order of ours: those without are from before it. */
static bool is_of_span(const struct tally_row *row)
{
	return row->n[N_SESSIONS] || row->n[N_RAN] || row->n[N_ASKED] || row->n[N_REFUSED];
}

static uint64_t most_of(const struct tally *t)
{
	uint64_t most = 1;

	for (size_t i = 0; i < t->n; i++) {
		uint64_t all = t->v[i].n[N_RAN] + t->v[i].n[N_ASKED] + t->v[i].n[N_REFUSED];

		most = all > most ? all : most;
	}
	return most;
}

static void put_counts(const struct tally *t, struct buffer *p)
{
	uint64_t most = most_of(t), shown = 0, more = t->rest.n[N_SESSIONS] ? t->beyond : 0;

	for (size_t i = 0; i < t->n; i++) {
		const uint64_t *n = t->v[i].n;

		if (!is_of_span(&t->v[i]))
			continue;
		if (shown++ >= PAGE_ROWS) {
			more++;
			continue;
		}
		begin_row(p, t->v[i].name);
		put_number_cell(p, n[N_SESSIONS]);
		put_number_cell(p, n[N_RAN] + n[N_ASKED]);
		put_number_cell(p, n[N_REFUSED]);
		put_bar(p, n[N_RAN] + n[N_ASKED], n[N_REFUSED], most);
		html(p, "</tr>\n");
	}
	page_table_end(p);
	page_more(p, more, "");
}

static bool is_empty(const struct tally *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (is_of_span(&t->v[i]))
			return false;
	return true;
}

/* ---- on whose behalf, by which role ---------------------------------------------- */

void page_users(const struct report *r, struct buffer *p)
{
	static const char *const columns[] = {"Person",	  "#Sessions",		"#By sudo",
					      "#Refused", "|Sudo and refusals", NULL};

	page_section(p, "users", "On whose behalf", "");
	if (is_empty(&r->users)) {
		html(p, "<p class=\"empty\">No agent acted on behalf of a person.</p>\n");
	} else {
		page_table(p, "What was done on behalf of whom", columns);
		put_counts(&r->users, p);
	}
	page_section_end(p);
}

static void put_commands(const struct report *r, struct buffer *p)
{
	static const char *const columns[] = {"Command", "#Times", "Last", NULL};
	uint64_t shown = 0, more = r->commands.beyond;

	page_fold(p, "Which commands");
	page_table(p, "Commands by sudo, the most frequent first", columns);
	for (size_t i = 0; i < r->commands.n; i++) {
		const struct tally_row *row = &r->commands.v[i];

		if (shown++ >= PAGE_LONG_ROWS) {
			more++;
			continue;
		}
		html(p, "<tr><th scope=\"row\"><code>");
		html_name(p, row->name);
		html(p, "</code></th>");
		put_number_cell(p, row->n[N_RAN] + row->n[N_ASKED]);
		put_time_cell(p, row->last);
		html(p, "</tr>\n");
	}
	page_table_end(p);
	page_more(p, more, "");
	page_fold_end(p);
}

void page_roles(const struct report *r, struct buffer *p)
{
	static const char *const columns[] = {"Role",	  "#Sessions",		"#By sudo",
					      "#Refused", "|Sudo and refusals", NULL};

	page_section(p, "roles", "Sudo, by role", "");
	if (is_empty(&r->roles)) {
		html(p, "<p class=\"empty\">No session had a role, and no command was asked of sudo.</p>\n");
		page_section_end(p);
		return;
	}
	if (r->n[N_ASKED])
		html(p,
		     "<p class=\"lead\">Of some commands the log says only that sudo was asked: there, sudo "
		     "has no plugin of ours.</p>\n");
	page_table(p, "Sessions and commands by role", columns);
	put_counts(&r->roles, p);
	if (r->failed)
		html(p,
		     "<p class=\"note\">%" PRIu64 " of the commands ended with another status than 0.</p>\n",
		     r->failed);
	if (r->commands.n)
		put_commands(r, p);
	page_section_end(p);
}

/* ---- why not ----------------------------------------------------------------------- */

void page_reasons(const struct report *r, struct buffer *p)
{
	static const char *const columns[] = {"Reason", "What it means", "#Times", "|Share", NULL};
	size_t i;

	page_section(p, "reasons", "Why agents were refused", "");
	if (!r->reasons.n) {
		html(p, "<p class=\"empty\">Nothing was refused.</p>\n");
		page_section_end(p);
		return;
	}
	page_table(p, "Reasons of refusals", columns);
	for (i = 0; i < r->reasons.n && i < PAGE_ROWS; i++) {
		const struct tally_row *row = &r->reasons.v[i];

		html(p, "<tr><th scope=\"row\"><code>");
		html_name(p, row->name);
		html(p, "</code></th><td class=\"text\">");
		html_text(p, words_sentence(row->name));
		html(p, "</td>");
		put_number_cell(p, row->n[N_REFUSED]);
		put_bar(p, 0, row->n[N_REFUSED], most_of(&r->reasons));
		html(p, "</tr>\n");
	}
	page_table_end(p);
	page_more(p, r->reasons.n - i, "reasons");
	page_section_end(p);
}

/* ---- who approved -------------------------------------------------------------------- */

static void put_waits(const struct report_approvals *a, struct buffer *p)
{
	static const struct {
		uint32_t below;
		const char *words;
	} parts[] = {{10, "under 10 s"},
		     {30, "10 to 30 s"},
		     {60, "30 to 60 s"},
		     {120, "1 to 2 min"},
		     {UINT32_MAX, "longer"}};
	static const char *const columns[] = {"Until the answer", "#Answers", "|Share", NULL};
	size_t at = 0, n;

	page_table(p, "How long people took", columns);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		for (n = 0; at + n < a->n_waits && a->waits[at + n] < parts[i].below; n++)
			;
		at += n;
		html(p, "<tr><th scope=\"row\">");
		html_text(p, parts[i].words);
		html(p, "</th>");
		put_number_cell(p, n);
		put_bar(p, n, 0, a->n_waits);
		html(p, "</tr>\n");
	}
	page_table_end(p);
	html(p, "<p class=\"note\">Half of the answers came within ");
	html_span(p, a->waits[(a->n_waits - 1) / 2]);
	html(p, "; the slowest took ");
	html_span(p, a->waits[a->n_waits - 1]);
	html(p, ".</p>\n");
}

static void put_approvers(const struct report_approvals *a, struct buffer *p)
{
	static const char *const columns[] = {"Answered by", "#Approved", "#Denied", NULL};
	size_t i;

	page_table(p, "Who answered", columns);
	for (i = 0; i < a->by.n && i < PAGE_ROWS; i++) {
		begin_row(p, a->by.v[i].name);
		put_number_cell(p, a->by.v[i].n[N_APPROVED]);
		put_number_cell(p, a->by.v[i].n[N_DENIED]);
		html(p, "</tr>\n");
	}
	page_table_end(p);
	page_more(p, a->by.n - i + a->by.beyond, "persons");
}

void page_approvals(const struct report *r, struct buffer *p)
{
	const struct report_approvals *a = &r->approvals;
	const struct {
		const char *what;
		uint64_t n;
	} steps[] = {{"requested", a->asked},
		     {"approved", a->approved},
		     {"denied", a->denied},
		     {"not answered", a->timeout},
		     {"withdrawn", a->withdrawn}};

	page_section(p, "approvals", "Approvals", "");
	if (!a->asked) {
		html(p, "<p class=\"empty\">No command waited for a person.</p>\n");
		page_section_end(p);
		return;
	}
	html(p, "<dl class=\"steps\">");
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		html(p, "<div><dt>");
		html_text(p, steps[i].what);
		html(p, "</dt><dd>");
		html_number(p, steps[i].n);
		html(p, "</dd></div>");
	}
	html(p, "</dl>\n<div class=\"two\"><div>\n");
	if (a->n_waits)
		put_waits(a, p);
	html(p, "</div><div>\n");
	if (a->by.n)
		put_approvers(a, p);
	html(p, "</div></div>\n");
	page_section_end(p);
}

/* ---- what nobody uses ------------------------------------------------------------------ */

static void put_agents(const char *caption, const char *last, struct report_known *const *v, size_t n,
		       bool sudo, struct buffer *p)
{
	const char *const columns[] = {"Agent", "Roles", "Registered", last, NULL};

	page_table(p, caption, columns);
	for (size_t i = 0; i < n && i < PAGE_ROWS; i++) {
		begin_row(p, v[i]->name);
		put_name_cell(p, v[i]->roles);
		put_time_cell(p, v[i]->since);
		put_time_cell(p, sudo ? v[i]->last_sudo : v[i]->last_login);
		html(p, "</tr>\n");
	}
	page_table_end(p);
	page_more(p, n > PAGE_ROWS ? n - PAGE_ROWS : 0, "agents");
}

static void put_keys(const struct report *r, struct buffer *p)
{
	static const char *const columns[] = {"Key", "Of agent", "Registered", "Last used", NULL};

	page_table(p, "Keys that were not used for 30 days", columns);
	for (size_t i = 0; i < r->n_stale && i < PAGE_ROWS; i++) {
		html(p, "<tr><th scope=\"row\"><code>");
		html_name(p, r->stale[i]->kid);
		html(p, "</code></th>");
		put_name_cell(p, r->stale[i]->agent);
		put_time_cell(p, r->stale[i]->since);
		put_time_cell(p, r->stale[i]->last_use);
		html(p, "</tr>\n");
	}
	page_table_end(p);
	page_more(p, r->n_stale > PAGE_ROWS ? r->n_stale - PAGE_ROWS : 0, "keys");
}

void page_unused(const struct report *r, struct buffer *p)
{
	page_section(p, "unused", "What nobody uses", "");
	if (!r->facts->registry)
		html(p,
		     "<p class=\"empty\">The registry could not be read, so that this is not known.</p>\n");
	else if (!r->n_idle && !r->n_sober && !r->n_stale)
		html(p, "<p class=\"empty\">Every agent and every key is in use.</p>\n");
	if (r->n_idle)
		put_agents("Agents that did not log in for 30 days", "Last login", r->idle, r->n_idle, false,
			   p);
	if (r->n_sober)
		put_agents("Agents that may use sudo and did not for 90 days", "Last sudo", r->sober,
			   r->n_sober, true, p);
	if (r->n_stale)
		put_keys(r, p);
	page_section_end(p);
}

/* ---- what is open --------------------------------------------------------------------- */

static void put_left(const struct report *r, const struct report_live *live, struct buffer *p)
{
	html(p, "<td class=\"n\">");
	if (!live->deadline)
		html(p, "no end");
	else if (live->deadline <= r->now)
		html(p, "over");
	else
		html_span(p, live->deadline - r->now);
	html(p, "</td></tr>\n");
}

void page_live(const struct report *r, struct buffer *p)
{
	static const char *const columns[] = {"Session", "Agent",	 "Since", "From",
					      "Roles",	 "On behalf of", "#Left", NULL};
	size_t n = r->facts->n_live;

	page_section(p, "live", "Sessions that are live now", "");
	if (!n)
		html(p, "<p class=\"empty\">No agent has a session.</p>\n");
	else
		page_table(p, "Live sessions", columns);
	for (size_t i = 0; i < n && i < PAGE_ROWS; i++) {
		const struct report_live *live = &r->facts->live[i];

		html(p, "<tr><th scope=\"row\"><code>");
		html_name(p, live->id);
		html(p, "</code></th>");
		put_name_cell(p, live->agent);
		put_time_cell(p, live->opened);
		put_name_cell(p, live->from);
		put_name_cell(p, live->roles);
		put_name_cell(p, live->user);
		put_left(r, live, p);
	}
	if (n)
		page_table_end(p);
	page_more(p, n > PAGE_ROWS ? n - PAGE_ROWS : 0, "sessions");
	page_section_end(p);
}
