/* SPDX-License-Identifier: Apache-2.0 */
/* key_file.h: reads the agent's private key from a file. */
#ifndef AGENTAUTH_AGENT_KEY_FILE_H
#define AGENTAUTH_AGENT_KEY_FILE_H

#include "common/jose/key_private.h"
#include "tools/agentauth/local/secret.h"

/* Loads a key in any of the forms that programs write, encrypted or not. The file may also hold the URI of a key in a token,
 * or a key that a TPM has wrapped. Returns NULL with the reason said; the caller frees the key. */
struct aa_private_key *key_file_load(const char *path, const struct secret_source *passphrase);

#endif
