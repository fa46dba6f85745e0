/* SPDX-License-Identifier: Apache-2.0 */
/* token_source.h: gets a profile's token: from the cache while it has life left, otherwise refreshed or new. */
#ifndef AGENTAUTH_AGENT_TOKEN_SOURCE_H
#define AGENTAUTH_AGENT_TOKEN_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/agentauth/credential/access_token.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/local/profiles.h"

struct token_wish {
	bool fresh;	 /* does not accept a token of the cache */
	bool once;	 /* does not leave the token in the cache for others */
	bool login;	 /* lets a person, who is there, log in anew */
	bool no_browser; /* leaves it to the person to open the address */
	/* A ready token whose profile names no audience must be for this one; NULL accepts any. */
	const char *audience;
};

/* Gets the token. Returns 0 with *ret for token_free(), or -1 with the reason said. Several processes at once make one request,
 * and without `login` nobody is waited for. `profiles` holds the profiles whose tokens are exchanged. */
int token_get(const struct profiles *profiles, const struct profile *profile, const struct token_wish *wish,
	      int64_t now, struct token *ret);

/* Removes the profile's token and refresh token from the cache. Returns 0, or -1 with the reason said. */
int token_forget(const struct profile *profile);

#endif
