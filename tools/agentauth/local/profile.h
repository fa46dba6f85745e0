/* SPDX-License-Identifier: Apache-2.0 */
/* profile.h: a profile of ~/.config/agentauth/config, which says which hosts may have which credential.
 *
 *   profiles = {
 *     web = {
 *       hosts = [ "web01.example.com" ];            what ssh calls the host
 *       audiences = [ "ssh://web01.example.com" ];  what that host may ask for
 *       agent = "builder-7";
 *       key = "~/.config/agentauth/key.pem";        this is the default
 *       scope = "deploy";
 *     };
 *     api = {
 *       hosts = …; audiences = …; agent = …;        or none of them: it then answers no host
 *       issuer = "https://idp.example.com";
 *       client_id = "builder-7";
 *       client_secret = { file = "~/.config/agentauth/secret"; };
 *     };
 *     pod = {
 *       hosts = …; audiences = …; agent = …;
 *       token = { file = "/var/run/secrets/tokens/agentauth"; };   is read anew at each use
 *     };
 *   };
 *
 * A profile with an issuer, or a token_endpoint, answers with a token of that identity provider. A profile with a ready token
 * answers with that. Any other profile answers with an assertion that the agent's key signs. The settings are those of
 * profile_setting.c, and agentauth(1) describes them. */
#ifndef AGENTAUTH_AGENT_PROFILE_H
#define AGENTAUTH_AGENT_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/jose/jose.h"
#include "common/text/list.h"
#include "tools/agentauth/local/key_source.h"
#include "tools/agentauth/local/secret.h"

#define ASSERTION_TTL_DEFAULT 60
#define ASSERTION_TTL_MAX 3600 /* seconds; a host accepts 300 unless it says otherwise */

enum profile_grant {
	GRANT_CLIENT_CREDENTIALS,
	GRANT_AUTHORIZATION_CODE,
	GRANT_DEVICE_CODE,
	GRANT_TOKEN_EXCHANGE,
	GRANT_JWT_BEARER,
};

enum profile_auth { AUTH_SECRET_BASIC, AUTH_SECRET_POST, AUTH_PRIVATE_KEY_JWT, AUTH_NONE, AUTH_UNSET };

enum profile_reuse { REUSE_ONCE, REUSE_UNTIL_EXPIRY };

enum profile_present { PRESENT_ACCESS_TOKEN, PRESENT_ID_TOKEN };

/* A token that is exchanged comes from its own source or from another profile. */
struct profile_token {
	struct secret_source source;
	const char *profile, *type; /* type NULL: urn:ietf:params:oauth:token-type:access_token */
};

/* Texts are NULL and lists empty where the profile does not say. */
struct profile {
	const char *name, *agent, *scope, *task, *kid;
	struct key_source key;
	struct aa_list hosts, audiences;
	int64_t ttl;
	const char *alg_name;
	enum aa_alg alg;	    /* AA_ALG_INVALID stands for the key's own algorithm */
	struct secret_source token; /* is ready, since the platform gave it */

	/* These are of a profile that gets its token from an identity provider. */
	const char *issuer, *ca_file, *client_id, *audience, *assertion_audience, *subject, *target_audience;
	const char *assertion_typ; /* stands in the assertion's header; NULL means "JWT" */
	const char *certificate;   /* has its digest in that header, for providers that know the key by it */
	const char *token_endpoint, *authorization_endpoint, *device_authorization_endpoint;
	const char *redirect_uri, *prompt;
	struct aa_list resource;
	enum profile_grant grant;
	enum profile_auth client_auth;
	struct secret_source client_secret;
	struct profile_token subject_token, actor_token;
	enum profile_reuse reuse;
	enum profile_present present;
};

/* This value of `resource` stands for the audience that the host asks for. It cannot be a resource itself, since RFC 8707
 * demands an absolute URI. */
#define PROFILE_RESOURCE_ASKED "asked"

/* These values of `assertion_audience` stand for the issuer and for the token endpoint. */
#define PROFILE_AUDIENCE_ISSUER "issuer"
#define PROFILE_AUDIENCE_ENDPOINT "token_endpoint"

/* Tells whether the profile answers with a token, and not with an assertion. */
bool profile_uses_token(const struct profile *profile);
/* Tells whether that token is ready, since the platform gave it. */
bool profile_has_ready_token(const struct profile *profile);
/* Tells whether `resource` is PROFILE_RESOURCE_ASKED. */
bool profile_resource_is_asked(const struct profile *profile);
/* Tells whether a person has to log in for a new token. */
bool profile_needs_person(const struct profile *profile);

#endif
