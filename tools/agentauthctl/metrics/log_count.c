/* SPDX-License-Identifier: Apache-2.0 */
/* log_count.c: counts the lines of the audit log. What strangers and agents say never becomes a label's value: not an address,
 * not a command, not a name that nobody has here. */
#include "config.h"

#include "tools/agentauthctl/metrics/log_count.h"

#include <stdlib.h>
#include <string.h>

#include "common/text/name.h"
#include "common/text/utc.h"
#include "common/verify/reason.h"
#include "common/verify/verdict.h"
#include "tools/agentauthctl/metrics/series.h"

#define REQUESTS_MAX 1000 /* that may be open at a time, before the oldest is forgotten */
#define SERVICES_MAX 24	  /* a host has few; PAM takes any name */
#define OTHER "other"

/* ---- members ------------------------------------------------------------- */

static const char *text_of(const json_t *record, const char *member)
{
	const char *text = json_string_value(json_object_get(record, member));

	return text ? text : "";
}

static int64_t number_of(const json_t *record, const char *member)
{
	return json_integer_value(json_object_get(record, member));
}

/* Returns the word of the list that is `text`, or "other". */
static const char *word_of(const char *text, const char *const *words)
{
	while (*words && strcmp(*words, text) != 0)
		words++;
	return *words ? *words : OTHER;
}

static const char *result_of(const json_t *record)
{
	static const char *const results[] = {"ok", "denied", "error", NULL};

	return word_of(text_of(record, "result"), results);
}

static const char *reason_of(const json_t *record)
{
	const char *reason = text_of(record, "reason");

	for (int i = 0; i < AA_REASON_COUNT; i++)
		if (strcmp(aa_reason_name((enum aa_reason)i), reason) == 0)
			return aa_reason_name((enum aa_reason)i);
	return OTHER;
}

static const char *kind_of(const json_t *record)
{
	return aa_kind_name(aa_kind_from_name(text_of(record, "kind")));
}

/* A service's name is that of a file of root's, mostly: whoever starts PAM says which, so that there must be an end. */
static const char *service_of(struct log_count *count, const json_t *record)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	const char *service = text_of(record, "service");
	size_t len = strlen(service);

	if (json_object_get(count->services, service))
		return service;
	if (len == 0 || len > 32 || strspn(service, allowed) != len ||
	    json_object_size(count->services) >= SERVICES_MAX)
		return OTHER;
	json_object_set_new(count->services, service, json_integer(1));
	return service;
}

/* Returns a time in microseconds since 1970; 0: the record has none. */
static int64_t micros_of(const json_t *record)
{
	const char *text = text_of(record, "time");
	char whole[AA_UTC_SIZE];
	int64_t when;

	if (strlen(text) != sizeof("2027-01-15T08:00:00.000000Z") - 1)
		return 0;
	memcpy(whole, text, 19);
	memcpy(whole + 19, "Z", 2);
	return aa_utc_parse(whole, &when) ? when * 1000000 + strtoll(text + 20, NULL, 10) : 0;
}

/* ---- events -------------------------------------------------------------- */

struct taken {
	struct log_count *count;
	const json_t *record;
	const char *event;
	int64_t n;
	bool ok;
};

static void count_agent(const struct taken *t, const char *metric)
{
	const char *agent = text_of(t->record, "agent");

	if (t->count->per_agent && aa_agent_name_is_valid(agent))
		series_add(t->count->series, t->n, metric, "agent", agent, "result", result_of(t->record),
			   NULL);
}

static void count_denial(const struct taken *t, const char *what)
{
	if (!t->ok)
		series_add(t->count->series, t->n, "denials_total", "what", what, "reason",
			   reason_of(t->record), NULL);
}

/* A login ends with an opened session, or with a refusal at any of its steps. */
static void count_login(const struct taken *t)
{
	if (t->ok && strcmp(t->event, "session-open") != 0)
		return;
	series_add(t->count->series, t->n, "logins_total", "service", service_of(t->count, t->record), "kind",
		   kind_of(t->record), "result", result_of(t->record), NULL);
	count_denial(t, "login");
	count_agent(t, "agent_logins_total");
}

static void count_sudo(const struct taken *t)
{
	series_add(t->count->series, t->n, "sudo_total", "result", result_of(t->record), NULL);
	count_denial(t, "sudo");
	count_agent(t, "agent_sudo_total");
}

/* Sudo's own rules decide on what PAM lets on, with a line of their own where there is the audit plugin; a refusal of PAM's has
 * no other. */
static void count_asked(const struct taken *t)
{
	if (!t->ok || json_is_true(json_object_get(t->record, "asked_only")))
		count_sudo(t);
}

static const char *const steps[] = {"requested", "approved", "denied", "timeout",
				    "withdrawn", "refused",  NULL};

static void note_request(json_t *requests, const char *id, int64_t when)
{
	if (json_object_size(requests) >= REQUESTS_MAX)
		json_object_del(requests, json_object_iter_key(json_object_iter(requests)));
	json_object_set_new(requests, id, json_integer(when));
}

static void count_approval(const struct taken *t)
{
	const char *step = word_of(text_of(t->record, "step"), steps), *id = text_of(t->record, "request");
	int64_t when = micros_of(t->record), asked = number_of(t->count->requests, id);

	series_add(t->count->series, t->n, "approvals_total", "step", step, NULL);
	if (strcmp(step, "requested") == 0)
		note_request(t->count->requests, id, when);
	else if (asked && when >= asked)
		series_observe(t->count->series, when - asked, 1, true, "approval_wait_seconds", "step",
			       step);
	if (strcmp(step, "requested") != 0)
		json_object_del(t->count->requests, id);
}

/* Of an issuer's keys a line has how many are good, whether they came or not. */
static void count_change(const struct taken *t)
{
	const char *issuer = text_of(t->record, "issuer");

	series_add(t->count->series, t->n, "changes_total", "result", result_of(t->record), NULL);
	if (aa_name_is_valid(issuer, 64) && json_object_get(t->record, "keys"))
		json_object_set_new(t->count->fetched, issuer, json_integer(t->ok));
}

static const char *const found[] = {"log_gone",	  "log_cut",	 "line_cut", "head_gone",
				    "clock_back", "not_written", NULL};

static void count_found(const struct taken *t)
{
	const char *word = word_of(text_of(t->record, "found"), found);

	series_add(t->count->series, 1, "audit_found_total", "found", word, NULL);
	if (strcmp(word, "not_written") == 0)
		series_add(t->count->series, number_of(t->record, "lines"), "audit_not_written_total", NULL);
}

/* The recorder of programs writes a mark every ten minutes, and says when it ends. */
static void count_recorder(const struct taken *t)
{
	series_set(t->count->series, micros_of(t->record) / 1000000, "recorder_last_mark_timestamp_seconds",
		   NULL);
	if (strcmp(t->event, "exec-stop") == 0)
		json_object_del(t->count->series, "agentauth_recorder_last_mark_timestamp_seconds");
	else if (strcmp(t->event, "exec-gap") == 0)
		series_add(t->count->series, 1, "recorder_gaps_total", NULL);
	else if (strcmp(t->event, "exec-lost") == 0)
		series_add(t->count->series, t->n, "recorder_lost_total", NULL);
}

static const struct event {
	const char *name;
	void (*count)(const struct taken *t); /* NULL: its lines alone are counted */
	bool timed;
} events[] = {{"auth", count_login, true},
	      {"account", count_login, true},
	      {"session-open", count_login, true},
	      {"session-close", NULL, false},
	      {"sudo-asked", count_asked, true},
	      {"sudo", count_sudo, true},
	      {"sudo-exit", NULL, false},
	      {"approval", count_approval, false},
	      {"admin", count_change, false},
	      {"log", count_found, false},
	      {"exec-start", count_recorder, false},
	      {"exec-stop", count_recorder, false},
	      {"exec-gap", count_recorder, false},
	      {"exec-lost", count_recorder, false},
	      {"exec-mark", count_recorder, false},
	      {"recording", NULL, false},
	      {NULL, NULL, false}};

void log_count_take(struct log_count *count, const json_t *record)
{
	struct taken t = {count, record, text_of(record, "event"), number_of(record, "count"),
			  strcmp(text_of(record, "result"), "ok") == 0};
	const struct event *event = events;

	if (t.n <= 0)
		t.n = 1;
	while (event->name && strcmp(event->name, t.event) != 0)
		event++;
	series_add(count->series, 1, "audit_events_total", "event", event->name ? event->name : OTHER, NULL);
	if (event->count)
		event->count(&t);
	if (event->timed && json_object_get(record, "micros"))
		series_observe(count->series, number_of(record, "micros"), t.n, false,
			       "decision_duration_seconds", "event", event->name);
}

void log_count_begin(struct log_count *count)
{
	static const char *const results[] = {"ok", "denied", "error"};

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		series_add(count->series, 0, "sudo_total", "result", results[i], NULL);
		series_add(count->series, 0, "changes_total", "result", results[i], NULL);
	}
	for (size_t i = 0; steps[i]; i++) {
		series_add(count->series, 0, "approvals_total", "step", steps[i], NULL);
		if (i > 0)
			series_observe(count->series, 0, 0, true, "approval_wait_seconds", "step", steps[i]);
	}
	for (size_t i = 0; found[i]; i++)
		series_add(count->series, 0, "audit_found_total", "found", found[i], NULL);
	series_add(count->series, 0, "audit_not_written_total", NULL);
	series_add(count->series, 0, "recorder_gaps_total", NULL);
	series_add(count->series, 0, "recorder_lost_total", NULL);
	for (int i = 0; i < AA_REASON_COUNT; i++) {
		const char *reason = aa_reason_name((enum aa_reason)i);

		if (i == AA_OK)
			continue;
		series_add(count->series, 0, "denials_total", "what", "login", "reason", reason, NULL);
		series_add(count->series, 0, "denials_total", "what", "sudo", "reason", reason, NULL);
	}
}
