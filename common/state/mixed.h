/* SPDX-License-Identifier: Apache-2.0 */
/* mixed.h: mixed_sessions = "refuse": a login with other roles, or for another user, waits until nothing is left of
 * the logins before it. For session.c.
 *
 * Each process of the agent's counts but its user manager: a session that is over can leave any process, which
 * traces, and is traced by, whatever the agent runs next. by-agent/NAME/rights says with which rights the agent was
 * let in last (a hash of roles and user). Remaining processes have those rights, since no other login was let in
 * beside them, and a login with the same rights goes on. A process that root starts (cron, su) has the agent's roles
 * and is not asked, so it makes the rights unknown.
 */
#ifndef AGENTAUTH_STATE_MIXED_H
#define AGENTAUTH_STATE_MIXED_H

#include "common/state/session_record.h"

/* Says whether a login of these rights may stand beside what the agent runs, the session `id` left out ("": none).
 * AA_OK, AA_ROLE_DENIED, AA_INTERNAL. `dir`: of sessions/. */
enum aa_reason aa_mixed_check(int dir, uid_t owner, const struct aa_agent *agent, const char *id,
			      const struct aa_verdict *verdict, int64_t now);
/* Notes that a login of these rights was let in. 0 or -errno. */
int aa_mixed_note(int dir, const struct aa_agent *agent, const struct aa_login *login,
		  const struct aa_verdict *verdict);

#endif
