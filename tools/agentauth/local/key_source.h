/* SPDX-License-Identifier: Apache-2.0 */
/* key_source.h: loads the agent's private key from a file, an ssh-agent, or a provider of OpenSSL.
 *
 *   "~/.config/agentauth/key.pem"               a file, see key_file.h; NULL is this one
 *   "agent:SHA256:…", "agent:~/builder-7.pub"   what an ssh-agent holds, see ssh_agent.h
 *   "pkcs11:token=…;object=…", "handle:0x…"     a URI, see key_store.h
 */
#ifndef AGENTAUTH_AGENT_KEY_SOURCE_H
#define AGENTAUTH_AGENT_KEY_SOURCE_H

#include "common/jose/key_private.h"
#include "tools/agentauth/local/secret.h"

/* A source says where the key is and, if the key is encrypted or in a token, where its passphrase or PIN is. A passphrase is
 * never a command's argument, since every process can read those. */
struct key_source {
	const char *name;
	struct secret_source passphrase;
};

/* Returns the key, which the caller frees, or NULL with the reason said. */
struct aa_private_key *key_load(const struct key_source *source);

/* Returns the path that a key's name contains: that of the key or, behind "agent:", of its public half. NULL means that the
 * name contains no path. */
const char *key_path_in(const char *name);
/* Tells whether an ssh-agent holds the key, which then needs no passphrase. */
bool key_is_in_agent(const char *name);
/* Tells whether a file holds the key itself. */
bool key_is_file(const char *name);

#endif
