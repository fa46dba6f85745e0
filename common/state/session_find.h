/* SPDX-License-Identifier: Apache-2.0 */
/* session_find.h: the session that a process is in, and all of them. */
#ifndef AGENTAUTH_STATE_SESSION_FIND_H
#define AGENTAUTH_STATE_SESSION_FIND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/state/session_record.h"

/* Finds the live session that this process is in: by the audit session id where the kernel has one and the login uid
 * is `uid`, else by its ancestors. AA_OK or AA_NO_SESSION. */
enum aa_reason aa_session_find(const char *rundir, uid_t owner, uint32_t uid, struct aa_session **ret);

/* Finds the live session, of whichever agent, that another process is in: by its audit session and login uid, which the caller
 * has read (UINT32_MAX: not set), else by the ancestors of `pid`; 0: these are not looked at. */
enum aa_reason aa_session_find_of(const char *rundir, uid_t owner, uint32_t login_uid, uint32_t audit_session,
				  pid_t pid, struct aa_session **ret);

/* Gives every record to `each`, in no order; `each` answers false to stop. 0 or -errno. */
typedef bool aa_session_each_fn(void *data, struct aa_session *session);
int aa_session_each(const char *rundir, uid_t owner, aa_session_each_fn *each, void *data);

#endif
