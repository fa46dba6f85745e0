/* SPDX-License-Identifier: Apache-2.0 */
/* audit_report.c: reports what agents did in a span of time, for a terminal or as a page. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file/replace.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/commands/audit/audit.h"
#include "tools/agentauthctl/commands/audit/audit_report.h"
#include "tools/agentauthctl/report/findings.h"
#include "tools/agentauthctl/report/page.h"
#include "tools/agentauthctl/report/read_log.h"
#include "tools/agentauthctl/report/report_text.h"

#define SPAN_DAYS 7
#define HISTORY_DAYS 28 /* before the span, or as long as the span four times where that is more */
#define YEARS_MAX 20

struct reporting {
	struct ctl *ctl;
	const char *html, *agent;
	mode_t mode;
	struct report report;
	struct report_facts facts;
};

/* ---- what is asked for ------------------------------------------------------------- */

static enum ctl_status read_span(struct reporting *g, const struct arguments *arguments)
{
	struct report *r = &g->report;
	enum ctl_status status = audit_time(g->ctl, arguments, "since", &r->since);

	if (status == CTL_DONE)
		status = audit_time(g->ctl, arguments, "until", &r->until);
	if (status != CTL_DONE)
		return status;
	r->now = g->ctl->now;
	if (!r->since)
		r->since = (r->until ? r->until : r->now) - SPAN_DAYS * REPORT_DAY;
	if (!r->until)
		r->until = r->now + 1; /* what was written within this second is in the span */
	if (r->until <= r->since)
		return ctl_usage(g->ctl,
				 "--until is not later than --since, so that nothing is between them");
	if (r->until - r->since > YEARS_MAX * 366 * REPORT_DAY)
		return ctl_usage(g->ctl, "the span is of more than %d years: --since 7d is the last week",
				 YEARS_MAX);
	return CTL_DONE;
}

static enum ctl_status read_file(struct reporting *g, const struct arguments *arguments)
{
	const char *mode = arguments_value(arguments, "mode");
	char *end = NULL;

	g->html = arguments_value(arguments, "html");
	g->mode = mode ? (mode_t)strtoul(mode, &end, 8) : 0600;
	if (mode && (*mode < '0' || *mode > '7' || *end || strlen(mode) > 4 || (g->mode & ~0666u)))
		return ctl_usage(g->ctl, "--mode is that of a file in octal digits, like 0640; got %s",
				 quoted(mode));
	if (mode && (!g->html || strcmp(g->html, "-") == 0))
		return ctl_usage(g->ctl, "--mode goes with --html FILE alone");
	if (g->html && g->ctl->json)
		return ctl_usage(g->ctl, "--html and --json are two forms of the report: give one of them");
	return CTL_DONE;
}

/* ---- what is written ----------------------------------------------------------------- */

static enum ctl_status write_page(struct reporting *g)
{
	const struct aa_replace how = {.mode = g->mode};
	struct buffer page = {0};
	enum ctl_status status = CTL_DONE;
	int r = 0;

	page_write(&g->report, &page);
	if (strcmp(g->html, "-") == 0)
		(void)fwrite(page.data, 1, page.len, stdout);
	else
		r = aa_replace(AT_FDCWD, g->html, page.data, page.len, &how);
	if (r < 0)
		status =
		    ctl_fail(g->ctl, "the page cannot be written to %s: %s", quoted(g->html), strerror(-r));
	buffer_free(&page);
	return status;
}

static enum ctl_status write_report(struct reporting *g)
{
	if (g->html)
		return write_page(g);
	if (g->ctl->json)
		report_json(&g->report, g->ctl->answer);
	else
		report_text(&g->report);
	return CTL_DONE;
}

static enum ctl_status make_report(struct reporting *g, const struct log_files *files)
{
	struct progress progress = {.program = "agentauthctl", .what = "MB of the log", .off = g->ctl->json};
	struct report *r = &g->report;
	int64_t history = 4 * (r->until - r->since);
	struct gather *gather = xcalloc(1, sizeof(*gather));
	bool all;

	if (history < HISTORY_DAYS * REPORT_DAY)
		history = HISTORY_DAYS * REPORT_DAY;
	gather_begin(gather, r, history, g->agent);
	all = read_log(gather, files, &g->ctl->problems, &progress);
	gather_end(gather);
	free(gather);
	findings_look(r);
	return write_report(g) == CTL_DONE && all ? CTL_DONE : CTL_FAILED;
}

static int run_report(struct ctl *ctl, const struct arguments *arguments)
{
	struct reporting g = {.ctl = ctl, .agent = arguments_value(arguments, "agent")};
	struct log_files files = {.n = 0};
	enum ctl_status status = read_span(&g, arguments);

	if (status == CTL_DONE)
		status = read_file(&g, arguments);
	if (status == CTL_DONE && ctl->logdir)
		report_facts_ask(ctl, &g.facts);
	g.report.facts = &g.facts;
	if (status == CTL_DONE)
		status = audit_open(ctl, &log_decisions, false, &files);
	if (status == CTL_DONE)
		status = make_report(&g, &files);
	log_files_close(&files);
	report_free(&g.report);
	report_facts_free(&g.facts);
	return status;
}

const struct command audit_report = {
    .name = "report",
    .words = "",
    .summary = "report what agents did, on the terminal or as a page to look at",
    .about = "The report has what stands out first, then the sessions of each agent and what ran in them, "
	     "refusals and their reasons, on whose behalf, approvals, what nobody uses, and what is live. "
	     "--html writes one page that needs no script and asks nobody for anything. Times are in UTC.",
    .options =
	(const struct option_spec[]){
	    {"since", "TIME", "from this time on: 14:02, 2027-01-15, 7d (ago; the default)", 0, NULL},
	    {"until", "TIME", "before this time (now)", 0, NULL},
	    {"agent", "NAME", "of this agent alone", 0, NULL},
	    {"html", "FILE", "as a page in this file, \"-\" on standard output", 0, NULL},
	    {"mode", "MODE", "the file's mode (0600)", 0, NULL},
	    {0}},
    .run = run_report,
};
