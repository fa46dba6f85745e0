/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_agent.h: signs with a key that an ssh-agent holds. The agent is asked over SSH_AUTH_SOCK, by the protocol of
 * draft-miller-ssh-agent. */
#ifndef AGENTAUTH_AGENT_SSH_AGENT_H
#define AGENTAUTH_AGENT_SSH_AGENT_H

#include "common/jose/key_private.h"

#define SSH_AGENT_FINGERPRINT "SHA256:" /* begins a fingerprint of ssh-add -l */
#define SSH_AGENT_SECONDS 60		/* leaves time for the ssh-agent to ask a person */

/* Returns the key of this name, which is a fingerprint, or the path of the public half in any form that a host's
 * administrator may register. Each answer of the ssh-agent may take `seconds`. NULL comes with the reason said. */
struct aa_private_key *ssh_agent_key(const char *name, int seconds);

#endif
