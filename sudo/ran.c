/* SPDX-License-Identifier: Apache-2.0 */
/* ran.c: see ran.h. */
#include "config.h"

#include "sudo/ran.h"

#include <time.h>
#include <unistd.h>

#include "common/state/audit_record.h"
#include "common/user/guard.h"
#include "common/state/last_use.h"
#include "common/state/monotonic.h"
#include "common/state/session_find.h"
#include "common/state/user.h"
#include "common/verify/command.h"
#include "sudo/described.h"

/* The facts that one record is made of. */
struct recording {
	struct aa_guard guard;
	struct aa_context ctx;
	struct aa_user user;
	struct aa_agent *agent;
	struct aa_session *session;
	int64_t started_us;
};

static struct aa_context context_of(const struct aa_sudo *sudo)
{
	return (struct aa_context){.statedir = sudo->statedir,
				   .rundir = sudo->rundir,
				   .logdir = sudo->logdir,
				   .owner = geteuid(),
				   .now = time(NULL),
				   .gen_fd = -1,
				   .accounts.fd = -1};
}

bool aa_ran_is_agents(const struct aa_sudo *sudo)
{
	struct aa_context ctx = context_of(sudo);
	struct aa_user user;
	enum aa_user_kind kind = aa_user_by_uid(&ctx, sudo->uid, &user);

	aa_context_close(&ctx);
	return kind != AA_USER_OTHER;
}

/* Looks, and says whose sudo it is. The agent and its session may be unknown: the record is written all the same. */
static enum aa_user_kind begin(struct recording *r, const struct aa_sudo *sudo)
{
	enum aa_user_kind kind;

	*r = (struct recording){.started_us = aa_monotonic_us()};
	aa_guard_raise(&r->guard);
	r->ctx = context_of(sudo);
	r->ctx.starved = r->guard.starved;
	kind = aa_user_by_uid(&r->ctx, sudo->uid, &r->user);
	if (kind != AA_USER_AGENT)
		return kind;
	(void)aa_context_agent(&r->ctx, &r->user.account, &r->agent);
	(void)aa_session_find(r->ctx.rundir, r->ctx.owner, sudo->uid, &r->session);
	return kind;
}

static bool end(struct recording *r)
{
	aa_session_free(r->session);
	aa_agent_free(r->agent);
	aa_context_close(&r->ctx);
	return aa_guard_lower(&r->guard);
}

/* The role is one of the session's, since the command has the rules of these alone. */
static void find_role(const struct recording *r, const struct aa_sudo *sudo, char ret[AA_ROLE_NAME_MAX + 1])
{
	const struct aa_command command = {sudo->target, sudo->command, sudo->argv};

	ret[0] = '\0';
	if (r->session && r->ctx.policy && sudo->command && sudo->argv)
		aa_command_role(r->ctx.policy, &r->session->roles, &command, ret);
}

/* Makes the record of the event "sudo". */
static json_t *describe(const struct recording *r, const struct aa_sudo *sudo, enum aa_reason reason,
			const char *why, bool within)
{
	struct aa_described texts;
	char role[AA_ROLE_NAME_MAX + 1];
	struct aa_audit_command command = aa_described_record(sudo, &texts);
	const char *agent = r->user.account.name;
	const struct aa_audit_event event = {.event = "sudo",
					     .service = "sudo",
					     .agent = agent ? agent : sudo->user,
					     .uid = sudo->uid,
					     .rhost = r->session ? r->session->rhost : NULL,
					     .reason = reason,
					     .session = r->session,
					     .command = &command,
					     .micros = aa_monotonic_us() - r->started_us};

	if (reason == AA_OK)
		find_role(r, sudo, role);
	command.role = reason == AA_OK ? role : NULL;
	command.why = why;
	command.within = within || sudo->within;
	return aa_audit_event(&event);
}

enum aa_reason aa_ran_begin(struct aa_ran *ran, const struct aa_sudo *sudo)
{
	struct recording r;
	enum aa_reason reason = AA_OK;
	bool first = !ran->record, lowered;

	if (begin(&r, sudo) != AA_USER_OTHER) {
		json_t *record = describe(&r, sudo, AA_OK, NULL, !first);

		if (first)
			ran->record = json_copy(record);
		reason = aa_context_audit(&r.ctx, record);
		if (reason == AA_OK && r.agent)
			aa_last_use_note(sudo->statedir, AA_USE_SUDO, r.agent->name, r.ctx.now);
	}
	lowered = end(&r);
	if (first)
		ran->started_us = aa_monotonic_us();
	return lowered ? reason : AA_INTERNAL;
}

void aa_ran_refused(const struct aa_sudo *sudo, enum aa_reason reason, const char *why)
{
	struct recording r;

	if (begin(&r, sudo) != AA_USER_OTHER)
		(void)aa_context_audit(&r.ctx, describe(&r, sudo, reason, why, false));
	(void)end(&r);
}

void aa_ran_end(struct aa_ran *ran, const struct aa_sudo *sudo, int status, const char *why)
{
	const struct aa_audit_end how = {status, why, aa_monotonic_us() - ran->started_us};
	struct recording r;

	if (!ran->record)
		return;
	(void)begin(&r, sudo);
	(void)aa_context_audit(&r.ctx, aa_audit_sudo_exit(ran->record, &how));
	(void)end(&r);
	json_decref(ran->record);
	ran->record = NULL;
}
