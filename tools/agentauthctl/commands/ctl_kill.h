/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_kill.h: ending what runs, for session kill and suspend --kill. */
#ifndef AGENTAUTHCTL_CTL_KILL_H
#define AGENTAUTHCTL_CTL_KILL_H

#include "common/state/session.h"
#include "common/state/session_sweep.h"
#include "tools/agentauthctl/commands/ctl.h"

/* Every process of the agent, and what would start new ones. Says how many; CTL_FAILED: reported. */
enum ctl_status ctl_kill_agent(struct ctl *ctl, const char *name);
/* Ends none of its processes but what would start new ones: systemd's units, its user manager, its linger. */
void ctl_stop_restarters(struct ctl *ctl, const char *name);
enum ctl_status ctl_kill_session(struct ctl *ctl, struct aa_session *session);

/* The audit record of a session that ended or was ended, and why. */
void ctl_audit_session_close(struct ctl *ctl, const struct aa_session *session, enum aa_reason reason);

/* An audit record about a request for approval whose sudo is gone: withdrawn. */
void ctl_audit_request(struct ctl *ctl, const json_t *request);

/* Writes the lines of refusals that were counted and whose minute is over. */
void ctl_audit_settle(struct ctl *ctl);

/* Removes the records of sessions that ended without being closed, each with its audit record; `live`, where given, gets
 * each that is live, and owns it. How many were removed, or -errno. */
long ctl_sweep_sessions(struct ctl *ctl, aa_session_stays_fn *live, void *data);

#endif
