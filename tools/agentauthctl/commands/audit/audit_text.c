/* SPDX-License-Identifier: Apache-2.0 */
/* audit_text.c: a record of the audit log as a line for people. */
#include "config.h"

#include <string.h>

#include "common/verify/reason.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/audit/audit.h"
#include "tools/agentauthctl/commands/last_refusal.h"
#include "tools/cli/print.h"

#define SESSION_DIGITS 8

/* Adds "BEFORE VALUE", where the record has the member. */
static void add(struct buffer *b, const char *before, const json_t *record, const char *member)
{
	const char *text = view_text(record, member);

	if (*text)
		buffer_printf(b, "%s%s", before, text);
}

static void add_roles(struct buffer *b, const json_t *record)
{
	json_t *roles = json_object_get(record, "roles");
	char *joined = json_array_size(roles) ? view_joined(roles) : NULL;

	if (joined)
		buffer_printf(b, ", role%s %s", json_array_size(roles) == 1 ? "" : "s", joined);
	free(joined);
}

/* By what, for whom, with which roles: as far as the record knows. */
static void add_login(struct buffer *b, const json_t *record)
{
	add(b, " from ", record, "rhost");
	add(b, ", ", record, "kind");
	add(b, " of ", record, "issuer");
	add(b, ", key ", record, "kid");
	add(b, ", jti ", record, "jti");
	add(b, ", on behalf of ", record, "on_behalf_of");
	add_roles(b, record);
	add(b, ", task ", record, "task");
}

static void add_command(struct buffer *b, const char *before, const json_t *record)
{
	add(b, before, record, "command");
	add(b, ", as ", record, "runas");
	add(b, ", on behalf of ", record, "on_behalf_of");
	if (*view_text(record, "role"))
		add(b, ", role ", record, "role");
	else
		add_roles(b, record);
}

static void add_duration(struct buffer *b, int64_t micros)
{
	if (micros < 10000000)
		buffer_printf(b, " after %lld ms", (long long)micros / 1000);
	else
		buffer_printf(b, " after %lld s", (long long)micros / 1000000);
}

/* Adds the end of a command: its status, or the signal that ended it. */
static void add_end(struct buffer *b, const json_t *record)
{
	if (json_object_get(record, "status"))
		buffer_printf(b, ": exit %lld", (long long)view_number(record, "status"));
	else if (json_object_get(record, "signal"))
		buffer_printf(b, ": signal %lld", (long long)view_number(record, "signal"));
	else
		return;
	add_duration(b, view_number(record, "micros"));
}

static void add_sudo(struct buffer *b, const json_t *record)
{
	add_command(b, "", record);
	add_end(b, record);
	add(b, ", sudo: ", record, "why");
	if (json_object_get(record, "asked_only"))
		buffer_puts(b, ", asked only");
}

static void add_admin(struct buffer *b, const json_t *record)
{
	add(b, " by ", record, "by");
	add(b, ": ", record, "command");
	add(b, ", why: ", record, "why");
}

static void add_approval(struct buffer *b, const json_t *record)
{
	add(b, " ", record, "request");
	add(b, " ", record, "step");
	add(b, " by ", record, "by");
	add_command(b, ": ", record);
	add(b, ", why: ", record, "why");
}

static bool is_sudo(const char *event)
{
	return strcmp(event, "sudo") == 0 || strcmp(event, "sudo-asked") == 0 ||
	       strcmp(event, "sudo-exit") == 0;
}

/* Prints what the log says of itself. */
static void add_found(struct buffer *b, const json_t *record)
{
	int64_t lines = view_number(record, "lines");

	add(b, ": ", record, "detail");
	if (lines)
		buffer_printf(b, ", %lld %s", (long long)lines, lines == 1 ? "line" : "lines");
}

/* Adds a program with its words; without them it is named by its file. */
static void add_program(struct buffer *b, const json_t *record)
{
	add(b, "", record, *view_text(record, "command") ? "command" : "path");
	if (json_object_get(record, "euid") && view_number(record, "euid") == 0)
		buffer_puts(b, ", as root");
	add(b, ", in ", record, "directory");
	add(b, ", on behalf of ", record, "on_behalf_of");
}

static void add_about(struct buffer *b, const json_t *record)
{
	const char *event = view_text(record, "event");

	if (strcmp(event, "admin") != 0 && strcmp(event, "exec") != 0 && !is_sudo(event) &&
	    strcmp(event, view_text(record, "service")) != 0)
		buffer_puts(b, view_text(record, "service"));
	if (is_sudo(event))
		add_sudo(b, record);
	else if (strcmp(event, "exec") == 0)
		add_program(b, record);
	else if (strcmp(event, "approval") == 0)
		add_approval(b, record);
	else if (strcmp(event, "admin") == 0)
		add_admin(b, record);
	else if (strcmp(event, "log") == 0)
		add_found(b, record);
	else
		add_login(b, record);
}

static void add_reason(struct buffer *b, const json_t *record)
{
	int64_t count = view_number(record, "count");

	if (strcmp(view_text(record, "reason"), "ok") != 0 && !*view_text(record, "found"))
		add(b, " — ", record, "reason");
	add(b, " (", record, "claim");
	if (*view_text(record, "claim"))
		buffer_puts(b, ")");
	if (count > 1)
		buffer_printf(b, ", %lld times", (long long)count);
	if (*view_text(record, "session"))
		buffer_printf(b, "  [%.*s]", SESSION_DIGITS, view_text(record, "session"));
}

static const char *sentence_of(const json_t *record)
{
	enum aa_reason reason = last_refusal_reason(record);

	/* A request that its agent took back has the reason of one that was denied. */
	if (reason == AA_OK || strcmp(view_text(record, "step"), "withdrawn") == 0)
		return NULL;
	return reason < AA_REASON_COUNT ? aa_reason_sentence(reason)
					: "a reason that this version does not know";
}

char *audit_text(const json_t *record, bool why)
{
	const char *time = view_text(record, "time"), *agent = view_text(record, "agent"), *sentence;
	struct buffer b = {0};
	char *line, *with_why;

	buffer_printf(&b, "%.10s %.8s  %-6s  %-16s %-13s ", time, strlen(time) > 11 ? time + 11 : "",
		      view_text(record, "result"), *agent ? agent : "-", view_text(record, "event"));
	add_about(&b, record);
	add_reason(&b, record);
	line = print_shown(b.data);
	buffer_free(&b);
	sentence = why ? sentence_of(record) : NULL;
	if (!sentence)
		return line;
	with_why = xasprintf("%s\n    %s", line, sentence);
	free(line);
	return with_why;
}
