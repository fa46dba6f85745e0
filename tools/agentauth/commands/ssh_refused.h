/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_refused.h: explains, after ssh has failed, what ssh itself cannot know. */
#ifndef AGENTAUTH_AGENT_SSH_REFUSED_H
#define AGENTAUTH_AGENT_SSH_REFUSED_H

#include "tools/agentauth/commands/asked.h"
#include "tools/agentauth/commands/ssh_check.h"

/* Says where the reason for a refusal can be read, which a host tells no client, and what was presented. */
void ssh_refused_say(const struct ssh_login *login, const struct ssh_check *check, enum asked asked);

#endif
