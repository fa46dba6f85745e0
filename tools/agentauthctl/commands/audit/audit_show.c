/* SPDX-License-Identifier: Apache-2.0 */
/* audit_show.c: prints the records that are asked for, one after another or by session. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/utc.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/audit/audit.h"
#include "tools/cli/progress.h"

#define SESSION_DAYS 30 /* before a moment in which a session that was open at it may have begun */

/* ---- by session ---------------------------------------------------------- */

struct group {
	char *session;
	struct buffer lines;
};

struct showing {
	struct ctl *ctl;
	bool why, raw, by_session;
	int64_t at;
	struct group *
	    groups; /* in the order of their first lines; of the sessions that were open, where `at` is given */
	size_t n, cap;
	json_t *records; /* with --json */
	uint64_t shown;
};

static struct group *find_group(struct showing *s, const char *session)
{
	/* The newest is mostly the one. */
	for (size_t i = s->n; i-- > 0;)
		if (strcmp(s->groups[i].session, session) == 0)
			return &s->groups[i];
	return NULL;
}

static struct group *add_group(struct showing *s, const char *session)
{
	grow(&s->groups, &s->cap, s->n + 1, sizeof(*s->groups));
	s->groups[s->n] = (struct group){.session = xstrdup(session)};
	return &s->groups[s->n++];
}

/* The records of a session stand below its first line. */
static void add_to_group(struct showing *s, const json_t *record)
{
	const char *session = view_text(record, "session");
	struct group *group = *session ? find_group(s, session) : NULL;
	char *text = audit_text(record, s->why), *line, *save = NULL;

	if (!group)
		group = add_group(s, session);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		buffer_printf(&group->lines, "%s%s\n", group->lines.len ? "  " : "", line);
	free(text);
}

static void print_groups(const struct showing *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->groups[i].lines.len)
			fputs(s->groups[i].lines.data, stdout);
}

static void free_groups(struct showing *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->groups[i].session);
		buffer_free(&s->groups[i].lines);
	}
	free(s->groups);
}

/* ---- one record ---------------------------------------------------------- */

static bool show(void *data, json_t *record, const struct log_line *line)
{
	struct showing *s = data;
	char *text;

	if (s->at && !find_group(s, view_text(record, "session"))) {
		json_decref(record);
		return true;
	}
	s->shown++;
	if (s->records) {
		json_array_append_new(s->records, record);
		return true;
	}
	if (s->raw) {
		(void)fwrite(line->text, 1, line->len, stdout);
		(void)putchar('\n');
	} else if (s->by_session) {
		add_to_group(s, record);
	} else {
		text = audit_text(record, s->why);
		puts(text);
		free(text);
	}
	json_decref(record);
	return true;
}

/* ---- the sessions that were open at a moment ----------------------------- */

static void drop_group(struct showing *s, struct group *group)
{
	free(group->session);
	memmove(group, group + 1, (size_t)(s->groups + s->n - group - 1) * sizeof(*group));
	s->n--;
}

static bool follow_session(void *data, json_t *record, const struct log_line *line)
{
	const char *event = view_text(record, "event"), *session = view_text(record, "session");
	struct showing *s = data;
	struct group *group = find_group(s, session);
	char at[AA_UTC_SIZE];

	(void)line;
	aa_utc_print(s->at, at); /* a session that ended within this second was open in it */
	if (strcmp(event, "session-open") == 0 && strcmp(view_text(record, "result"), "ok") == 0 && !group)
		(void)add_group(s, session);
	else if (strcmp(event, "session-close") == 0 && group &&
		 strncmp(view_text(record, "time"), at, 19) < 0)
		drop_group(s, group);
	json_decref(record);
	return true;
}

/* A session that was open at the moment began before it, and had not ended. */
static bool find_open(struct showing *s, struct log_query *query, const struct log_files *files,
		      struct progress *progress)
{
	struct log_query openings = *query;

	openings.command = NULL;
	openings.since = s->at - SESSION_DAYS * 86400;
	openings.until = s->at + 1;
	query->since = openings.since;
	return log_query_walk(&openings, files, &s->ctl->problems, progress, follow_session, s);
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

static enum ctl_status show_all(struct showing *s, struct log_query *query, const struct log_files *files)
{
	struct progress progress = {.program = "agentauthctl", .what = "MB of the log", .off = s->ctl->json};
	bool all = !s->at || find_open(s, query, files, &progress);

	all = log_query_walk(query, files, &s->ctl->problems, &progress, show, s) && all;
	print_groups(s);
	if (!s->shown && !s->ctl->json && !s->raw)
		puts(s->at ? "No agent had a session then." : "The log has no such record.");
	return all ? CTL_DONE : CTL_FAILED;
}

static int run_show(struct ctl *ctl, const struct arguments *arguments)
{
	struct showing s = {.ctl = ctl,
			    .why = arguments_have(arguments, "why"),
			    .raw = arguments_have(arguments, "raw"),
			    .by_session = arguments_have(arguments, "by-session"),
			    .records = ctl->json ? json_array() : NULL};
	struct log_query query = {.n = 0};
	struct log_files files = {.n = 0};
	enum ctl_status status = audit_filters(ctl, arguments, &query);

	if (status == CTL_DONE)
		status = read_times(&s, arguments, &query);
	if (s.at)
		s.by_session = true;
	if (status == CTL_DONE)
		status = audit_open(ctl, &files);
	if (status == CTL_DONE)
		status = show_all(&s, &query, &files);
	ctl_answer(ctl, "records", s.records);
	log_files_close(&files);
	log_query_free(&query);
	free_groups(&s);
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
	(const struct option_spec[]){AUDIT_TIMES,
				     {"at", "TIME", "the sessions that were open at this moment", 0, NULL},
				     AUDIT_FILTERS,
				     {"by-session", NULL, "what a session did below its beginning", 0, NULL},
				     {"why", NULL, "the sentence of each reason, too", 0, NULL},
				     {"raw", NULL, "the lines as they stand in the log", 0, NULL},
				     {0}},
    .run = run_show,
};
