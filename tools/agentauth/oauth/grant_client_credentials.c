/* SPDX-License-Identifier: Apache-2.0 */
/* grant_client_credentials.c: asks in the agent's own name (client credentials). */
#include "config.h"

#include "tools/agentauth/oauth/token_grant.h"
#include "tools/agentauth/oauth/token_request.h"

int grant_client_credentials(const struct grant *grant, struct token *ret)
{
	struct form form = {0};

	form_add(&form, "grant_type", "client_credentials");
	token_request_add_wishes(grant->idp->profile, &form);
	return token_request_or_say(grant->idp, &form, "the client credentials", grant->now, ret);
}
