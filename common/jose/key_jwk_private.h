/* SPDX-License-Identifier: Apache-2.0 */
/* key_jwk_private.h: private keys as JWK: RFC 7517, RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2. */
#ifndef AGENTAUTH_JOSE_KEY_JWK_PRIVATE_H
#define AGENTAUTH_JOSE_KEY_JWK_PRIVATE_H

#include "common/jose/jose.h"
#include "common/jose/key_private.h"

enum aa_jose_err aa_private_key_from_jwk(const char *text, size_t len, struct aa_private_key **ret);

#endif
