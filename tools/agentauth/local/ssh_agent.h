/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_agent.h: a key that an ssh-agent holds and signs with. The agent is asked over SSH_AUTH_SOCK, by the protocol of
 * draft-miller-ssh-agent. */
#ifndef AGENTAUTH_AGENT_SSH_AGENT_H
#define AGENTAUTH_AGENT_SSH_AGENT_H

#include "common/jose/key.h"

#define SSH_AGENT_FINGERPRINT "SHA256:" /* what ssh-add -l prints begins with it */
#define SSH_AGENT_SECONDS 60		/* an agent may have to ask a person */

/* The key of this name: its fingerprint, or the file of its public half in any form that a host's administrator may
 * register. Each answer of the agent takes at most so many seconds. NULL with the reason said. */
struct aa_private_key *ssh_agent_key(const char *name, int seconds);

#endif
