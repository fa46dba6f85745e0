/* SPDX-License-Identifier: Apache-2.0 */
/* provider_entra.c: Microsoft Entra ID, and the agent identities that it has, see providers.h. */
#include "config.h"

#include "tools/agentauthctl/model/providers.h"

const struct provider provider_entra = {
    .name = "entra",
    .is_entra = true,
    .issuer_looks = "https://login.microsoftonline.com/TENANT/v2.0",
    .algorithms = RSA_ONLY,
    .client_claim = "azp",
    .client = "the Application (client) ID",
    .user_claim = "oid",
    .scope_claim = "scp",
    .reuse = UNTIL_EXPIRY,
    .max_token_ttl = 5700,
    .needs_audience = true,
    .people = BY_CLAIM,
    .own_claim = "idtyp",
    .own_value = "app",
    .about =
	"Microsoft Entra ID. The token's version is the choice of the API's registration (its manifest,\n"
	"requestedAccessTokenVersion), not of who asks: v2 has ver 2.0, azp, and the API's client ID as "
	"aud;\n"
	"v1 has ver 1.0, appid, another iss, and the Application ID URI (api://…) as aud.\n"
	"There is no jti, so a token cannot be told from its copy: it is good until it expires, 60 to 90 "
	"minutes.\n"
	"App roles that were granted to the agent are the claim roles.\n",
    .person_about = "sub of an app-only token is the object ID of its service principal (Enterprise "
		    "applications): give\n"
		    "it with the binding, agentauthctl set AGENT --bind $NAME:CLIENT --subject ID. Another "
		    "sub is a person's.\n"
		    "oid is the person's object ID, the same for every application; sub is not.\n",
};

const struct provider provider_entra_agent = {
    .name = "entra-agent",
    .is_entra = true,
    .issuer_looks = "https://login.microsoftonline.com/TENANT/v2.0",
    .algorithms = RSA_ONLY,
    .client_claim = "azp",
    .client = "the agent identity's Application (client) ID",
    .user_claim = "oid",
    .scope_claim = "scp",
    .reuse = UNTIL_EXPIRY,
    .max_token_ttl = 29400,
    .needs_audience = true,
    .people = BY_CLAIM,
    .own_claim = "idtyp",
    .own_value = "app",
    .about =
	"Microsoft Entra Agent ID. azp (v2; appid in v1) is the agent identity's Application ID. Its "
	"blueprint's is\n"
	"xms_par_app_azp, which no ordinary application's token has: required below where --blueprint named "
	"it. Never bind\n"
	"an agent to the blueprint's own ID. xms_act_fct and xms_sub_fct say 11 for an agent identity and "
	"13 "
	"for an agent's\n"
	"user account, in a list in no fixed order, which no rule here can ask for and none needs to.\n"
	"There is no jti, so a token cannot be told from its copy: it is good until it expires, in the "
	"token "
	"that Microsoft\n"
	"shows after 8 hours and 5 minutes. Set max_token_ttl to what yours have.\n",
    .person_about =
	"sub of an agent's token for itself is its object ID: give it with the binding, agentauthctl set "
	"AGENT\n"
	"--bind $NAME:CLIENT --subject ID. Another sub is a person's, or that of the agent's user account, "
	"which is a user\n"
	"here too: the agent's delegation must name its object ID, oid.\n",
};
