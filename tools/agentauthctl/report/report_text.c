/* SPDX-License-Identifier: Apache-2.0 */
/* report_text.c: see report_text.h. */
#include "config.h"

#include "tools/agentauthctl/report/report_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/report/findings.h"
#include "tools/agentauthctl/report/words.h"
#include "tools/cli/alloc.h"
#include "tools/cli/print.h"
#include "tools/cli/table.h"

#define BAR_WIDTH 40 /* characters */

static void heading(const char *text)
{
	printf("\n%s\n", text);
}

static void print_more(uint64_t more, const char *what)
{
	if (more)
		printf("and %" PRIu64 " more%s%s\n", more, *what ? " " : "", what);
}

static void finish(struct table *table)
{
	table_print(table);
	table_free(table);
}

static void add_time(struct table *table, int64_t when)
{
	char words[WORDS_TIME];

	words_minute(when, words);
	table_add(table, when ? words : "never");
}

/* ---- the head -------------------------------------------------------------------- */

static void print_head(const struct report *r)
{
	char since[WORDS_TIME], until[WORDS_TIME], span[WORDS_TIME], *host = print_shown(r->facts->host);

	words_minute(r->since, since);
	words_minute(r->until, until);
	words_span(r->until - r->since, span);
	table_field("Host", "%s", host);
	table_field("Span", "%s to %s UTC (%s)", since, until, span);
	table_field("Records", "%" PRIu64 ", of %" PRIu64 " lines that were read", r->records, r->read);
	if (r->faults || r->seal_differs)
		table_field("Chain", "NOT WHOLE, see the findings");
	else if (r->read)
		table_field("Chain", "whole, from record %" PRIu64 " to %" PRIu64, r->first_seq, r->last_seq);
	if (r->facts->sealed)
		table_field("Sealed", "to record %" PRIu64 ", %s", r->facts->sealed_seq,
			    r->facts->sealed_time);
	else
		table_field("Sealed", "not yet");
	table_field("In numbers", "%zu %s, %" PRIu64 " %s, %" PRIu64 " %s by sudo,", r->n_active,
		    r->n_active == 1 ? "agent" : "agents", r->n[N_SESSIONS],
		    r->n[N_SESSIONS] == 1 ? "session" : "sessions", r->n[N_RAN],
		    r->n[N_RAN] == 1 ? "command" : "commands");
	if (r->n[N_ASKED])
		table_field("", "%" PRIu64 " more asked of sudo, their end unknown,", r->n[N_ASKED]);
	table_field("", "%" PRIu64 " %s, %" PRIu64 " %s for approval, %zu live now", r->n[N_REFUSED],
		    r->n[N_REFUSED] == 1 ? "refusal" : "refusals", r->approvals.asked,
		    r->approvals.asked == 1 ? "request" : "requests", r->facts->n_live);
	free(host);
}

static void print_finding(const struct report_finding *f)
{
	char *title = print_shown(f->title), *detail = print_shown(f->detail),
	     *command = print_shown(f->command);

	printf("%s: %s\n    %s\n    %s\n", finding_weight(f), title, detail, command);
	free(title);
	free(detail);
	free(command);
}

static void print_findings(const struct report *r)
{
	heading("FINDINGS");
	for (size_t i = 0; i < r->n_findings && i < 2 * TEXT_ROWS; i++)
		print_finding(&r->findings[i]);
	print_more(r->n_findings > 2 * TEXT_ROWS ? r->n_findings - 2 * TEXT_ROWS : 0, "findings");
	if (!r->n_findings)
		puts("Nothing stands out in this span.");
}

/* ---- agents and time ---------------------------------------------------------------- */

static void print_agents(const struct report *r)
{
	static const struct table_column columns[] = {{"AGENT", 24},  {"SESSIONS", 0}, {"TIME", 0},
						      {"BY SUDO", 0}, {"REFUSED", 0},  {"LAST SEEN", 0},
						      {NULL, 0}};
	struct table table = {.columns = columns};
	char words[WORDS_TIME];

	heading("AGENTS");
	for (size_t i = 0; i < r->n_active && i < TEXT_ROWS; i++) {
		const struct report_agent *a = &r->v[i];

		table_add(&table, a->name);
		table_printf(&table, "%" PRIu64, a->n_sessions + a->more_sessions);
		words_span(a->busy, words);
		table_add(&table, words);
		table_printf(&table, "%" PRIu64, a->n[N_RAN] + a->n[N_ASKED]);
		table_printf(&table, "%" PRIu64, a->n[N_REFUSED]);
		add_time(&table, a->last);
	}
	if (r->n_active)
		finish(&table);
	else
		puts("No agent had a session, and none was refused.");
	print_more(r->n_active > TEXT_ROWS ? r->n_active - TEXT_ROWS : 0, "agents");
}

static void add_bar(struct table *table, uint64_t in, uint64_t out, uint64_t most)
{
	char bar[BAR_WIDTH + 3];
	size_t a = (size_t)(in * BAR_WIDTH / most), b = (size_t)(out * BAR_WIDTH / most);

	a = in && !a ? 1 : a;
	b = out && !b ? 1 : b;
	memset(bar, '#', a);
	memset(bar + a, 'x', b);
	bar[a + b] = '\0';
	table_add(table, bar);
}

/* Adds neighbouring bars together, so that the rows of the table are few. */
static void print_times(const struct report *r)
{
	static const struct table_column columns[] = {
	    {"FROM (UTC)", 0}, {"SESSIONS", 0}, {"REFUSED", 0}, {"# SESSIONS, x REFUSALS", 0}, {NULL, 0}};
	uint64_t in[REPORT_BARS_MAX] = {0}, out[REPORT_BARS_MAX] = {0}, most = 1;
	size_t each = r->n_bars / 15 + 1;
	struct table table = {.columns = columns};

	heading("SESSIONS AND REFUSALS OVER TIME");
	for (size_t i = 0; i < r->n_bars; i++) {
		in[i / each] += r->logins[i];
		out[i / each] += r->denials[i];
		most = in[i / each] + out[i / each] > most ? in[i / each] + out[i / each] : most;
	}
	for (size_t i = 0; i * each < r->n_bars; i++) {
		add_time(&table, r->bars_from + r->bar * (int64_t)(i * each));
		table_printf(&table, "%" PRIu64, in[i]);
		table_printf(&table, "%" PRIu64, out[i]);
		add_bar(&table, in[i], out[i], most);
	}
	finish(&table);
}

/* ---- what is counted ------------------------------------------------------------------ */

static void print_tally(const struct tally *t, const struct table_column *columns, const char *none)
{
	struct table table = {.columns = columns};
	uint64_t rows = 0, more = t->rest.n[N_SESSIONS] ? t->beyond : 0;

	for (size_t i = 0; i < t->n; i++) {
		const uint64_t *n = t->v[i].n;

		if (!n[N_SESSIONS] && !n[N_RAN] && !n[N_ASKED] && !n[N_REFUSED])
			continue;
		if (rows++ >= TEXT_ROWS) {
			more++;
			continue;
		}
		table_add(&table, t->v[i].name);
		table_printf(&table, "%" PRIu64, n[N_SESSIONS]);
		table_printf(&table, "%" PRIu64, n[N_RAN] + n[N_ASKED]);
		table_printf(&table, "%" PRIu64, n[N_REFUSED]);
	}
	if (rows)
		table_print(&table);
	else
		puts(none);
	print_more(more, "");
	table_free(&table);
}

static void print_reasons(const struct report *r)
{
	static const struct table_column columns[] = {
	    {"TIMES", 0}, {"REASON", 24}, {"WHAT IT MEANS", 0}, {NULL, 0}};
	struct table table = {.columns = columns};

	heading("WHY AGENTS WERE REFUSED");
	for (size_t i = 0; i < r->reasons.n && i < TEXT_ROWS; i++) {
		table_printf(&table, "%" PRIu64, r->reasons.v[i].n[N_REFUSED]);
		table_add(&table, r->reasons.v[i].name);
		table_add(&table, words_sentence(r->reasons.v[i].name));
	}
	if (r->reasons.n)
		finish(&table);
	else
		puts("Nothing was refused.");
	print_more(r->reasons.n > TEXT_ROWS ? r->reasons.n - TEXT_ROWS : 0, "reasons");
}

static void print_waits(const struct report_approvals *a)
{
	char half[WORDS_TIME], longest[WORDS_TIME];

	words_span(a->waits[(a->n_waits - 1) / 2], half);
	words_span(a->waits[a->n_waits - 1], longest);
	printf("Half of the answers came within %s; the slowest took %s.\n", half, longest);
}

static void print_approvals(const struct report *r)
{
	static const struct table_column columns[] = {
	    {"ANSWERED BY", 30}, {"APPROVED", 0}, {"DENIED", 0}, {NULL, 0}};
	const struct report_approvals *a = &r->approvals;
	struct table table = {.columns = columns};

	heading("APPROVALS");
	if (!a->asked) {
		puts("No command waited for a person.");
		return;
	}
	printf("%" PRIu64 " requested: %" PRIu64 " approved, %" PRIu64 " denied, %" PRIu64
	       " not answered, %" PRIu64 " withdrawn.\n",
	       a->asked, a->approved, a->denied, a->timeout, a->withdrawn);
	if (a->n_waits)
		print_waits(a);
	for (size_t i = 0; i < a->by.n && i < TEXT_ROWS; i++) {
		table_add(&table, a->by.v[i].name);
		table_printf(&table, "%" PRIu64, a->by.v[i].n[N_APPROVED]);
		table_printf(&table, "%" PRIu64, a->by.v[i].n[N_DENIED]);
	}
	if (a->by.n)
		finish(&table);
	print_more(a->by.n > TEXT_ROWS ? a->by.n - TEXT_ROWS : 0, "persons");
}

static void print_tallies(const struct report *r)
{
	static const struct table_column users[] = {
	    {"PERSON", 40}, {"SESSIONS", 0}, {"BY SUDO", 0}, {"REFUSED", 0}, {NULL, 0}};
	static const struct table_column roles[] = {
	    {"ROLE", 40}, {"SESSIONS", 0}, {"BY SUDO", 0}, {"REFUSED", 0}, {NULL, 0}};

	heading("ON WHOSE BEHALF");
	print_tally(&r->users, users, "No agent acted on behalf of a person.");
	heading("SUDO, BY ROLE");
	print_tally(&r->roles, roles, "No session had a role, and no command was asked of sudo.");
}

/* ---- what nobody uses, what is open ------------------------------------------------------ */

static void print_unused(const struct report *r)
{
	static const struct table_column columns[] = {{"UNUSED", 40}, {"WHAT", 0}, {"LAST", 0}, {NULL, 0}};
	struct table table = {.columns = columns};

	heading("WHAT NOBODY USES");
	for (size_t i = 0; i < r->n_idle && i < TEXT_ROWS; i++) {
		table_add(&table, r->idle[i]->name);
		table_add(&table, "agent, login");
		add_time(&table, r->idle[i]->last_login);
	}
	for (size_t i = 0; i < r->n_sober && i < TEXT_ROWS; i++) {
		table_add(&table, r->sober[i]->name);
		table_add(&table, "agent, sudo");
		add_time(&table, r->sober[i]->last_sudo);
	}
	for (size_t i = 0; i < r->n_stale && i < TEXT_ROWS; i++) {
		table_add(&table, r->stale[i]->kid);
		table_printf(&table, "key of %.31s", r->stale[i]->agent);
		add_time(&table, r->stale[i]->last_use);
	}
	if (!r->facts->registry)
		puts("The registry could not be read, so that this is not known.");
	else if (table.n)
		table_print(&table);
	else
		puts("Every agent and every key is in use.");
	table_free(&table);
}

static void print_live(const struct report *r)
{
	static const struct table_column columns[] = {{"SESSION", 8}, {"AGENT", 24}, {"SINCE", 0},
						      {"FROM", 20},   {"FOR", 20},   {NULL, 0}};
	struct table table = {.columns = columns};

	heading("LIVE SESSIONS");
	for (size_t i = 0; i < r->facts->n_live && i < TEXT_ROWS; i++) {
		const struct report_live *live = &r->facts->live[i];

		table_printf(&table, "%.8s", live->id);
		table_add(&table, live->agent);
		add_time(&table, live->opened);
		table_add(&table, live->from);
		table_add(&table, *live->user ? live->user : "-");
	}
	if (r->facts->n_live)
		finish(&table);
	else
		puts("No agent has a session.");
	print_more(r->facts->n_live > TEXT_ROWS ? r->facts->n_live - TEXT_ROWS : 0, "sessions");
}

void report_text(const struct report *r)
{
	print_head(r);
	print_findings(r);
	print_agents(r);
	print_times(r);
	print_tallies(r);
	print_reasons(r);
	print_approvals(r);
	print_unused(r);
	print_live(r);
}

/* ---- for programs ------------------------------------------------------------------------- */

static json_t *findings_json(const struct report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_findings; i++) {
		const struct report_finding *f = &r->findings[i];

		(void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", f->kind,
							    "weight", finding_weight(f), "title", f->title,
							    "detail", f->detail, "command", f->command));
	}
	return list;
}

static json_t *agents_json(const struct report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_active; i++) {
		const struct report_agent *a = &r->v[i];

		(void)json_array_append_new(
		    list, json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "agent", a->name, "sessions",
				    (json_int_t)(a->n_sessions + a->more_sessions), "seconds",
				    (json_int_t)a->busy, "ran", (json_int_t)a->n[N_RAN], "asked",
				    (json_int_t)a->n[N_ASKED], "refused", (json_int_t)a->n[N_REFUSED]));
	}
	return list;
}

static json_t *counts_json(const struct tally *t)
{
	json_t *object = json_object();

	for (size_t i = 0; i < t->n; i++)
		(void)json_object_set_new(object, t->v[i].name,
					  json_integer((json_int_t)t->v[i].n[N_REFUSED]));
	return object;
}

void report_json(const struct report *r, json_t *answer)
{
	const struct report_approvals *a = &r->approvals;

	(void)json_object_set_new(answer, "findings", findings_json(r));
	(void)json_object_set_new(answer, "agents", agents_json(r));
	(void)json_object_set_new(answer, "reasons", counts_json(&r->reasons));
	(void)json_object_set_new(answer, "totals",
				  json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "records",
					    (json_int_t)r->records, "sessions", (json_int_t)r->n[N_SESSIONS],
					    "ran", (json_int_t)r->n[N_RAN], "asked",
					    (json_int_t)r->n[N_ASKED], "refused", (json_int_t)r->n[N_REFUSED],
					    "failed", (json_int_t)r->failed));
	(void)json_object_set_new(answer, "approvals",
				  json_pack("{s:I, s:I, s:I, s:I, s:I}", "requested", (json_int_t)a->asked,
					    "approved", (json_int_t)a->approved, "denied",
					    (json_int_t)a->denied, "timeout", (json_int_t)a->timeout,
					    "withdrawn", (json_int_t)a->withdrawn));
	(void)json_object_set_new(answer, "whole", json_boolean(!r->faults && !r->seal_differs));
}
