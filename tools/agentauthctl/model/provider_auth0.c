/* SPDX-License-Identifier: Apache-2.0 */
/* provider_auth0.c: Auth0, see providers.h. */
#include "config.h"

#include "tools/agentauthctl/model/providers.h"

static bool check_issuer(const char *issuer, char *why, size_t size)
{
	if (!providers_issuer_ends_in_slash(issuer))
		return providers_refuse(
		    why, size, "Auth0's tokens have an issuer that ends in a slash: --issuer %s/", issuer);
	return true;
}

const struct provider provider_auth0 = {
    .name = "auth0",
    .issuer_looks = "https://TENANT.auth0.com/",
    .check_issuer = check_issuer,
    .algorithms = RSA_ONLY,
    .client_claim = "azp",
    .client = "the Client ID",
    .user_claim = "sub",
    .scope_claim = "scope",
    .reuse = UNTIL_EXPIRY,
    .max_token_ttl = 86400,
    .needs_audience = true,
    .people = BY_CLAIM,
    .own_claim = "gty",
    .own_value = "client-credentials",
    .about =
	"Auth0. The issuer ends in a slash. azp is the Client ID, the audience the API's identifier; with "
	"RBAC on,\n"
	"what was granted is the array permissions too.\n"
	"Without jti a token is good until it expires, 24 hours unless the API says less: let it say 3600 "
	"and set\n"
	"max_token_ttl here to that. With the API's token profile RFC 9068 there is a jti: then set reuse "
	"to\n"
	"\"once\" and client_claim to \"client_id\"; gty is missing there, so take the rule away and set\n"
	"delegation = \"allowed\" and each binding's subject, CLIENT@clients.\n",
    .person_about =
	"sub of an agent's own token is CLIENT@clients: give it with the binding, agentauthctl set AGENT\n"
	"--bind $NAME:CLIENT --subject CLIENT@clients. Another sub is a person's.\n",
};
