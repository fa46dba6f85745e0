/* SPDX-License-Identifier: Apache-2.0 */
/* profile.h: ~/.config/agentauth/config: which hosts may have which credential.
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
 *       token = { file = "/var/run/secrets/tokens/agentauth"; };   a ready one, read anew at each use
 *     };
 *   };
 *
 * A profile with an issuer, or a token_endpoint, answers with a token of that provider, one
 * with a token with that one; another answers
 * with an assertion that the agent's key signs. agentauth(1) is the reference of all settings. */
#ifndef AGENTAUTH_AGENT_PROFILE_H
#define AGENTAUTH_AGENT_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/jose/jose.h"
#include "tools/agentauth/local/secret.h"

#define PROFILES_MAX 65536 /* bytes of the file */
#define ASSERTION_TTL_DEFAULT 60
#define ASSERTION_TTL_MAX 3600 /* seconds; a host accepts 300 unless it says otherwise */

struct profile_list {
	size_t n;
	const char **v;
};

enum profile_grant {
	GRANT_CLIENT_CREDENTIALS,
	GRANT_AUTHORIZATION_CODE,
	GRANT_DEVICE_CODE,
	GRANT_TOKEN_EXCHANGE,
	GRANT_JWT_BEARER,
};

enum profile_auth { AUTH_UNSET, AUTH_SECRET_BASIC, AUTH_SECRET_POST, AUTH_PRIVATE_KEY_JWT, AUTH_NONE };

/* A token that is exchanged: read from somewhere, or another profile's. */
struct profile_token {
	struct secret_source source;
	const char *profile, *type; /* type NULL: urn:ietf:params:oauth:token-type:access_token */
};

/* Texts are NULL and lists empty where the profile does not say. */
struct profile {
	const char *name, *agent, *key, *scope, *task, *kid;
	struct secret_source passphrase;
	struct profile_list hosts, audiences;
	int64_t ttl;
	enum aa_alg alg; /* AA_ALG_INVALID: the key's own */

	/* of a profile that answers with a token */
	const char *issuer, *ca_file, *client_id, *audience, *assertion_audience, *subject, *target_audience;
	const char *assertion_typ; /* of the assertion's header; NULL: "JWT" */
	const char *certificate;   /* whose digest the header has, for providers that know a key by it */
	const char *token_endpoint, *authorization_endpoint, *device_authorization_endpoint;
	const char *redirect_uri, *prompt;
	struct profile_list resource;
	enum profile_grant grant;
	enum profile_auth client_auth;
	struct secret_source client_secret;
	struct profile_token subject_token, actor_token;
	struct secret_source token; /* a ready one, that the platform gave */
	bool once;		    /* a host takes each token once */
	bool id_token;		    /* what is presented is the ID token */
};

struct profiles;

/* The profiles' file: `path`, or where that is NULL $AGENTAUTH_CONFIG, or ~/.config/agentauth/config. From malloc(). */
char *profiles_file(const char *path);
/* NULL, with the reason said. `path` as in profiles_file(). */
struct profiles *profiles_load(const char *path);
/* The same from text; `path` is for messages. */
struct profiles *profiles_parse(const char *text, const char *path);
void profiles_free(struct profiles *profiles);

size_t profiles_count(const struct profiles *profiles);
const struct profile *profiles_at(const struct profiles *profiles, size_t i);
const char *profiles_path(const struct profiles *profiles);

/* The one of this name, or NULL with the reason said. */
const struct profile *profiles_find(const struct profiles *profiles, const char *name);

/* What `resource` holds where it is to be the audience that the host asks for. RFC 8707 demands an absolute
 * URI, which this is not. */
#define PROFILE_RESOURCE_ASKED "asked"

/* What `assertion_audience` holds where it is to be the issuer or the token endpoint, whichever these are. */
#define PROFILE_AUDIENCE_ISSUER "issuer"
#define PROFILE_AUDIENCE_ENDPOINT "token_endpoint"

/* Whether it answers with a provider's token, and not with an assertion. */
bool profile_uses_token(const struct profile *profile);
/* Whether that token is a ready one, which the platform gave. */
bool profile_has_ready_token(const struct profile *profile);
/* Whether `resource` is PROFILE_RESOURCE_ASKED. */
bool profile_resource_is_asked(const struct profile *profile);
/* Whether somebody has to be there for a new grant. */
bool profile_needs_person(const struct profile *profile);

#endif
