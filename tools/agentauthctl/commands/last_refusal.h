/* SPDX-License-Identifier: Apache-2.0 */
/* last_refusal.h says why an agent's last login was refused, as the audit log has it, since no client is told. */
#ifndef AGENTAUTHCTL_LAST_REFUSAL_H
#define AGENTAUTHCTL_LAST_REFUSAL_H

#include <jansson.h>

#include "common/verify/reason.h"
#include "tools/agentauthctl/commands/ctl.h"

/* last_refusal() returns the record of the agent's last login, if that was refused; the caller frees. It returns NULL
 * where the agent was let in since, and where the refusal lies further back in the log than is looked. */
json_t *last_refusal(const struct ctl *ctl, const char *agent);
/* last_refusal_text() returns "2027-01-31T00:00:00Z, sshd from 192.0.2.1: the agent is suspended (agent_suspended)";
 * the caller frees. */
char *last_refusal_text(const json_t *record);
/* last_refusal_reason() returns AA_REASON_COUNT for a word that this version does not know. */
enum aa_reason last_refusal_reason(const json_t *record);
/* last_refusal_cure() returns what lets the agent in again, as far as one command or one look does; the caller frees.
 * It returns NULL where that depends. */
char *last_refusal_cure(const json_t *record);

#endif
