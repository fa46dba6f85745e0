/* SPDX-License-Identifier: Apache-2.0 */
/* ready_token.h: a token that the platform gave: Kubernetes, GitHub Actions, SPIFFE, a cloud's own program. */
#ifndef AGENTAUTH_AGENT_READY_TOKEN_H
#define AGENTAUTH_AGENT_READY_TOKEN_H

#include <stdint.h>

#include "tools/agentauth/credential/access_token.h"
#include "tools/agentauth/local/profile.h"

/* Reads the token of profile->token, anew each time, and looks before anybody is shown it: it must be a JWT, not
 * be expired at `now`, and be for profile->audience, or where that is not set for `audience`; NULL for both: not
 * looked at. Nothing is verified: that is the host's. 0 with *ret for token_free(), or -1 with the reason said. */
int ready_token_read(const struct profile *profile, const char *audience, int64_t now, struct token *ret);

#endif
