/* SPDX-License-Identifier: Apache-2.0 */
/* audit_record.c: the members of each event. */
#include "config.h"

#include "common/state/audit_record.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/text/shown.h"
#include "common/verify/verdict.h"

/* ---- foreign text -------------------------------------------------------- */

void aa_audit_put(json_t *record, const char *key, json_t *value)
{
	if (json_object_set_new(record, key, value) < 0)
		(void)json_object_clear(record);
}

void aa_audit_set(json_t *record, const char *key, const char *text)
{
	char out[AA_AUDIT_STRING_MAX + AA_SHOWN_MAX + 3];
	struct aa_shown shown = {.at = text};
	size_t len = 0, n = 1;
	bool escaped;

	if (!text)
		return;
	while (n > 0 && len < AA_AUDIT_STRING_MAX) {
		n = aa_shown_next(&shown, out + len, &escaped);
		len += n;
	}
	if (*shown.at) {
		memcpy(out + len, "\xe2\x80\xa6", 3);
		len += 3;
	}
	aa_audit_put(record, key, json_stringn(out, len));
}

/* ---- what a decision is about ------------------------------------------------- */

static void set_roles(json_t *record, const struct aa_roles *narrowed)
{
	json_t *roles;
	bool whole = true;

	if (!narrowed->n)
		return;
	roles = json_array();
	for (size_t i = 0; i < narrowed->n; i++)
		whole = json_array_append_new(roles, json_string(narrowed->v[i]->name)) == 0 && whole;
	aa_audit_put(record, "roles", whole ? json_incref(roles) : NULL);
	json_decref(roles);
}

/* Sets the actors' chain, each name made fit for the log. */
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
	set_roles(record, &v->roles);
	aa_audit_set(record, "on_behalf_of", v->on_behalf_of);
	set_actors(record, v->actors);
	aa_audit_set(record, "task", v->task);
}

static void set_session(json_t *record, const struct aa_session *s)
{
	static const char *const members[] = {"kind",  "issuer",       "kid", "jti",
					      "roles", "on_behalf_of", "task"};

	aa_audit_set(record, "session", s->id);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_t *value = json_object_get(s->json, members[i]);

		if (!value || json_object_get(record, members[i]))
			continue;
		if (json_is_string(value))
			aa_audit_set(record, members[i], json_string_value(value));
		else
			aa_audit_put(record, members[i], json_incref(value));
	}
	if (!json_object_get(record, "actors"))
		set_actors(record, json_object_get(s->json, "actors"));
}

/* Reads the whole command line, keeps as much as `text` has room for, and returns the whole length; 0: it cannot be
 * read. */
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

/* Sets the words of a text, each with a zero at its end, as one line that names these words and no others. Where the text
 * is the beginning of a longer one, the whole length says so. */
static void set_line(json_t *record, char *text, size_t len, size_t whole)
{
	char *words[AA_AUDIT_STRING_MAX + 3], line[2 * AA_AUDIT_STRING_MAX];
	size_t n = 0;

	if (len > AA_AUDIT_STRING_MAX + 1)
		len = AA_AUDIT_STRING_MAX + 1;
	if (len == 0)
		return;
	text[len] = '\0';

	for (size_t at = 0; at < len; at += strlen(text + at) + 1)
		words[n++] = text + at;
	words[n] = NULL;
	(void)aa_shown_line(line, sizeof(line), NULL, words);
	aa_audit_set(record, "command", line);
	if (whole > len)
		aa_audit_put(record, "command_length", json_integer((json_int_t)whole));
}

/* Sets the command that sudo was asked for: sudo's own arguments, as /proc has them. Where they are longer than the
 * log takes, their length says how much is missing; sudo's own log has all of it. */
static void set_command(json_t *record)
{
	char text[AA_AUDIT_STRING_MAX + 2];
	size_t len = read_command(text, sizeof(text) - 1),
	       kept = len < sizeof(text) - 1 ? len : sizeof(text) - 1;

	set_line(record, text, kept, len);
}

/* Sets a member, unless it is empty: an empty one says no more. */
static void set_known(json_t *record, const char *key, const char *text)
{
	aa_audit_set(record, key, text && *text ? text : NULL);
}

/* Sets a path as a shell would have it, so that two that differ never look the same. */
static void set_path(json_t *record, const char *key, const char *path)
{
	char text[AA_AUDIT_STRING_MAX + 3];

	if (!path || !*path)
		return;
	(void)aa_shown_word(text, sizeof(text), path);
	aa_audit_set(record, key, text);
}

static void set_sudo(json_t *record, const struct aa_audit_command *command)
{
	if (command->line)
		aa_audit_set(record, "command", command->line);
	else
		set_command(record);
	if (command->length > AA_AUDIT_STRING_MAX)
		aa_audit_put(record, "command_length", json_integer((json_int_t)command->length));
	set_path(record, "directory", command->directory);
	set_path(record, "chroot", command->chroot);
	set_known(record, "runas", command->runas);
	set_known(record, "tty", command->tty);
	set_known(record, "role", command->role);
	set_known(record, "why", command->why);
	if (command->pid)
		aa_audit_put(record, "pid", json_integer(command->pid));
	aa_audit_set(record, "recording", command->recording);
	if (command->within)
		aa_audit_put(record, "within", json_true());
	if (command->asked_only)
		aa_audit_put(record, "asked_only", json_true());
}

static void set_role(json_t *record, const char *role)
{
	json_t *roles = json_array();
	bool whole = json_array_append_new(roles, json_string(role)) == 0;

	aa_audit_put(record, "roles", whole ? json_incref(roles) : NULL);
	json_decref(roles);
}

/* Names the claim or header member that the refusal is about; NULL: none, or it is not known. An SSH key has no
 * claims. */
static const char *claim_of(enum aa_reason reason, const struct aa_verdict *v)
{
	bool presented = v->kind == AA_KIND_NONE || v->kind == AA_KIND_ASSERTION ||
			 v->kind == AA_KIND_TOKEN || v->kind == AA_KIND_DELEGATED;

	if (!presented || reason != v->reason)
		return NULL;
	return v->claim ? v->claim : aa_reason_claim(reason);
}

static const char *result_of(enum aa_reason reason)
{
	if (reason == AA_OK)
		return "ok";
	return reason == AA_INTERNAL || reason == AA_SUDO_FAILED ? "error" : "denied";
}

/* Begins a record with the members that each event has, in their order. */
static json_t *begin(const struct aa_audit_event *d, const char *result)
{
	json_t *record = json_object();

	aa_audit_set(record, "event", d->event);
	aa_audit_set(record, "service", d->service);
	aa_audit_set(record, "agent", d->agent);
	if (d->uid)
		aa_audit_put(record, "uid", json_integer(d->uid));
	aa_audit_set(record, "rhost", d->rhost);
	aa_audit_set(record, "result", result);
	aa_audit_set(record, "reason", aa_reason_name(d->reason));
	return record;
}

static void copy_members(json_t *record, const json_t *from, const char *const names[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_object_get(from, names[i]);

		if (value)
			aa_audit_put(record, names[i], json_incref(value));
	}
}

json_t *aa_audit_event(const struct aa_audit_event *d)
{
	json_t *record = begin(d, result_of(d->reason));

	if (d->verdict)
		aa_audit_set(record, "claim", claim_of(d->reason, d->verdict));
	if (d->verdict)
		set_verdict(record, d->verdict);
	if (d->session)
		set_session(record, d->session);
	if (d->role && d->role[0])
		set_role(record, d->role);
	if (d->command)
		set_sudo(record, d->command);
	aa_audit_put(record, "micros", json_integer(d->micros));
	return record;
}

/* The end of a session is no refusal, whatever its reason is. */
json_t *aa_audit_session_close(const struct aa_session *session, const char *service, enum aa_reason reason,
			       int64_t micros)
{
	const struct aa_audit_event closing = {.event = "session-close",
					       .service = service,
					       .agent = session->agent,
					       .uid = session->uid,
					       .rhost = session->rhost,
					       .reason = reason};
	json_t *record = begin(&closing, "ok");

	set_session(record, session);
	aa_audit_put(record, "micros", json_integer(micros));
	return record;
}

/* ---- the end of a command ---------------------------------------------------------- */

static void set_end(json_t *record, const struct aa_audit_end *end)
{
	if (end->why)
		aa_audit_set(record, "why", end->why);
	else if (WIFSIGNALED(end->status))
		aa_audit_put(record, "signal", json_integer(WTERMSIG(end->status)));
	else
		aa_audit_put(record, "status", json_integer(WEXITSTATUS(end->status)));
	aa_audit_put(record, "micros", json_integer(end->micros));
}

/* A command that ends with another status than 0 was not refused. */
json_t *aa_audit_sudo_exit(const json_t *ran, const struct aa_audit_end *end)
{
	static const char *const before[] = {"service", "agent", "uid", "rhost"};
	static const char *const behind[] = {"session",	       "kind",	       "issuer", "kid",	   "jti",
					     "roles",	       "on_behalf_of", "task",	 "actors", "command",
					     "command_length", "directory",    "chroot", "runas",  "tty",
					     "role",	       "pid"};
	enum aa_reason reason = end->why ? AA_SUDO_FAILED : AA_OK;
	json_t *record = json_object();

	aa_audit_set(record, "event", "sudo-exit");
	copy_members(record, ran, before, sizeof(before) / sizeof(before[0]));
	aa_audit_set(record, "result", result_of(reason));
	aa_audit_set(record, "reason", aa_reason_name(reason));
	copy_members(record, ran, behind, sizeof(behind) / sizeof(behind[0]));
	set_end(record, end);
	return record;
}

/* ---- requests for approval ------------------------------------------------------- */

json_t *aa_audit_approval(const json_t *request, const char *service, const char *step, enum aa_reason reason,
			  const json_t *answer)
{
	static const char *const members[] = {"agent",	      "uid",  "session", "rhost", "command",
					      "on_behalf_of", "task", "role",	 "runas"};
	json_t *record = json_object(), *id = json_object_get(request, "id");

	aa_audit_set(record, "event", "approval");
	aa_audit_set(record, "service", service);
	copy_members(record, request, members, sizeof(members) / sizeof(members[0]));
	if (id)
		aa_audit_put(record, "request", json_incref(id));
	aa_audit_set(record, "step", step);
	aa_audit_set(record, "by", json_string_value(json_object_get(answer, "by")));
	aa_audit_set(record, "why", json_string_value(json_object_get(answer, "why")));
	aa_audit_set(record, "result", reason == AA_OK ? "ok" : "denied");
	aa_audit_set(record, "reason", aa_reason_name(reason));
	return record;
}

/* ---- recordings of terminals ------------------------------------------------------ */

json_t *aa_audit_recording(const json_t *about, const char *step, const char *recording, const char *result,
			   enum aa_reason reason)
{
	static const char *const members[] = {"agent", "uid",	"rhost", "session", "on_behalf_of",
					      "task",  "runas", "tty",	 "command"};
	json_t *record = json_object(), *value;

	aa_audit_set(record, "event", "recording");
	aa_audit_set(record, "service", "sudo");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		value = json_object_get(about, members[i]);
		if (value)
			aa_audit_put(record, members[i], json_incref(value));
	}
	aa_audit_set(record, "step", step);
	aa_audit_set(record, "recording", recording);
	aa_audit_set(record, "result", result);
	aa_audit_set(record, "reason", aa_reason_name(reason));
	return record;
}

/* ---- programs ---------------------------------------------------------------------- */

json_t *aa_audit_exec(const struct aa_audit_exec *e)
{
	const struct aa_audit_event started = {
	    .event = "exec", .service = "record", .agent = e->agent, .uid = e->uid, .reason = AA_OK};
	json_t *record = begin(&started, "ok");

	aa_audit_set(record, "session", e->session);
	aa_audit_set(record, "on_behalf_of", e->on_behalf_of);
	aa_audit_set(record, "task", e->task);
	aa_audit_put(record, "euid", json_integer(e->euid));
	aa_audit_put(record, "pid", json_integer(e->pid));
	aa_audit_put(record, "ppid", json_integer(e->ppid));
	set_path(record, "path", e->path);
	set_line(record, e->words, e->kept, e->length);
	set_path(record, "directory", e->directory);
	return record;
}
