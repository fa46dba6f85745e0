/* SPDX-License-Identifier: Apache-2.0 */
/* ready_token.h: reads a token that the platform gave, as Kubernetes, GitHub Actions, SPIFFE and clouds do. */
#ifndef AGENTAUTH_AGENT_READY_TOKEN_H
#define AGENTAUTH_AGENT_READY_TOKEN_H

#include <stdint.h>

#include "tools/agentauth/credential/access_token.h"
#include "tools/agentauth/local/profile.h"

/* Reads the token that profile->token names, anew each time. Before a host is shown the token, it must be a JWT, not be
 * expired at `now`, and be for profile->audience or, where that is not set, for `audience`; NULL for both accepts any. The
 * signature is for the host to verify. Returns 0 with *ret for token_free(), or -1 with the reason said. */
int ready_token_read(const struct profile *profile, const char *audience, int64_t now, struct token *ret);

#endif
