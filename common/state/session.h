/* SPDX-License-Identifier: Apache-2.0 */
/* session.h: the record of a login, RUNDIR/sessions/, from the verdict to the end of the session.
 *
 *   ID.json               the record, mode 0600, replaced whole
 *   by-pid/PID            symbolic link to ID: the process that opened it
 *   by-audit/SESSIONID    the same by the kernel's audit session id
 *   by-agent/NAME/ID      empty: which sessions an agent has
 *   by-agent/NAME/slot.N  symbolic link to ID: one of the agent's max_sessions places, taken as O_EXCL takes a file
 *   by-agent/NAME/rights  symbolic link to a hash: with which rights the agent was let in last, see mixed.h
 *
 * A record is pending (opened is 0) from the verdict until open_session, AA_SESSION_PENDING_MAX seconds at the most and
 * no longer than who may open it, and live while the process that opened it is. A record that cannot be read is no
 * session. The one lock is that of by-agent/NAME, held while a place of that agent is taken over or given up; nobody waits
 * for it for longer than a moment.
 */
#ifndef AGENTAUTH_STATE_SESSION_H
#define AGENTAUTH_STATE_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/verify/verify.h"
#include "common/state/process.h"

#define AA_SESSION_ID_SIZE 33 /* 128 random bits in hexadecimal and a zero */
#define AA_SESSION_PENDING_MAX 180

struct aa_session {
	json_t *json; /* what the log and people are shown; owns the strings below */
	const char *id, *agent, *service, *rhost, *issuer, *kid, *jti, *task, *on_behalf_of;
	enum aa_kind kind;
	uint32_t uid, login_uid, audit_session; /* UINT32_MAX: none */
	struct aa_strings roles;
	int64_t created, opened, deadline; /* opened 0: pending; deadline 0: none */
	struct aa_process creator, parent; /* who made the record: sshd's child, and sshd */
	struct aa_process opener;
	const char *boot_id;
	bool this_boot; /* boot_id is the kernel's now */
};
void aa_session_free(struct aa_session *session);

/* A session id as it may stand in a file's name: 32 lower case hexadecimal digits. */
bool aa_session_id_is_valid(const char *id);

/* Makes sessions/ and approvals/ where they are not there. 0 or -errno. */
int aa_session_init(const char *rundir);

/* Writes a pending record for a verdict that is AA_OK and takes a place of the agent's `max_sessions` (0: no limit).
 * With mixed_refused, whatever is left of a login with another role set or user is in the way, see mixed.h. AA_OK, AA_SESSION_LIMIT, AA_ROLE_DENIED
 * (mixed), AA_INTERNAL. `deadline` 0: none. */
enum aa_reason aa_session_create(const char *rundir, const struct aa_agent *agent,
				 const struct aa_login *login, const struct aa_verdict *verdict,
				 int64_t deadline, struct aa_session **ret);

/* Whether aa_session_create() would find room: asked before the replay mark, so that a credential is not used up in vain.
 * AA_OK, AA_SESSION_LIMIT, AA_ROLE_DENIED (mixed), AA_INTERNAL. */
enum aa_reason aa_session_has_room(const char *rundir, uid_t owner, const struct aa_agent *agent,
				   const struct aa_verdict *verdict, int64_t now);

/* 0, -ENOENT, or another negative errno. `owner` must own the file, or uid 0. */
int aa_session_load(const char *rundir, uid_t owner, const char *id, struct aa_session **ret);

/* Whether this process may take the pending record over: it made it, or its direct child did, in this boot, for this
 * agent, not too long ago. */
bool aa_session_is_mine(const struct aa_session *session, const char *agent, int64_t now);

/* From pending to live: this process is the opener. 0 or -errno. */
int aa_session_open(const char *rundir, struct aa_session *session, int64_t now);
void aa_session_close(const char *rundir, uid_t owner, const char *id, const char *agent);

bool aa_session_is_live(const struct aa_session *session);
/* Live, or on its way: what takes one of the agent's places. */
bool aa_session_holds_place(const struct aa_session *session, int64_t now);
/* The live session that this process is in: by the audit session id where the kernel has one and the login uid is
 * `uid`, else by its ancestors. AA_OK or AA_NO_SESSION. */
enum aa_reason aa_session_find(const char *rundir, uid_t owner, uint32_t uid, struct aa_session **ret);

/* Every record, in no order. `each` answers false to stop. 0 or -errno. */
typedef bool aa_session_each_fn(void *data, struct aa_session *session);
int aa_session_each(const char *rundir, uid_t owner, aa_session_each_fn *each, void *data);
/* Removes the records of what is not there any more, and what is left of records that cannot be read. `gone`, where given,
 * is shown each opened session that ended without being closed; `stays`, where given, gets each that is live, and owns
 * it, so that who wants both looks at every record once. How many records were removed, or -errno. */
typedef void aa_session_gone_fn(void *data, const struct aa_session *session);
typedef void aa_session_stays_fn(void *data, struct aa_session *session);
long aa_session_sweep(const char *rundir, uid_t owner, int64_t now, aa_session_gone_fn *gone,
		      aa_session_stays_fn *stays, void *data);

#endif
