/* SPDX-License-Identifier: Apache-2.0 */
/* admit.h: the verdict on a credential, joined with what this host remembers. */
#ifndef AGENTAUTH_STATE_ADMIT_H
#define AGENTAUTH_STATE_ADMIT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/state/context.h"
#include "common/state/session_record.h"
#include "common/text/list.h"
#include "common/verify/policy.h"
#include "common/verify/verdict.h"

/* Says whether a credential for the agent is looked at. AA_RATE_LIMITED: too many from `source` failed lately;
 * AA_AUDIT_UNAVAILABLE: one more failure could not be counted. */
enum aa_reason aa_admit_listen(const struct aa_context *ctx, const char *agent, const char *source);

/* Says whether the agent is suspended or expired. */
enum aa_reason aa_admit_agent(const struct aa_context *ctx, const struct aa_agent *agent);

/* Decides on a credential, from its bytes to the replay mark; verdict->reason is the answer. `agent` NULL: the answer
 * is AA_AGENT_RETIRED and takes as long as a failed verification, so that timing does not reveal a retired account. */
void aa_admit_credential(const struct aa_context *ctx, const struct aa_agent *agent,
			 const struct aa_login *login, const char *credential, size_t len,
			 struct aa_verdict *verdict);

/* Decides on such a login as far as that can be told before there is a credential, for one that is issued now, asks
 * for `scope` (NULL: all roles) and acts for `user` (NULL: nobody). AA_OK lets nobody in. */
void aa_admit_awaited(const struct aa_context *ctx, const struct aa_agent *agent,
		      const struct aa_login *login, const char *scope, const char *user,
		      struct aa_verdict *verdict);

/* Decides on a login by an SSH key of the agent's record. */
void aa_admit_publickey(const struct aa_context *ctx, const struct aa_agent *agent,
			const struct aa_login *login, struct aa_verdict *verdict);
/* Decides on a process that starts without a login: as aa_admit_agent(), and where a role limits what the agent may
 * use, cron, at and the user manager, where no limit holds, must be named in the services of one of its roles. su,
 * runuser and root's own `agentauth run` need no such name, since root asks for them each time. AA_SERVICE_DENIED, or
 * the reason for which the roles could not be read. */
enum aa_reason aa_admit_unasked(const struct aa_context *ctx, const struct aa_agent *agent,
				const char *service);
/* Decides on a login that a person of this host started, who must be one of the agent's local_users and gets the
 * delegable roles only, or that root started (`person` NULL). */
void aa_admit_started(const struct aa_context *ctx, const struct aa_agent *agent,
		      const struct aa_login *login, const char *person, struct aa_verdict *verdict);

/* Says whether the agent may have one session more, of this verdict. AA_SESSION_LIMIT, or AA_ROLE_DENIED where it may
 * not be mixed. A session that is made is held to the same once more. */
enum aa_reason aa_admit_room(const struct aa_context *ctx, const struct aa_agent *agent,
			     const struct aa_verdict *verdict);

/* Says whether what the agent's roles have recorded of its sessions can be: a recorder of programs runs, where one is needed.
 * AA_AUDIT_UNAVAILABLE where none does and the host's audit_failure is to deny, as where a line of the log cannot be written. */
enum aa_reason aa_admit_recorded(const struct aa_context *ctx, const struct aa_agent *agent);

/* Gives the end of a session of this verdict, 0 for never: the earliest of the token's expiry with the clocks' skew
 * behind it, max_session, the agent's expires, and of an elevation by which it has a role. An assertion's or an SSH key's own expiry bounds the login, not the
 * session. */
int64_t aa_admit_deadline(const struct aa_context *ctx, const struct aa_agent *agent,
			  const struct aa_verdict *verdict);

/* Says whether a session service (sudo) may go on. It may in a live session of the agent that has not ended, by a
 * credential that was not revoked, with a role that admits the service, and without any role's group that the session
 * does not have; where NSS serves role groups also with each of the agent's roles that admits the service. *ret_session is set whenever a session was found, for the log; the caller frees it. */
enum aa_reason aa_admit_in_session(const struct aa_context *ctx, const struct aa_agent *agent,
				   const char *service, struct aa_session **ret_session);

/* Decides the same a little later, for the session with this id: the session and the agent must still be what they
 * were. The groups of the process are not looked at, since they may be the target's already. */
enum aa_reason aa_admit_again(const struct aa_context *ctx, const struct aa_agent *agent, const char *id,
			      const char *service, struct aa_session **ret_session);

/* Lists the groups of these roles in ret[0..cap) and returns their number: agent-ROLE and the local groups that a
 * role adds. gid 0 is never among them. */
size_t aa_admit_role_groups(const struct aa_context *ctx, const struct aa_list *roles, gid_t *ret,
			    size_t cap);

#endif
