/* SPDX-License-Identifier: Apache-2.0 */
/* session.h: the record of a login, RUNDIR/sessions/, from the verdict to the end of the session.
 *
 *   ID.json               the record, mode 0600, replaced whole
 *   by-pid/PID            symbolic link to ID: the process that opened it
 *   by-audit/SESSIONID    the same by the kernel's audit session id
 *   by-agent/NAME/ID      empty: which sessions an agent has
 *   by-agent/NAME/slot.N  symbolic link to ID: one of the agent's max_sessions slots, taken as O_EXCL takes a file
 *   by-agent/NAME/rights  symbolic link to a hash: with which rights the agent was let in last, see mixed.h
 *
 * A record is pending (opened is 0) from the verdict until open_session, AA_SESSION_PENDING_MAX seconds at the most
 * and no longer than the processes that may open it run. It is live while the process that opened it runs. A record
 * that cannot be read is no session. The only lock is that of by-agent/NAME, held while a slot of that agent is taken
 * over or given up; nobody waits for it for longer than a moment.
 */
#ifndef AGENTAUTH_STATE_SESSION_H
#define AGENTAUTH_STATE_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/state/session_record.h"

/* Writes a pending record for a verdict that is AA_OK and takes one of the agent's `max_sessions` slots (0: no
 * limit). With mixed_sessions = "refuse" a remaining login with another role set or user is in the way, see mixed.h.
 * AA_OK, AA_SESSION_LIMIT, AA_ROLE_DENIED (mixed), AA_INTERNAL. `deadline` 0: none. */
enum aa_reason aa_session_create(const char *rundir, const struct aa_agent *agent,
				 const struct aa_login *login, const struct aa_verdict *verdict,
				 int64_t deadline, struct aa_session **ret);

/* Says whether aa_session_create() would find room. It is asked before the replay mark, so that no credential is used
 * up in vain. AA_OK, AA_SESSION_LIMIT, AA_ROLE_DENIED (mixed), AA_INTERNAL. */
enum aa_reason aa_session_has_room(const char *rundir, uid_t owner, const struct aa_agent *agent,
				   const struct aa_verdict *verdict, int64_t now);

/* Turns a pending record into a live one, which this process opens. 0 or -errno. */
int aa_session_open(const char *rundir, struct aa_session *session, int64_t now);
/* Takes the record away, and its names. True: this call did; of several processes that see a session's end one has it, and
 * logs it. */
bool aa_session_close(const char *rundir, uid_t owner, const char *id, const char *agent);

#endif
