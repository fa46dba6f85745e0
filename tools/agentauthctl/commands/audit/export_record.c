/* SPDX-License-Identifier: Apache-2.0 */
/* export_record.c: what a record is, by the tables of export.def. */
#include "config.h"

#include "tools/agentauthctl/commands/audit/export_record.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/state/audit_chain.h"
#include "common/text/address.h"
#include "common/verify/reason.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/audit/audit.h"
#include "tools/agentauthctl/commands/last_refusal.h"
#include "tools/cli/alloc.h"

/* ---- paths --------------------------------------------------------------- */

static json_t *made(json_t *object, const char *step, bool list)
{
	json_t *there = json_object_get(object, step);

	if (list ? json_is_array(there) : json_is_object(there))
		return there;
	there = list ? json_array() : json_object();
	json_object_set_new(object, step, there);
	return there;
}

static void append_once(json_t *list, json_t *value)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (json_equal(item, value)) {
			json_decref(value);
			return;
		}
	}
	json_array_append_new(list, value);
}

void export_put(json_t *root, const char *path, json_t *value)
{
	char step[64];
	size_t len;

	for (len = strcspn(path, ".["); path[len] == '.' || path[len] == '['; len = strcspn(path, ".[")) {
		bool list = path[len] == '[';

		(void)snprintf(step, sizeof(step), "%.*s", (int)len, path);
		root = made(root, step, list);
		path += len + (list ? 2 : 1);
		if (list && !*path) {
			append_once(root, value);
			return;
		}
		if (list) {
			json_array_append_new(root, json_object());
			root = json_array_get(root, json_array_size(root) - 1);
			path++;
		}
	}
	json_object_set_new(root, path, value);
}

void export_put_text(json_t *root, const char *path, const char *text)
{
	if (text && *text)
		export_put(root, path, json_string(text));
}

const char *export_text(const json_t *root, const char *path)
{
	char step[64];
	size_t len;

	for (len = strcspn(path, "."); path[len]; len = strcspn(path, ".")) {
		(void)snprintf(step, sizeof(step), "%.*s", (int)len, path);
		root = json_object_get(root, step);
		path += len + 1;
	}
	return json_string_value(json_object_get(root, path));
}

/* ---- members ------------------------------------------------------------- */

enum how { TEXT, NUMBER, IN_TEXT, ADDRESS, NO_ADDRESS, EACH, FIRST };

enum {
	PROCESS = 1u << EXPORT_PROCESS,
	LOGIN = 1u << EXPORT_LOGIN,
	ENTITY = 1u << EXPORT_ENTITY,
	USER = 1u << EXPORT_USER,
	ROLE = 1u << EXPORT_ROLE,
	BASE = 1u << EXPORT_BASE,
	LOG = 1u << EXPORT_LOG,
	ADMIN = USER | ROLE | ENTITY,
	IAM = ADMIN | LOGIN,
	ANY = IAM | PROCESS | BASE | LOG
};

static const struct field {
	const char *member;
	unsigned classes;
	enum how how;
	const char *path[2]; /* of OCSF and of ECS */
} fields[] = {
#define FIELD(member, classes, how, ocsf, ecs) {member, classes, how, {ocsf, ecs}},
#include "tools/agentauthctl/commands/audit/export.def"
};

static json_t *in_text(json_int_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, number);
	return json_string(text);
}

/* Returns what is put, as a new reference; NULL: the member is of another type. */
static json_t *taken(enum how how, json_t *value)
{
	const char *text = json_string_value(value);

	switch (how) {
	case NUMBER:
		return json_is_integer(value) ? json_incref(value) : NULL;
	case IN_TEXT:
		return json_is_integer(value) ? in_text(json_integer_value(value)) : NULL;
	case ADDRESS:
		return aa_address_is_numeric(text) ? json_incref(value) : NULL;
	case NO_ADDRESS:
		return text && !aa_address_is_numeric(text) ? json_incref(value) : NULL;
	case FIRST:
		value = json_array_get(value, 0);
		return json_is_string(value) ? json_incref(value) : NULL;
	case TEXT:
	case EACH:
		break;
	}
	return text ? json_incref(value) : NULL;
}

static bool put_member(json_t *root, const struct field *field, const char *path, json_t *value)
{
	json_t *item, *put = NULL;
	size_t i;

	if (field->how != EACH) {
		put = taken(field->how, value);
		if (put)
			export_put(root, path, put);
		return put != NULL;
	}
	json_array_foreach(value, i, item)
	{
		put = taken(EACH, item);
		if (!put)
			return false;
		export_put(root, path, put);
	}
	return put != NULL;
}

void export_fields(json_t *root, const struct exported *e, enum export_format format, const char *rest)
{
	const char *member;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)e->record, member, value)
	{
		bool put = false;

		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
			const char *path = fields[i].path[format];

			if (path && strcmp(fields[i].member, member) == 0 &&
			    fields[i].classes & (1u << e->class))
				put = put_member(root, &fields[i], path, value) || put;
		}
		if (!put)
			json_object_set(made(root, rest, false), member, value);
	}
}

/* ---- what it is ---------------------------------------------------------- */

static const struct event {
	const char *event, *detail;
	enum export_class class;
	int activity;
	const char *name, *categories, *types;
} events[] = {
#define EVENT(event, detail, class, ...) {event, detail, EXPORT_##class, __VA_ARGS__},
#include "tools/agentauthctl/commands/audit/export.def"
};

static const struct severity {
	const char *reason;
	int severity;
} severities[] = {
#define SEVERITY(reason, severity) {reason, SEVERITY_##severity},
#include "tools/agentauthctl/commands/audit/export.def"
};

/* Cuts the n-th word of the text, from 0; "": there is none, or it is longer. */
static void word_of(const char *text, unsigned n, char *ret, size_t size)
{
	size_t len;

	for (; n > 0; n--) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	len = strcspn(text, " ");
	(void)snprintf(ret, size, "%.*s", (int)(len < size ? len : 0), text);
}

/* An "admin" says what became of what ("role deploy changed by apply: …") or is a command as it was typed. */
static void detail_of(struct exported *e, char *ret, size_t size)
{
	const char *command = view_text(e->record, "command"), *step = view_text(e->record, "step"),
		   *found = view_text(e->record, "found");
	char verb[16], by[16];

	if (strcmp(view_text(e->record, "event"), "admin") != 0) {
		(void)snprintf(ret, size, "%.63s",
			       *step	? step
			       : *found ? found
					: view_text(e->record, "result"));
		return;
	}
	word_of(command, 0, e->words[0], sizeof(e->words[0]));
	word_of(command, 1, e->words[1], sizeof(e->words[1]));
	word_of(command, 2, verb, sizeof(verb));
	word_of(command, strcmp(verb, "left") == 0 ? 4 : 3, by, sizeof(by));
	if (strcmp(by, "by") == 0)
		(void)snprintf(ret, size, "%s %s", e->words[0], verb);
	else
		(void)snprintf(ret, size, "%s", e->words[0]);
	e->kind = strcmp(by, "by") == 0 ? e->words[0] : "command";
	e->name = strcmp(by, "by") == 0 ? e->words[1] : e->words[0];
}

static bool detail_fits(const char *wanted, const char *detail)
{
	const char *blank = strchr(detail, ' ');

	if (!wanted)
		return true;
	return strcmp(wanted, detail) == 0 || (*wanted == '*' && blank && strcmp(wanted + 1, blank) == 0);
}

/* A record has what its event needs: a user is managed only where the record says which. */
static bool has_subject(const struct event *event, const json_t *record)
{
	return event->class != EXPORT_USER || json_is_string(json_object_get(record, "agent"));
}

static void find_event(struct exported *e)
{
	const char *name = view_text(e->record, "event");
	const struct event *event = events;

	detail_of(e, e->detail, sizeof(e->detail));
	while (event->event && !(strcmp(event->event, name) == 0 && detail_fits(event->detail, e->detail) &&
				 has_subject(event, e->record)))
		event++;
	e->class = event->class;
	e->activity = event->activity;
	e->categories = event->categories;
	e->types = event->types;
	e->activity_name = event->name ? event->name : event->event ? e->detail : name;
}

static void find_severity(struct exported *e)
{
	const char *reason = view_text(e->record, "reason");

	e->severity = e->ok ? SEVERITY_INFORMATIONAL : SEVERITY_LOW;
	for (size_t i = 0; i < sizeof(severities) / sizeof(severities[0]) && !e->ok; i++)
		if (strcmp(severities[i].reason, reason) == 0)
			e->severity = severities[i].severity;
}

/* The columns of audit show, without the time and with one blank between them. */
static char *message_of(const json_t *record)
{
	char *text = audit_text(record, false), *to = text;

	for (const char *at = text + (strlen(text) > 21 ? 21 : 0); *at; at++)
		if (*at != ' ' || (to > text && to[-1] != ' '))
			*to++ = *at;
	*to = '\0';
	return text;
}

char *exported_id(const struct exported *e, int64_t seq)
{
	return xasprintf("%s:%s%lld", view_text(e->record, "host"),
			 strcmp(e->log, AA_EXEC_LOG) == 0 ? "exec:" : "", (long long)seq);
}

void exported_begin(struct exported *e, const json_t *record, const struct log_line *line)
{
	enum aa_reason reason = last_refusal_reason(record);

	*e = (struct exported){.record = record, .line = line, .kind = "", .name = ""};
	e->log = strcmp(view_text(record, "event"), "exec") == 0 ? AA_EXEC_LOG : AA_AUDIT_LOG;
	e->ok = strcmp(view_text(record, "result"), "ok") == 0;
	e->reason = reason < AA_REASON_COUNT ? aa_reason_sentence(reason) : NULL;
	/* A line that went round the lock has no number of its own. */
	e->id = json_is_true(json_object_get(record, "unchained"))
		    ? xasprintf("%s:%s", view_text(record, "host"), view_text(record, "time"))
		    : exported_id(e, view_number(record, "seq"));
	e->message = message_of(record);
	if (aa_sha256_hex(e->hash, line->text, line->len) < 0)
		e->hash[0] = '\0';
	find_event(e);
	find_severity(e);
}

void exported_end(struct exported *e)
{
	free(e->id);
	free(e->message);
}
