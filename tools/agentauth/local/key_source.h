/* SPDX-License-Identifier: Apache-2.0 */
/* key_source.h: the agent's private key, from where it is: a file, an ssh-agent, or a provider of OpenSSL.
 *
 *   "~/.config/agentauth/key.pem"               a file, see key_file.h; NULL is this one
 *   "agent:SHA256:…", "agent:~/builder-7.pub"   what an ssh-agent holds, see ssh_agent.h
 *   "pkcs11:token=…;object=…", "handle:0x…"     a URI, see key_store.h
 */
#ifndef AGENTAUTH_AGENT_KEY_SOURCE_H
#define AGENTAUTH_AGENT_KEY_SOURCE_H

#include "common/jose/key.h"
#include "tools/agentauth/local/secret.h"

/* Where the key is and, if it is encrypted or in a token, its passphrase or PIN. A passphrase is never an argument: every
 * process can see those. */
struct key_source {
	const char *name;
	struct secret_source passphrase;
};

/* NULL with the reason said. The caller frees. */
struct aa_private_key *key_load(const struct key_source *source);

/* The path in the name, of the key or, behind "agent:", of its public half; NULL: there is none in it. */
const char *key_path_in(const char *name);
/* Whether an ssh-agent holds it, which needs no passphrase. */
bool key_is_in_agent(const char *name);
/* Whether a file holds the key itself. */
bool key_is_file(const char *name);

#endif
