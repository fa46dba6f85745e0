/* SPDX-License-Identifier: Apache-2.0 */
/* provider_okta.c: Okta, see providers.h. */
#include "config.h"

#include <string.h>

#include "tools/agentauthctl/model/providers.h"

static bool check_issuer(const char *issuer, char *why, size_t size)
{
	if (!strstr(issuer, "/oauth2/"))
		return providers_refuse(
		    why, size,
		    "this is the org's own authorization server, whose tokens are for Okta alone; "
		    "name a custom one, as "
		    "https://DOMAIN.okta.com/oauth2/default");
	return true;
}

const struct provider provider_okta = {
    .name = "okta",
    .issuer_looks = "https://DOMAIN.okta.com/oauth2/default",
    .check_issuer = check_issuer,
    .algorithms = RSA_ONLY,
    .client_claim = "cid",
    .client = "the client ID",
    .user_claim = "sub",
    .scope_claim = "scp",
    .reuse = ONCE,
    .needs_audience = true,
    .people = BY_SUBJECT,
    .about =
	"Okta, a custom authorization server (Security, API); tokens of the org's own (without /oauth2/) "
	"are for\n"
	"Okta alone. cid is the client ID; sub is the same in a token by client credentials, and a person's "
	"login\n"
	"in any other, which is refused unless the agent's delegation names the person. scp is an array.\n"
	"The audience is the authorization server's; an ID token has no cid.\n",
};
