/* SPDX-License-Identifier: Apache-2.0 */
/* report.c: the audit record of a call. */
#include "config.h"

#include "module.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>
#include <fcntl.h>

#include <security/pam_ext.h>

static void set_grant(json_t *record, const struct aa_grant *grant)
{
	json_t *roles;
	bool whole = true;

	if (!grant->n)
		return;
	roles = json_array();
	for (size_t i = 0; i < grant->n; i++)
		whole = json_array_append_new(roles, json_string(grant->roles[i]->name)) == 0 && whole;
	aa_audit_put(record, "roles", whole ? json_incref(roles) : NULL);
	json_decref(roles);
}

/* The actors' chain, each name made fit for the log. */
static void set_actors(json_t *record, const json_t *actors)
{
	json_t *safe, *one;
	const json_t *item;
	bool whole = true;
	size_t i;

	if (!actors)
		return;
	safe = json_array();
	json_array_foreach(actors, i, item)
	{
		one = json_object();
		aa_audit_set(one, "sub", json_string_value(item));
		whole = json_array_append(safe, json_object_get(one, "sub")) == 0 && whole;
		json_decref(one);
	}
	aa_audit_put(record, "actors", whole ? json_incref(safe) : NULL);
	json_decref(safe);
}

static void set_verdict(json_t *record, const struct aa_verdict *v)
{
	aa_audit_set(record, "kind", v->kind == AA_KIND_NONE ? NULL : aa_kind_name(v->kind));
	aa_audit_set(record, "issuer", v->issuer);
	aa_audit_set(record, "kid", v->kid);
	aa_audit_set(record, "alg", v->alg);
	aa_audit_set(record, "jti", v->jti);
	aa_audit_set(record, "scope", v->scope);
	set_grant(record, &v->grant);
	aa_audit_set(record, "on_behalf_of", v->on_behalf_of);
	set_actors(record, v->actors);
	aa_audit_set(record, "task", v->task);
}

static void set_session(json_t *record, const struct aa_session *s)
{
	static const char *const members[] = {"kind", "issuer", "kid", "jti", "roles", "on_behalf_of", "actors", "task"};

	aa_audit_set(record, "session", s->id);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_t *value = json_object_get(s->json, members[i]);

		if (value && !json_object_get(record, members[i]))
			aa_audit_put(record, members[i], json_incref(value));
	}
}

/* Reads all of it, and keeps what `text` has room for. The length of all of it; 0: it cannot be read. */
static size_t read_command(char *text, size_t cap)
{
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	char part[4096];
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return 0;
	while ((n = read(fd, part, sizeof(part))) > 0) {
		if (len < cap)
			memcpy(text + len, part, (size_t)n < cap - len ? (size_t)n : cap - len);
		len += (size_t)n;
	}
	close(fd);
	return len;
}

/* What sudo was asked for: its own arguments, as /proc has them. Where they are more than the log takes, their length says
 * how much is missing; sudo's own log has it. */
static void set_command(json_t *record)
{
	char text[AA_AUDIT_STRING_MAX + 2];
	size_t len = read_command(text, sizeof(text) - 1), kept = len < sizeof(text) - 1 ? len : sizeof(text) - 1;

	if (len == 0)
		return;
	for (size_t i = 0; i + 1 < kept; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	text[kept] = '\0';
	aa_audit_set(record, "command", text);
	if (len > kept)
		aa_audit_put(record, "command_length", json_integer((json_int_t)len));
}

enum aa_reason aa_report(struct aa_call *call, const char *event, enum aa_reason reason, const struct aa_verdict *verdict,
			 const struct aa_session *session)
{
	const void *service = NULL;
	json_t *record = json_object();

	(void)pam_get_item(call->pamh, PAM_SERVICE, &service);
	aa_audit_set(record, "event", event);
	aa_audit_set(record, "service", service);
	aa_audit_set(record, "agent", call->known ? call->user : NULL);
	if (call->account.uid)
		aa_audit_put(record, "uid", json_integer(call->account.uid));
	aa_audit_set(record, "rhost", call->address[0] ? call->address : NULL);
	aa_audit_set(record, "result", reason == AA_OK ? "ok" : reason == AA_INTERNAL ? "error" : "denied");
	aa_audit_set(record, "reason", aa_reason_name(reason));
	if (verdict)
		set_verdict(record, verdict);
	if (session)
		set_session(record, session);
	if (strcmp(event, "sudo") == 0)
		set_command(record);
	aa_audit_put(record, "micros", json_integer(aa_now_us() - call->started_us));
	if (call->args.debug)
		pam_syslog(call->pamh, LOG_DEBUG, "%s: %s (%s)", event, aa_reason_name(reason), aa_reason_sentence(reason));
	return aa_context_audit(&call->ctx, record);
}

void aa_tell(struct aa_call *call, enum aa_reason reason)
{
	(void)pam_error(call->pamh, "agentauth: %s is refused: %s", call->service, aa_reason_sentence(reason));
}

void aa_tell_starter(struct aa_call *call, enum aa_reason reason)
{
	(void)pam_error(call->pamh, "agentauth: starting %s is refused: %s", call->user, aa_reason_sentence(reason));
}
