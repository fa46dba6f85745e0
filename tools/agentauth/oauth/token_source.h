/* SPDX-License-Identifier: Apache-2.0 */
/* token_source.h: a profile's token: from the cache while it has life left, else refreshed, else a new one.
 */
#ifndef AGENTAUTH_AGENT_TOKEN_SOURCE_H
#define AGENTAUTH_AGENT_TOKEN_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/agentauth/credential/access_token.h"
#include "tools/agentauth/local/profile.h"

struct token_wish {
	bool fresh;	 /* none from the cache */
	bool once;	 /* the caller alone gets it: it is not kept either */
	bool login;	 /* somebody is there, and logs in anew */
	bool no_browser; /* and opens the address without our help */
	const char *
	    audience; /* what a ready token must be for, where its profile does not say; NULL: not looked at */
};

/* 0 with *ret for token_free(), or -1 with the reason said. Several processes at once make one request.
 * Without `login` nobody is ever waited for. `profiles` holds the profiles whose tokens are exchanged. */
int token_get(const struct profiles *profiles, const struct profile *profile, const struct token_wish *wish,
	      int64_t now, struct token *ret);

/* Removes what is kept of this profile, its refresh token too. 0, or -1 with the reason said. */
int token_forget(const struct profile *profile);

#endif
