/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_kill.h ends processes, for session kill and suspend --kill. */
#ifndef AGENTAUTHCTL_CTL_KILL_H
#define AGENTAUTHCTL_CTL_KILL_H

#include "common/state/session.h"
#include "common/state/session_sweep.h"
#include "tools/agentauthctl/commands/chosen.h"

/* ctl_kill_agent() ends every process of the agent, and what would start new ones, and says how many. It returns
 * CTL_FAILED where the failure was reported. */
enum ctl_status ctl_kill_agent(struct ctl *ctl, const char *name);

/* ctl_answer_killed() gives what the answer says of the killing to the answer about that agent, too. */
void ctl_answer_killed(struct ctl *ctl, json_t *agent);

/* ctl_kill_agents() does the same for many agents, with one look at the host for all of them. It says how many
 * processes ended of each agent that had any; answers[i] is told of agents[i]. */
enum ctl_status ctl_kill_agents(struct ctl *ctl, const struct chosen_agent *agents, size_t n,
				json_t *answers);
/* ctl_stop_restarters() ends none of the agent's processes, but what would start new ones: systemd's units, its user
 * manager, its linger. */
void ctl_stop_restarters(struct ctl *ctl, const char *name);
enum ctl_status ctl_kill_session(struct ctl *ctl, struct aa_session *session);

/* ctl_end_session() takes the record of a session away whose processes are gone, and logs its end and why, unless PAM did
 * both as it ended. */
void ctl_end_session(struct ctl *ctl, const struct aa_session *session, enum aa_reason reason);

/* ctl_audit_gone() logs a request for approval whose sudo is gone, as withdrawn, and drops the reference. `data` is the struct
 * ctl: aa_approval_each() calls it. */
void ctl_audit_gone(void *data, json_t *request);

/* ctl_audit_settle() writes the lines of refusals that were counted and whose minute is over. */
void ctl_audit_settle(struct ctl *ctl);

/* ctl_sweep_sessions() removes the records of sessions that ended without being closed, and logs each. `live`, where
 * given, gets each session that is live, and owns it. The function returns how many were removed, or -errno. */
long ctl_sweep_sessions(struct ctl *ctl, aa_session_stays_fn *live, void *data);

#endif
