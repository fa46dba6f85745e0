/* SPDX-License-Identifier: Apache-2.0 */
/* provider_oidc.c: what is taken of a provider that none of the others is, see providers.h. */
#include "config.h"

#include "tools/agentauthctl/model/providers.h"

const struct provider provider_oidc = {
    .name = "oidc",
    .issuer_looks = "https://idp.example.com",
    .algorithms = "[ \"RS256\", \"PS256\", \"ES256\", \"EdDSA\" ]",
    .client_claim = "client_id",
    .client = "the client's ID",
    .user_claim = "sub",
    .scope_claim = "scope",
    .reuse = ONCE,
    .people = BY_SUBJECT,
    .about = "Access tokens as RFC 9068 has them: client_id names the agent, and sub is the same in a token "
	     "of its own. Where\n"
	     "the provider gives its own tokens another sub, say so with the binding, agentauthctl set AGENT "
	     "--bind\n"
	     "$NAME:CLIENT --subject SUB. Any other sub is a person's, and refused unless the agent's "
	     "delegation names it.\n",
};
