/* SPDX-License-Identifier: Apache-2.0 */
/* provider_keycloak.c: Keycloak, see providers.h. */
#include "config.h"

#include <string.h>

#include "tools/agentauthctl/model/providers.h"

static bool check_issuer(const char *issuer, char *why, size_t size)
{
	if (!strstr(issuer, "/realms/") || providers_issuer_ends_in_slash(issuer))
		return providers_refuse(
		    why, size, "Keycloak's issuer is https://HOST/realms/REALM, without a slash at the end");
	return true;
}

const struct provider provider_keycloak = {
    .name = "keycloak",
    .issuer_looks = "https://HOST/realms/REALM",
    .check_issuer = check_issuer,
    .algorithms = "[ \"RS256\", \"PS256\", \"ES256\" ]",
    .client_claim = "azp",
    .client = "the Client ID",
    .user_claim = "preferred_username",
    .scope_claim = "scope",
    .reuse = ONCE,
    .people = BY_SUBJECT,
    .require_claim = "typ",
    .require_value = "Bearer",
    .about =
	"Keycloak. azp is the Client ID; typ \"Bearer\" is an access token, an ID token has \"ID\".\n"
	"A client's service account has a user of its own, service-account-CLIENT, whose id is sub: give it "
	"with\n"
	"the binding, agentauthctl set AGENT --bind $NAME:CLIENT --subject ID. A token with another sub is "
	"a\n"
	"person's, who logged in through this client, and is refused unless the agent's delegation names "
	"them.\n"
	"aud is \"account\" until the client has an audience mapper (Client scopes, CLIENT-dedicated, "
	"Audience):\n"
	"let it add ssh://HOST or the audience below. Realm roles are the claim /realm_access/roles.\n",
};
