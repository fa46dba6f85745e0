/* SPDX-License-Identifier: Apache-2.0 */
/* key_file.h: the agent's private key, from its file. */
#ifndef AGENTAUTH_AGENT_KEY_FILE_H
#define AGENTAUTH_AGENT_KEY_FILE_H

#include "common/jose/key.h"
#include "tools/agentauth/local/secret.h"

/* Where the key and, if it is encrypted, its passphrase are. A passphrase is never an argument: every process
 * can see those. */
struct key_source {
	const char *path; /* NULL: ~/.config/agentauth/key.pem; "~/" is the home directory */
	struct secret_source passphrase;
};

/* NULL with the reason said. The caller frees. */
struct aa_private_key *key_file_load(const struct key_source *source);

#endif
