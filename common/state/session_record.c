/* SPDX-License-Identifier: Apache-2.0 */
/* session_record.c: the record of a session as JSON, and whether the session lives. */
#include "config.h"

#include "common/state/session_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/jose/json.h"
#include "common/registry/accounts.h"
#include "common/state/session_id.h"
#include "common/text/list.h"
#include "common/verify/verdict.h"

/* ---- the record as JSON ------------------------------------------------------------ */

void aa_session_free(struct aa_session *session)
{
	if (!session)
		return;
	free(session->roles.v);
	json_decref(session->json);
	free(session);
}

static bool get_process(const json_t *json, const char *name, struct aa_process *ret)
{
	json_int_t pid, ppid, start;

	if (json_unpack((json_t *)(uintptr_t)json_object_get(json, name), "[I,I,I]", &pid, &ppid, &start) < 0)
		return false;
	*ret = (struct aa_process){(pid_t)pid, (pid_t)ppid, (uint64_t)start};
	return true;
}

static json_t *put_process(const struct aa_process *p)
{
	return json_pack("[I,I,I]", (json_int_t)p->pid, (json_int_t)p->ppid, (json_int_t)p->start);
}

/* A time of a record can be added to, and taken from, without an overflow. */
static bool is_time(json_int_t when)
{
	return when >= 0 && when <= INT64_C(1) << 53; /* what JSON carries exactly, and claims at the most */
}

struct aa_session *aa_session_from_json(json_t *json)
{
	struct aa_session *s = calloc(1, sizeof(*s));
	json_int_t uid, login_uid, audit_session, created, opened, deadline;
	const char *kind;

	if (!s) {
		json_decref(json);
		return NULL;
	}
	s->json = json;
	if (json_unpack(
		json,
		"{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s?s, s?s, s?s, s?s, s?s, s?s, s?s}",
		"id", &s->id, "agent", &s->agent, "service", &s->service, "kind", &kind, "boot_id",
		&s->boot_id, "uid", &uid, "login_uid", &login_uid, "audit_session", &audit_session, "created",
		&created, "opened", &opened, "deadline", &deadline, "rhost", &s->rhost, "issuer", &s->issuer,
		"kid", &s->kid, "jti", &s->jti, "task", &s->task, "on_behalf_of", &s->on_behalf_of, "owner",
		&s->owner) < 0 ||
	    !get_process(json, "creator", &s->creator) || !get_process(json, "parent", &s->parent) ||
	    !get_process(json, "opener", &s->opener) ||
	    !aa_json_list(json_object_get(json, "roles"), &s->roles) || !aa_session_id_is_valid(s->id) ||
	    !aa_agent_name_is_valid(s->agent) || !is_time(created) || !is_time(opened) ||
	    !is_time(deadline)) {
		aa_session_free(s);
		return NULL;
	}
	s->kind = aa_kind_from_name(kind);
	s->uid = (uint32_t)uid;
	s->login_uid = (uint32_t)login_uid;
	s->audit_session = (uint32_t)audit_session;
	s->created = created;
	s->opened = opened;
	s->deadline = deadline;
	return s;
}

static json_t *roles_json(const struct aa_roles *narrowed)
{
	json_t *roles = json_array();

	for (size_t i = 0; i < narrowed->n; i++)
		(void)json_array_append_new(roles, json_string(narrowed->v[i]->name));
	return roles;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* jansson leaves out an optional member where memory is out for it. A member that sudo is decided by must not be
 * missing. */
static bool is_whole(const struct aa_session *s, const struct aa_login *login,
		     const struct aa_verdict *verdict)
{
	return same_text(s->rhost, login->address) && same_text(s->issuer, verdict->issuer) &&
	       same_text(s->kid, verdict->kid) && same_text(s->jti, verdict->jti) &&
	       same_text(s->task, verdict->task) && same_text(s->on_behalf_of, verdict->on_behalf_of) &&
	       s->roles.n == verdict->roles.n;
}

struct aa_session *aa_session_new(const struct aa_agent *agent, const struct aa_login *login,
				  const struct aa_verdict *verdict, int64_t deadline)
{
	static const struct aa_process nobody = {0, 0, 0};
	struct aa_process self, parent;
	char id[AA_SESSION_ID_SIZE], boot_id[AA_BOOT_ID_SIZE];
	struct aa_session *session;
	json_t *json;

	if (!aa_session_id_new(id) || aa_boot_id(boot_id) < 0 || aa_process_read(getpid(), &self) < 0)
		return NULL;
	if (aa_process_read(self.ppid, &parent) < 0)
		parent = nobody;
	json =
	    json_pack("{s:s, s:s, s:I, s:s, s:s*, s:s, s:o, s:s*, s:s*, s:s*, s:s*, s:s*, s:O*, s:I, s:I, "
		      "s:I, s:o, s:o, s:o, "
		      "s:s, s:I, s:I, s:s*}",
		      "id", id, "agent", agent->name, "uid", (json_int_t)agent->uid, "service",
		      login->service, "rhost", login->address, "kind", aa_kind_name(verdict->kind), "roles",
		      roles_json(&verdict->roles), "issuer", verdict->issuer, "kid", verdict->kid, "jti",
		      verdict->jti, "task", verdict->task, "on_behalf_of", verdict->on_behalf_of, "actors",
		      verdict->actors, "created", (json_int_t)login->now, "opened", (json_int_t)0, "deadline",
		      (json_int_t)deadline, "creator", put_process(&self), "parent", put_process(&parent),
		      "opener", put_process(&nobody), "boot_id", boot_id, "login_uid", (json_int_t)UINT32_MAX,
		      "audit_session", (json_int_t)UINT32_MAX, "owner", agent->owner);
	session = json ? aa_session_from_json(json) : NULL;
	if (session)
		session->this_boot = true;
	if (session && !is_whole(session, login, verdict)) {
		aa_session_free(session);
		session = NULL;
	}
	return session;
}

int aa_session_mark_opened(struct aa_session *session, const struct aa_process *opener, int64_t now)
{
	session->opener = *opener;
	session->opened = now;
	session->audit_session = aa_audit_session_id();
	session->login_uid = aa_login_uid();
	if (json_object_set_new(session->json, "opener", put_process(opener)) < 0 ||
	    json_object_set_new(session->json, "opened", json_integer(now)) < 0 ||
	    json_object_set_new(session->json, "audit_session", json_integer(session->audit_session)) < 0 ||
	    json_object_set_new(session->json, "login_uid", json_integer(session->login_uid)) < 0)
		return -ENOMEM;
	return 0;
}

/* ---- liveness ------------------------------------------------------------------------------ */

bool aa_session_is_live(const struct aa_session *session)
{
	return session->opened && session->this_boot && aa_process_alive(&session->opener);
}

bool aa_session_is_past(const struct aa_session *session, int64_t now)
{
	return session->deadline && now >= session->deadline;
}

enum aa_reason aa_session_over(const struct aa_session *session, int64_t now, bool is_agent)
{
	if (aa_session_is_past(session, now))
		return AA_SESSION_EXPIRED;
	return is_agent ? AA_OK : AA_AGENT_UNKNOWN;
}

/* The time of a caller that has looked at many records may lie a little before that of a login which has begun meanwhile. */
static bool is_young(const struct aa_session *session, int64_t now)
{
	int64_t apart = now >= session->created ? now - session->created : session->created - now;

	return apart <= AA_SESSION_PENDING_MAX;
}

/* A pending session may still be opened, by its maker, or by sshd, whose child made it. */
bool aa_session_holds_slot(const struct aa_session *session, int64_t now)
{
	if (session->opened)
		return session->this_boot && aa_process_may_live(&session->opener);
	return session->this_boot && is_young(session, now) &&
	       (aa_process_may_live(&session->creator) || aa_process_may_live(&session->parent));
}

bool aa_session_is_mine(const struct aa_session *session, const char *agent, int64_t now)
{
	struct aa_process self;

	return !session->opened && strcmp(session->agent, agent) == 0 && session->this_boot &&
	       now >= session->created && is_young(session, now) && aa_process_read(getpid(), &self) == 0 &&
	       (aa_process_same(&session->creator, &self) || aa_process_same(&session->parent, &self));
}
