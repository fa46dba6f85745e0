/* SPDX-License-Identifier: Apache-2.0 */
/* audit_show.c: prints the records that are asked for, one after another or by session. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/utc.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/audit/audit.h"
#include "tools/agentauthctl/commands/audit/audit_groups.h"
#include "tools/cli/print.h"
#include "tools/cli/progress.h"

#define SESSION_DAYS 30 /* before a moment in which a session that was open at it may have begun */

struct showing {
	struct ctl *ctl;
	bool why, raw, by_session;
	int64_t at;
	struct audit_groups groups; /* of the sessions that were open, where `at` is given */
	uint64_t shown;
};

/* ---- one record ---------------------------------------------------------- */

/* A record is printed as it is found: the log may be longer than the memory. */
static void put_json(const struct showing *s, const json_t *record)
{
	char *text = json_dumps(record, JSON_COMPACT);

	if (text)
		printf("%s\n    %s", s->shown > 1 ? "," : "", text);
	free(text);
}

static bool show(void *data, json_t *record, const struct log_line *line)
{
	struct showing *s = data;
	char *text;

	if (s->at && !audit_groups_has(&s->groups, view_text(record, "session"))) {
		json_decref(record);
		return true;
	}
	s->shown++;
	if (s->ctl->json) {
		put_json(s, record);
	} else if (s->raw) {
		(void)fwrite(line->text, 1, line->len, stdout);
		(void)putchar('\n');
	} else if (s->by_session) {
		audit_groups_add(&s->groups, record);
	} else {
		text = audit_text(record, s->why);
		puts(text);
		free(text);
	}
	json_decref(record);
	return !ferror(stdout);
}

/* ---- the sessions that were open at a moment ----------------------------- */

static bool follow_session(void *data, json_t *record, const struct log_line *line)
{
	const char *event = view_text(record, "event"), *session = view_text(record, "session");
	struct showing *s = data;
	char at[AA_UTC_SIZE];

	(void)line;
	aa_utc_print(s->at, at); /* a session that ended within this second was open in it */
	if (strcmp(event, "session-open") == 0 && strcmp(view_text(record, "result"), "ok") == 0)
		audit_groups_begin(&s->groups, session);
	else if (strcmp(event, "session-close") == 0 && strncmp(view_text(record, "time"), at, 19) < 0)
		audit_groups_drop(&s->groups, session);
	json_decref(record);
	return true;
}

/* A session that was open at the moment began before it, and had not ended. */
static bool find_open(struct showing *s, struct log_query *query, const struct log_files *files,
		      struct progress *progress)
{
	struct log_query openings = *query;
	bool all;

	openings.n = 0;
	for (size_t i = 0; i < query->n; i++)
		if (query->members[i].match != LOG_HAS)
			openings.members[openings.n++] = query->members[i];
	log_query_add(&openings, "event", LOG_BEGINS, "session-");
	openings.since = s->at - SESSION_DAYS * 86400;
	openings.until = s->at + 1;
	query->since = openings.since;
	all = log_query_walk(&openings, files, &s->ctl->problems, progress, follow_session, s);
	free(openings.members[openings.n - 1].value);
	free(openings.members[openings.n - 1].needle);
	return all;
}

/* ---- the command --------------------------------------------------------- */

static enum ctl_status read_times(struct showing *s, const struct arguments *arguments,
				  struct log_query *query)
{
	enum ctl_status status = audit_times(s->ctl, arguments, query);

	if (status == CTL_DONE)
		status = audit_time(s->ctl, arguments, "at", &s->at);
	if (status == CTL_DONE && s->at && (query->since || query->until))
		return ctl_usage(s->ctl,
				 "--at is a moment, --since and --until are a time: give one or the other");
	return status;
}

static bool found_one(void *data, json_t *record, const struct log_line *line)
{
	bool *found = data;

	(void)line;
	*found = true;
	json_decref(record);
	return false;
}

/* No answer is told from a name that is misspelt. */
static void tell_none(const struct showing *s, const struct log_query *query, const struct log_files *files)
{
	struct log_query of_agent = {.n = 0};
	bool found = false;

	for (size_t i = 0; i < query->n; i++)
		if (query->members[i].name && strcmp(query->members[i].name, "agent") == 0)
			of_agent.members[of_agent.n++] = query->members[i];
	found = of_agent.n == 0;
	if (!found)
		(void)log_query_walk(&of_agent, files, &s->ctl->problems, NULL, found_one, &found);
	if (!found)
		printf("The log has no record of an agent %s.\n", quoted(of_agent.members[0].value));
	else
		puts(s->at ? "No agent had a session then." : "The log has no such record.");
}

static enum ctl_status show_all(struct showing *s, struct log_query *query, const struct log_files *files)
{
	struct progress progress = {.program = "agentauthctl", .what = "MB of the log", .off = s->ctl->json};
	bool all = !s->at || find_open(s, query, files, &progress);

	if (s->ctl->json)
		print_json_begin("records");
	all = log_query_walk(query, files, &s->ctl->problems, &progress, show, s) && all;
	if (s->ctl->json)
		fputs("],", stdout);
	audit_groups_print(&s->groups);
	if (!s->shown && !s->ctl->json && !s->raw)
		tell_none(s, query, files);
	return all ? CTL_DONE : CTL_FAILED;
}

static int run_show(struct ctl *ctl, const struct arguments *arguments)
{
	struct showing s = {.ctl = ctl,
			    .why = arguments_have(arguments, "why"),
			    .groups.why = arguments_have(arguments, "why"),
			    .raw = arguments_have(arguments, "raw"),
			    .by_session = arguments_have(arguments, "by-session")};
	struct log_query query = {.n = 0};
	struct log_files files = {.index_fd = -1};
	enum ctl_status status = audit_filters(ctl, arguments, &query);

	bool programs = arguments_have(arguments, "programs");

	if (status == CTL_DONE)
		status = read_times(&s, arguments, &query);
	if (status == CTL_DONE && programs && (s.at || s.by_session))
		status = ctl_usage(
		    ctl, "the log of programs has no beginning of a session to show them below: --session ID "
			 "shows those of one");
	if (s.at)
		s.by_session = true;
	if (status == CTL_DONE)
		status = audit_open(ctl, programs ? &log_programs : &log_decisions, !programs, &files);
	if (status == CTL_DONE)
		status = show_all(&s, &query, &files);
	log_files_close(&files);
	log_query_free(&query);
	audit_groups_free(&s.groups);
	return status;
}

const struct command audit_show = {
    .name = "show",
    .words = "",
    .summary = "show the records that are asked for, packed files of the log included",
    .about = "Several options ask for the records that fit all of them. Times are in UTC. --at shows the "
	     "sessions that "
	     "were open at a moment, from their opening to their end, with what they did: who that uid was, "
	     "on whose "
	     "behalf, and what ran as root. explain --at SEQ says of a refusal what would have to change.",
    .options =
	(const struct option_spec[]){
	    AUDIT_TIMES,
	    {"at", "TIME", "the sessions that were open at this moment", 0, NULL},
	    AUDIT_FILTERS,
	    {"by-session", NULL, "what a session did below its beginning", 0, NULL},
	    {"programs", NULL, "those of the log of programs (record = \"exec\")", 0, NULL},
	    {"why", NULL, "the sentence of each reason, too", 0, NULL},
	    {"raw", NULL, "the lines as they stand in the log", 0, NULL},
	    {0}},
    .run = run_show,
};
