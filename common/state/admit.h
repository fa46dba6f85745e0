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

/* Whether a credential for the agent is looked at: AA_RATE_LIMITED where too many from `source` failed lately,
 * AA_AUDIT_UNAVAILABLE where one more could not be counted. */
enum aa_reason aa_admit_listen(const struct aa_context *ctx, const char *agent, const char *source);

/* Suspended, expired. */
enum aa_reason aa_admit_agent(const struct aa_context *ctx, const struct aa_agent *agent);

/* A credential from its bytes to the replay mark; verdict->reason is the answer. `agent` NULL: a retired account's
 * time is spent, and the answer is AA_AGENT_RETIRED. */
void aa_admit_credential(const struct aa_context *ctx, const struct aa_agent *agent,
			 const struct aa_login *login, const char *credential, size_t len,
			 struct aa_verdict *verdict);

/* What can be told of such a login before there is a credential, one issued now, that asks for `scope` (NULL: all roles) and
 * acts for `user` (NULL: nobody). AA_OK lets nobody in. */
void aa_admit_awaited(const struct aa_context *ctx, const struct aa_agent *agent,
		      const struct aa_login *login, const char *scope, const char *user,
		      struct aa_verdict *verdict);

/* The same for what comes without one: an SSH key, or what root or a person of this host started. */
void aa_admit_publickey(const struct aa_context *ctx, const struct aa_agent *agent,
			const struct aa_login *login, struct aa_verdict *verdict);
/* aa_admit_agent(), and whether what runs without a login may run at all: where a role limits what the agent may use, cron,
 * at and the user manager, where no limit holds, must be named in the services of one of its roles. su, runuser and root's
 * own `agentauth run` are asked for by root each time. AA_SERVICE_DENIED too, or what reading the roles gave. */
enum aa_reason aa_admit_unasked(const struct aa_context *ctx, const struct aa_agent *agent,
				const char *service);
/* `person` NULL: root started it. Else one of the agent's local_users, with the delegable roles only. */
void aa_admit_started(const struct aa_context *ctx, const struct aa_agent *agent,
		      const struct aa_login *login, const char *person, struct aa_verdict *verdict);

/* Whether the agent may have a session more, of this verdict: AA_SESSION_LIMIT, or AA_ROLE_DENIED where it may not be mixed. A
 * session that is made is held to it once more. */
enum aa_reason aa_admit_room(const struct aa_context *ctx, const struct aa_agent *agent,
			     const struct aa_verdict *verdict);

/* When a session of this verdict ends: the earliest of the token's expiry and the clocks' skew behind it, max_session and the agent's expires; 0: never.
 * An assertion's or an SSH key's own expiry bounds the login, not the session. */
int64_t aa_admit_deadline(const struct aa_context *ctx, const struct aa_agent *agent,
			  const struct aa_verdict *verdict);

/* Whether a session service (sudo) may go on: inside a live session of the agent, which has not ended, whose credential
 * was not revoked, with a role that admits the service, and with no role's group that the session does not have.
 * *ret_session is set whenever a session was found, for the log; the caller frees it. */
enum aa_reason aa_admit_in_session(const struct aa_context *ctx, const struct aa_agent *agent,
				   const char *service, struct aa_session **ret_session);

/* The same a little later, of the session with this id: whether it and the agent are still what they were. The groups of the
 * process are not looked at: they may be the target's already. */
enum aa_reason aa_admit_again(const struct aa_context *ctx, const struct aa_agent *agent, const char *id,
			      const char *service, struct aa_session **ret_session);

/* The groups of these roles, in ret[0..cap): agent-ROLE and the local groups that the role adds; never gid 0. The number. */
size_t aa_admit_role_groups(const struct aa_context *ctx, const struct aa_list *roles, gid_t *ret,
			    size_t cap);

#endif
