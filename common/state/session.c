/* SPDX-License-Identifier: Apache-2.0 */
/* session.c: makes, opens and closes session records. */
#include "config.h"

#include "common/state/session.h"

#include <errno.h>
#include <unistd.h>

#include "common/state/mixed.h"
#include "common/state/session_id.h"
#include "common/state/session_index.h"
#include "common/state/session_store.h"
#include "common/verify/roles.h"

static bool id_holds_slot(int dir, uid_t owner, const char *id, int64_t now)
{
	struct aa_session *session = NULL;
	bool holds =
	    aa_session_load_at(dir, owner, id, NULL, &session) == 0 && aa_session_holds_slot(session, now);

	aa_session_free(session);
	return holds;
}

/* ---- making one -------------------------------------------------------------------------------- */

/* Takes one of the agent's slots: a free one, or one whose holder is gone. */
static enum aa_reason take_slot(int dir, uid_t owner, const struct aa_session *session, int64_t max_sessions,
				int64_t now)
{
	char holder[AA_SESSION_ID_SIZE];

	for (int64_t i = 0; i < max_sessions; i++) {
		if (aa_index_slot_take(dir, session->agent, i, session->id))
			return AA_OK;
		if (aa_index_slot_holder(dir, session->agent, i, holder) &&
		    id_holds_slot(dir, owner, holder, now))
			continue;
		if (aa_index_slot_take_over(dir, session->agent, i, holder, session->id))
			return AA_OK;
	}
	return max_sessions ? AA_SESSION_LIMIT : AA_OK;
}

static bool has_slot(int dir, uid_t owner, const char *agent, int64_t max_sessions, int64_t now)
{
	char holder[AA_SESSION_ID_SIZE];
	bool room = max_sessions == 0;

	for (int64_t i = 0; !room && i < max_sessions; i++)
		room =
		    !aa_index_slot_holder(dir, agent, i, holder) || !id_holds_slot(dir, owner, holder, now);
	return room;
}

enum aa_reason aa_session_has_room(const char *rundir, uid_t owner, const struct aa_agent *agent,
				   const struct aa_verdict *verdict, int64_t now)
{
	enum aa_reason reason = AA_OK;
	int dir = verdict->kind == AA_KIND_ROOT ? -ENOENT : aa_sessions_dir(rundir);

	if (dir < 0)
		return dir == -ENOENT ? AA_OK : AA_INTERNAL;
	if (!has_slot(dir, owner, agent->name, aa_roles_max_sessions(&verdict->roles, agent), now))
		reason = AA_SESSION_LIMIT;
	else if (agent->mixed_sessions == AA_MIXED_SESSIONS_REFUSE)
		reason = aa_mixed_check(dir, owner, agent, "", verdict, now);
	close(dir);
	return reason;
}

static enum aa_reason create_in(int dir, const struct aa_agent *agent, const struct aa_login *login,
				const struct aa_verdict *verdict, struct aa_session *session)
{
	enum aa_reason reason;

	if (aa_session_save(dir, session) < 0 || aa_index_agent_add(dir, session->agent, session->id) < 0)
		return AA_INTERNAL;
	/* A process that root starts on the agent's behalf, its user manager above all, is no login of its own. */
	if (verdict->kind == AA_KIND_ROOT)
		return aa_mixed_note(dir, agent, login, verdict) < 0 ? AA_INTERNAL : AA_OK;
	reason =
	    take_slot(dir, login->owner, session, aa_roles_max_sessions(&verdict->roles, agent), login->now);
	/* The own record stands before the others are looked at: of two logins at the same time at least one sees the
	 * other. */
	if (reason == AA_OK && agent->mixed_sessions == AA_MIXED_SESSIONS_REFUSE)
		reason = aa_mixed_check(dir, login->owner, agent, session->id, verdict, login->now);
	if (reason == AA_OK && aa_mixed_note(dir, agent, login, verdict) < 0)
		reason = AA_INTERNAL;
	return reason;
}

enum aa_reason aa_session_create(const char *rundir, const struct aa_agent *agent,
				 const struct aa_login *login, const struct aa_verdict *verdict,
				 int64_t deadline, struct aa_session **ret)
{
	struct aa_session *session = aa_session_new(agent, login, verdict, deadline);
	enum aa_reason reason = AA_INTERNAL;
	int dir = -1;

	if (!session || aa_session_init(rundir) < 0)
		goto out;
	dir = aa_sessions_dir(rundir);
	if (dir < 0)
		goto out;
	reason = create_in(dir, agent, login, verdict, session);
	if (reason != AA_OK)
		(void)aa_session_close(rundir, login->owner, session->id, session->agent);
out:
	if (dir >= 0)
		close(dir);
	if (reason == AA_OK)
		*ret = session;
	else
		aa_session_free(session);
	return reason;
}

/* ---- open and close --------------------------------------------------------------------------------- */

int aa_session_open(const char *rundir, struct aa_session *session, int64_t now)
{
	struct aa_process self;
	int dir, err = aa_process_read(getpid(), &self);

	if (err < 0)
		return err;
	dir = aa_sessions_dir(rundir);
	if (dir < 0)
		return dir;
	err = aa_session_mark_opened(session, &self, now);
	if (err == 0)
		err = aa_session_save(dir, session);
	if (err == 0)
		err = aa_index_put(dir, "by-pid", (uint32_t)self.pid, session->id);
	if (err == 0 && session->audit_session != UINT32_MAX && session->login_uid == session->uid)
		err = aa_index_put(dir, "by-audit", session->audit_session, session->id);
	close(dir);
	return err;
}

bool aa_session_close(const char *rundir, uid_t owner, const char *id, const char *agent)
{
	int dir = aa_sessions_dir(rundir);
	struct aa_session *session = NULL;
	bool mine;

	if (dir < 0)
		return false;
	if (aa_session_load_at(dir, owner, id, NULL, &session) == 0) {
		aa_index_drop(dir, "by-pid", (uint32_t)session->opener.pid, id);
		aa_index_drop(dir, "by-audit", session->audit_session, id);
	}
	mine = aa_session_remove(dir, id);
	aa_index_agent_drop(dir, agent, id);
	aa_session_free(session);
	close(dir);
	return mine;
}
