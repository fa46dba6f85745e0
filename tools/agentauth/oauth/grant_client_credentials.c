/* SPDX-License-Identifier: Apache-2.0 */
/* grant_client_credentials.c: client credentials: the agent asks in its own name. */
#include "config.h"

#include <stdlib.h>

#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/oauth/token_grant.h"
#include "tools/agentauth/oauth/token_request.h"

int grant_client_credentials(const struct grant *grant, struct token *ret)
{
	struct form form = {0};
	struct token_refusal refusal;
	int result;

	form_add(&form, "grant_type", "client_credentials");
	token_request_add_wishes(grant->idp->profile, &form);
	result = token_request(grant->idp, &form, grant->now, ret, &refusal);
	form_free(&form);
	if (result == 1)
		token_refusal_say(&refusal, "the client credentials", grant->now);
	if (result == 0) { /* RFC 6749 section 4.4.3: there should be none, and it is not needed */
		own_wipe(ret->refresh);
		ret->refresh = NULL;
	}
	return result == 0 ? 0 : -1;
}
