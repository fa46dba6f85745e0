/* SPDX-License-Identifier: Apache-2.0 */
/* key_file.h: the agent's private key, from a file. */
#ifndef AGENTAUTH_AGENT_KEY_FILE_H
#define AGENTAUTH_AGENT_KEY_FILE_H

#include "common/jose/key.h"
#include "tools/agentauth/local/secret.h"

/* A key in any of the forms that programs write, encrypted or not; also one of which the file holds only where it is, or what
 * a TPM has wrapped. NULL with the reason said. The caller frees. */
struct aa_private_key *key_file_load(const char *path, const struct secret_source *passphrase);

#endif
