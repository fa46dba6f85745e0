/* SPDX-License-Identifier: Apache-2.0 */
/* key_openssh.h: private keys as ssh-keygen writes them, "openssh-key-v1". */
#ifndef AGENTAUTH_JOSE_KEY_OPENSSH_H
#define AGENTAUTH_JOSE_KEY_OPENSSH_H

#include "common/jose/jose.h"
#include "common/jose/key_private.h"

enum aa_jose_err aa_private_key_from_openssh(const char *text, size_t len, struct aa_private_key **ret);

#endif
