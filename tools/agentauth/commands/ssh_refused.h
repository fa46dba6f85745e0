/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_refused.h: what is said after ssh has failed, of what ssh itself cannot know. */
#ifndef AGENTAUTH_AGENT_SSH_REFUSED_H
#define AGENTAUTH_AGENT_SSH_REFUSED_H

#include "tools/agentauth/commands/asked.h"
#include "tools/agentauth/commands/ssh_check.h"

/* A host tells no client why it refuses an agent. This says where the reason is to be read, and what was presented. */
void ssh_refused_say(const struct ssh_login *login, const struct ssh_check *check, enum asked asked);

#endif
