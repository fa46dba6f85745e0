/* SPDX-License-Identifier: Apache-2.0 */
/* admit.c: the verdict on a credential, joined with what this host remembers. */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/state/admit.h"
#include "common/user/caller.h"
#include "common/state/context.h"
#include "common/state/decision.h"
#include "common/state/failures.h"
#include "common/user/guard.h"
#include "common/state/key_request.h"
#include "common/state/recorder.h"
#include "common/state/replay.h"
#include "common/state/session.h"
#include "common/state/session_find.h"
#include "common/state/session_store.h"
#include "common/text/list.h"
#include "common/verify/limit.h"
#include "common/verify/recording.h"
#include "common/verify/roles.h"
#include "common/verify/sources.h"
#include "common/verify/verify.h"

enum aa_reason aa_admit_listen(const struct aa_context *ctx, const char *agent, const char *source)
{
	int64_t most = ctx->policy ? aa_policy_host(ctx->policy)->max_failures : 0;
	enum aa_reason reason = AA_OK;

	if (aa_failures_reached(ctx->rundir, ctx->owner, agent, source, most, ctx->now))
		reason = AA_RATE_LIMITED;
	else if (most > 0 && ctx->starved && !ctx->dry &&
		 !aa_failures_can_count(ctx->rundir, ctx->owner, agent, source))
		reason = AA_AUDIT_UNAVAILABLE;
	return aa_step(ctx->trace, AA_STEP_FAILURES, NULL, reason);
}

enum aa_reason aa_admit_agent(const struct aa_context *ctx, const struct aa_agent *agent)
{
	enum aa_reason reason =
	    aa_step(ctx->trace, AA_STEP_SUSPENSION, NULL, aa_decision_agent(ctx->statedir, agent->name));

	if (reason != AA_OK)
		return reason;
	if (agent->expires && ctx->now >= agent->expires)
		reason = AA_AGENT_EXPIRED;
	return aa_step(ctx->trace, AA_STEP_EXPIRY, NULL, reason);
}

/* The session that a credential of a clock ahead opens counts from now, and its login is held against "before" as
 * well. So both get one verdict, within the second of a revocation too. */
static enum aa_reason check_revoked(const struct aa_context *ctx, const struct aa_agent *agent,
				    struct aa_verdict *v)
{
	const char *claim = NULL;
	enum aa_reason reason =
	    aa_decision_credential(ctx->statedir, agent->name, v->issuer ? v->issuer : "", v->jti, v->kid,
				   v->iat < ctx->now ? v->iat : ctx->now, &claim);

	return aa_step(ctx->trace, AA_STEP_REVOCATION, NULL, aa_verdict_about(v, claim, reason));
}

enum aa_reason aa_admit_room(const struct aa_context *ctx, const struct aa_agent *agent,
			     const struct aa_verdict *verdict)
{
	return aa_step(ctx->trace, AA_STEP_ROOM, NULL,
		       aa_session_has_room(ctx->rundir, ctx->owner, agent, verdict, ctx->now));
}

/* A slot is looked for first and the mark is set last, so that a refused credential is not used up. */
static enum aa_reason mark_used(const struct aa_context *ctx, const struct aa_agent *agent,
				const struct aa_verdict *v)
{
	/* The largest skew there is counts, so that a skew that is set larger later makes no mark too short. */
	int64_t keep_until = v->expires + AA_CLOCK_SKEW_MAX;
	enum aa_reason reason = aa_admit_room(ctx, agent, v);

	if (reason != AA_OK || !v->once)
		return reason;
	if (ctx->dry)
		reason = aa_replay_check(ctx->rundir, v->replay_space, v->jti, v->iat, keep_until);
	else
		reason = aa_replay_mark(ctx->rundir, v->replay_space, v->jti, v->iat, keep_until, ctx->now);
	return aa_step(ctx->trace, AA_STEP_REPLAY, NULL, reason);
}

/* A token whose key is not here may be of a key that its issuer has newly made. This login only asks for new keys; it
 * does not fetch them. */
static void ask_for_keys(const struct aa_context *ctx, const struct aa_verdict *v)
{
	if (!ctx->dry && v->issuer && (v->reason == AA_UNKNOWN_KEY || v->reason == AA_KEYS_STALE))
		aa_key_request_mark(ctx->rundir, v->issuer);
}

/* Joins a verdict that is in order by itself with what this host remembers. */
static void admit_verdict(const struct aa_context *ctx, const struct aa_agent *agent,
			  struct aa_verdict *verdict)
{
	if (verdict->reason == AA_OK)
		verdict->reason = aa_admit_agent(ctx, agent);
	if (verdict->reason == AA_OK)
		verdict->reason = check_revoked(ctx, agent, verdict);
	if (verdict->reason == AA_OK)
		verdict->reason = mark_used(ctx, agent, verdict);
}

void aa_admit_credential(const struct aa_context *ctx, const struct aa_agent *agent,
			 const struct aa_login *login, const char *credential, size_t len,
			 struct aa_verdict *verdict)
{
	if (!agent) {
		aa_verify_nobody(credential, len, verdict);
		return;
	}
	aa_verify(ctx->policy, agent, login, credential, len, verdict);
	ask_for_keys(ctx, verdict);
	admit_verdict(ctx, agent, verdict);
}

void aa_admit_awaited(const struct aa_context *ctx, const struct aa_agent *agent,
		      const struct aa_login *login, const char *scope, const char *user,
		      struct aa_verdict *verdict)
{
	aa_verify_awaited(ctx->policy, agent, login, scope, user, verdict);
	verdict->iat = ctx->now;
	admit_verdict(ctx, agent, verdict);
}

void aa_admit_publickey(const struct aa_context *ctx, const struct aa_agent *agent,
			const struct aa_login *login, struct aa_verdict *verdict)
{
	enum aa_reason reason;

	aa_verify_publickey(ctx->policy, agent, login, verdict);
	if (verdict->reason != AA_OK)
		return;
	reason = aa_admit_agent(ctx, agent);
	if (reason == AA_OK) { /* a key has no time of issue: "before" does not touch it, `--kid` does */
		reason = aa_decision_credential(ctx->statedir, agent->name, "", NULL, verdict->kid, ctx->now,
						NULL);
		(void)aa_step(ctx->trace, AA_STEP_REVOCATION, NULL, reason);
	}
	verdict->reason = reason;
}

static bool has_limits(const struct aa_role *role)
{
	return role->limits.memory_max || role->limits.tasks_max || role->limits.cpu_weight;
}

enum aa_reason aa_admit_unasked(const struct aa_context *ctx, const struct aa_agent *agent,
				const char *service)
{
	static const char *const asked_by_root[] = {"su", "runuser", "sudo"};
	bool limited = false, named = false;
	enum aa_reason reason = aa_admit_agent(ctx, agent);

	if (reason != AA_OK)
		return reason;
	for (size_t i = 0; i < sizeof(asked_by_root) / sizeof(asked_by_root[0]); i++)
		if (strcmp(service, asked_by_root[i]) == 0)
			return aa_step(ctx->trace, AA_STEP_UNASKED, NULL, AA_OK);
	for (size_t i = 0; i < agent->roles.n; i++) {
		struct aa_role *role = NULL;

		if (aa_roles_lent_until(agent, agent->roles.v[i]))
			continue;
		reason = aa_policy_role(ctx->policy, agent->roles.v[i], &role);
		if (reason != AA_OK)
			return aa_step(ctx->trace, AA_STEP_UNASKED, NULL, reason);
		limited = limited || has_limits(role);
		named = named || aa_list_has(&role->services, service);
		aa_role_free(role);
	}
	return aa_step(ctx->trace, AA_STEP_UNASKED, NULL, limited && !named ? AA_SERVICE_DENIED : AA_OK);
}

void aa_admit_started(const struct aa_context *ctx, const struct aa_agent *agent,
		      const struct aa_login *login, const char *person, struct aa_verdict *verdict)
{
	aa_verify_account(ctx->policy, agent, login, person != NULL, verdict);
	if (person) {
		verdict->on_behalf_of = strdup(person);
		if (!verdict->on_behalf_of)
			verdict->reason = AA_INTERNAL;
		else if (!agent->delegation.given || !aa_list_has(&agent->delegation.local_users, person))
			verdict->reason = AA_DELEGATION_DENIED;
		if (verdict->reason == AA_OK || verdict->reason == AA_DELEGATION_DENIED)
			(void)aa_step(ctx->trace, AA_STEP_BEHALF, NULL, verdict->reason);
	}
	if (verdict->reason == AA_OK)
		verdict->reason =
		    person ? aa_admit_agent(ctx, agent) : aa_admit_unasked(ctx, agent, login->service);
}

enum aa_reason aa_admit_recorded(const struct aa_context *ctx, const struct aa_agent *agent)
{
	bool deny = aa_policy_host(ctx->policy)->audit_failure == AA_AUDIT_FAILURE_DENY;
	char word[AA_RECORDER_WORD];
	enum aa_reason reason = AA_OK;

	if (!(aa_recording_of_agent(ctx->policy, agent) & AA_RECORDING_EXEC))
		return AA_OK;
	if (!aa_recorder_runs(ctx->rundir, ctx->owner, word) && deny)
		reason = AA_AUDIT_UNAVAILABLE;
	return aa_step(ctx->trace, AA_STEP_RECORDER, NULL, reason);
}

int64_t aa_admit_deadline(const struct aa_context *ctx, const struct aa_agent *agent,
			  const struct aa_verdict *verdict)
{
	int64_t max = aa_roles_max_session(&verdict->roles), deadline = agent->expires;

	/* The token's remaining life bounds the session. A session that had ended before would be refused in the
	 * phase after its login. */
	if (verdict->expires && (verdict->kind == AA_KIND_TOKEN || verdict->kind == AA_KIND_DELEGATED))
		deadline = aa_limit(deadline, verdict->expires + aa_policy_host(ctx->policy)->clock_skew);
	/* A role that the agent has for a time ends no later than that. */
	for (size_t i = 0; i < verdict->roles.n; i++)
		deadline = aa_limit(deadline, aa_roles_lent_until(agent, verdict->roles.v[i]->name));
	return aa_limit(deadline, max ? ctx->now + max : 0);
}

/* ---- inside a session ------------------------------------------------------------------ */

static bool is_for_somebody(const struct aa_session *session)
{
	return session->kind == AA_KIND_DELEGATED || session->kind == AA_KIND_LOCAL;
}

/* Says whether the agent's record still has the role, and the role still admits the session's source. *ret_serves:
 * the role admits the service too. */
static enum aa_reason check_role(const struct aa_context *ctx, const struct aa_agent *agent,
				 const struct aa_session *session, const char *name, const char *service,
				 bool *ret_serves)
{
	struct aa_role *role = NULL;
	enum aa_reason reason;

	if (!aa_list_has(&agent->roles, name))
		return AA_ROLE_DENIED;
	reason = aa_policy_role(ctx->policy, name, &role);
	if (reason != AA_OK)
		return reason;
	if (session->rhost && !aa_sources_admit(&role->sources, session->rhost))
		reason = AA_SOURCE_DENIED;
	else if ((is_for_somebody(session)) && !role->delegable)
		reason = AA_DELEGATION_DENIED;
	else if (role->services.n == 0 || aa_list_has(&role->services, service))
		*ret_serves = true;
	aa_role_free(role);
	return reason;
}

/* Says whether the agent's record would still admit this session's source and user. */
static enum aa_reason check_record(const struct aa_context *ctx, const struct aa_agent *agent,
				   const struct aa_session *session)
{
	const struct aa_list *people =
	    session->kind == AA_KIND_LOCAL ? &agent->delegation.local_users : &agent->delegation.users;
	enum aa_reason reason = AA_OK;

	if (session->rhost && !aa_sources_admit(&agent->sources, session->rhost))
		reason = AA_SOURCE_DENIED;
	if (aa_step(ctx->trace, AA_STEP_ADDRESS, NULL, reason) != AA_OK || !is_for_somebody(session))
		return reason;
	if (!session->on_behalf_of || !aa_list_has(people, session->on_behalf_of))
		reason = AA_DELEGATION_DENIED;
	return aa_step(ctx->trace, AA_STEP_BEHALF, NULL, reason);
}

/* Where NSS serves the groups of all roles of the record, sudo may go by these, whatever the session was granted. So a session
 * that lacks one which is good for the service gets nothing at all. A role that is lent is in no such list. */
static enum aa_reason check_is_whole(const struct aa_context *ctx, const struct aa_agent *agent,
				     const struct aa_session *session, const char *service)
{
	enum aa_reason reason = AA_OK;

	if (aa_policy_host(ctx->policy)->role_groups != AA_ROLE_GROUPS_ENTRY)
		return AA_OK;
	for (size_t i = 0; i < agent->roles.n && reason == AA_OK; i++) {
		const char *name = agent->roles.v[i];
		struct aa_role *role = NULL;

		if (aa_list_has(&session->roles, name) || aa_roles_lent_until(agent, name))
			continue;
		reason = aa_policy_role(ctx->policy, name, &role);
		if (reason == AA_OK && (role->services.n == 0 || aa_list_has(&role->services, service)))
			reason = aa_step(ctx->trace, AA_STEP_ROLE, name, AA_SESSION_NARROWED);
		aa_role_free(role);
	}
	return reason;
}

/* A role that was taken away stays in the group lists of running processes. Such a session therefore gets nothing
 * more. */
static enum aa_reason check_roles(const struct aa_context *ctx, const struct aa_agent *agent,
				  const struct aa_session *session, const char *service)
{
	enum aa_reason reason = check_record(ctx, agent, session);
	bool serves = false;

	for (size_t i = 0; i < session->roles.n && reason == AA_OK; i++)
		reason = aa_step(ctx->trace, AA_STEP_ROLE, session->roles.v[i],
				 check_role(ctx, agent, session, session->roles.v[i], service, &serves));
	if (reason == AA_OK)
		reason = check_is_whole(ctx, agent, session, service);
	if (reason != AA_OK)
		return reason;
	return aa_step(ctx->trace, AA_STEP_SERVICE, NULL, serves ? AA_OK : AA_SERVICE_DENIED);
}

/* Says whether the session may have the role's group: it has the role, or NSS gives the agent the group anywhere. */
static bool may_have_group(const struct aa_context *ctx, const struct aa_agent *agent,
			   const struct aa_session *session, const char *role)
{
	if (aa_list_has(&session->roles, role))
		return true;
	return aa_policy_host(ctx->policy)->role_groups == AA_ROLE_GROUPS_ENTRY &&
	       aa_list_has(&agent->roles, role) && !aa_roles_lent_until(agent, role);
}

/* Refuses a role's group that the session does not have, and another agent's group: a wider session left them in a
 * setgid file, or somebody lent one. */
static enum aa_reason check_group(const struct aa_context *ctx, const struct aa_agent *agent,
				  const struct aa_session *session, gid_t gid)
{
	char role[AA_ROLE_NAME_MAX + 1];
	int agents = aa_caller_gid(&ctx->accounts, gid, role);

	if (agents < 0)
		return AA_REGISTRY_UNAVAILABLE;
	if (agents == 0 || gid == session->uid || gid == ctx->accounts.header.gid_agents)
		return AA_OK;
	return role[0] && may_have_group(ctx, agent, session, role) ? AA_OK : AA_ROLE_DENIED;
}

static enum aa_reason check_groups(const struct aa_context *ctx, const struct aa_agent *agent,
				   const struct aa_session *session)
{
	enum aa_reason reason = AA_OK;
	struct aa_caller caller;

	if (aa_caller_read(aa_guard_caller_uid(), &caller) < 0)
		return AA_INTERNAL;
	for (size_t i = 0; i < caller.n && reason == AA_OK; i++)
		reason = check_group(ctx, agent, session, caller.gids[i]);
	aa_caller_clear(&caller);
	return reason;
}

/* Checks what may have changed since the session was found: its end, its credential, its roles. */
static enum aa_reason check_session(const struct aa_context *ctx, const struct aa_agent *agent,
				    const struct aa_session *session, const char *service)
{
	enum aa_reason reason = AA_OK;

	if (session->kind == AA_KIND_ROOT)
		reason = AA_NO_SESSION; /* cron, su, systemd-user: started, but never presented anything */
	if (aa_step(ctx->trace, AA_STEP_SESSION, NULL, reason) != AA_OK)
		return reason;
	if (aa_session_is_past(session, ctx->now))
		reason = AA_SESSION_EXPIRED;
	if (aa_step(ctx->trace, AA_STEP_DEADLINE, NULL, reason) != AA_OK)
		return reason;
	/* "before" is held against the login: a credential that was issued earlier is void, and so is the session
	 * that it opened. */
	reason = aa_decision_credential(ctx->statedir, agent->name, session->issuer ? session->issuer : "",
					session->jti, session->kid, session->created, NULL);
	(void)aa_step(ctx->trace, AA_STEP_REVOCATION, NULL, reason);
	return reason == AA_OK ? check_roles(ctx, agent, session, service) : reason;
}

enum aa_reason aa_admit_again(const struct aa_context *ctx, const struct aa_agent *agent, const char *id,
			      const char *service, struct aa_session **ret_session)
{
	enum aa_reason reason = aa_admit_agent(ctx, agent);

	if (reason != AA_OK)
		return reason;
	if (aa_session_load(ctx->rundir, ctx->owner, id, ret_session) < 0 ||
	    (*ret_session)->uid != agent->uid || !aa_session_is_live(*ret_session))
		return aa_step(ctx->trace, AA_STEP_SESSION, NULL, AA_NO_SESSION);
	return check_session(ctx, agent, *ret_session, service);
}

enum aa_reason aa_admit_in_session(const struct aa_context *ctx, const struct aa_agent *agent,
				   const char *service, struct aa_session **ret_session)
{
	struct aa_session *session = NULL;
	enum aa_reason reason = aa_admit_agent(ctx, agent);

	if (reason != AA_OK)
		return reason;
	reason = aa_session_find(ctx->rundir, ctx->owner, agent->uid, &session);
	if (reason != AA_OK)
		return aa_step(ctx->trace, AA_STEP_SESSION, NULL, reason);
	*ret_session = session;
	reason = check_session(ctx, agent, session, service);
	if (reason == AA_OK)
		reason = aa_step(ctx->trace, AA_STEP_GROUPS, NULL, check_groups(ctx, agent, session));
	return reason;
}

/* ---- groups of roles ------------------------------------------------------------------------- */

static size_t add_gid(gid_t gid, gid_t *ret, size_t n, size_t cap)
{
	if (gid == 0 || n >= cap)
		return n;
	for (size_t i = 0; i < n; i++)
		if (ret[i] == gid)
			return n;
	ret[n] = gid;
	return n + 1;
}

static size_t add_local_groups(const struct aa_role *role, gid_t *ret, size_t n, size_t cap)
{
	for (size_t i = 0; i < role->groups.n; i++) {
		struct group group, *found = NULL;
		char buf[16384];

		if (getgrnam_r(role->groups.v[i], &group, buf, sizeof(buf), &found) == 0 && found)
			n = add_gid(group.gr_gid, ret, n, cap);
	}
	return n;
}

size_t aa_admit_role_groups(const struct aa_context *ctx, const struct aa_list *roles, gid_t *ret, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < roles->n; i++) {
		struct aa_role *role = NULL;

		if (aa_policy_role(ctx->policy, roles->v[i], &role) != AA_OK)
			continue; /* fewer, never more */
		n = add_gid(role->gid, ret, n, cap);
		n = add_local_groups(role, ret, n, cap);
		aa_role_free(role);
	}
	return n;
}
