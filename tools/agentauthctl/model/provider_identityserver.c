/* SPDX-License-Identifier: Apache-2.0 */
/* provider_identityserver.c: Duende IdentityServer, see providers.h. */
#include "config.h"

#include "tools/agentauthctl/model/providers.h"

const struct provider provider_identityserver = {
    .name = "identityserver",
    .issuer_looks = "https://identity.example.com",
    .algorithms = "[ \"RS256\", \"PS256\", \"ES256\" ]",
    .client_claim = "client_id",
    .client = "the ClientId",
    .user_claim = "sub",
    .scope_claim = "scope",
    .reuse = ONCE,
    .people = BY_SUBJECT,
    .without_sub = "own",
    .about =
	"Duende IdentityServer (and IdentityServer4): access tokens as JWT. client_id names the agent. A "
	"token by client\n"
	"credentials has no sub, a person's always has one, and is refused unless the agent's delegation "
	"names them.\n"
	"aud is the name of an API resource: name one ssh://HOST, or the audience below, and put the scopes "
	"into it.\n",
};
