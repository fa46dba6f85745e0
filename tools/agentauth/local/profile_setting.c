/* SPDX-License-Identifier: Apache-2.0 */
/* profile_setting.c: the settings of a profile, see profile_setting.h. */
#include "config.h"

#include "tools/agentauth/local/profile_setting.h"

#include <stdio.h>
#include <string.h>

#include "common/text/name.h"

#define N_SETTINGS (sizeof(profile_settings) / sizeof(profile_settings[0]))

/* ---- what a value must be --------------------------------------------------------- */

static bool is_agent(const char *value, char *why, size_t size)
{
	(void)snprintf(why, size, "is no name of an agent's account: small letters, digits and hyphens");
	return aa_agent_name_is_valid(value);
}

static bool is_algorithm(const char *value, char *why, size_t size)
{
	(void)snprintf(why, size, "is no algorithm: \"ES256\", \"RS256\", …");
	return aa_alg_from_name(value) != AA_ALG_INVALID;
}

/* A typ is a media type (RFC 6838 section 4.2), whose "application/" may be left out (RFC 7515 section 4.1.9). */
static bool is_media_type(const char *value, char *why, size_t size)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&^_.+-/";

	(void)snprintf(why, size, "is no type: \"JWT\", \"client-authentication+jwt\", …");
	return !value[strspn(value, set)];
}

static bool has_no_slash(const char *value, char *why, size_t size)
{
	(void)snprintf(why, size, "names a credential with a slash in it");
	return !strchr(value, '/');
}

static bool is_not_empty(const char *value, char *why, size_t size)
{
	(void)snprintf(why, size, "must not be empty");
	return *value;
}

/* ---- the tables --------------------------------------------------------------------- */

/* The order is that of enum profile_grant, enum profile_auth and so on. */
static const char *const grants[] = {"client_credentials", "authorization_code", "device_code",
				     "token_exchange",	   "jwt_bearer",	 NULL};
static const char *const auths[] = {"client_secret_basic", "client_secret_post", "private_key_jwt", "none",
				    NULL};
static const char *const reuses[] = {"once", "until_expiry", NULL};
static const char *const presents[] = {"access_token", "id_token", NULL};

#define PLACE(place) .name = #place, .min = 1, .offset = offsetof(struct secret_source, place)

static const struct conf_setting places_of_secret[] = {
    {PLACE(file), .type = CONF_TEXT},
    {PLACE(credential), .type = CONF_TEXT, .check = has_no_slash},
    {PLACE(env), .type = CONF_TEXT},
    {PLACE(command), .type = CONF_TEXTS, .check = is_not_empty, .repeats = true},
    {0},
};

/* The source is the token's first member, so that its places are the token's. */
_Static_assert(offsetof(struct profile_token, source) == 0, "places are found by their offset in the source");
static const struct conf_setting places_of_token[] = {
    {PLACE(file), .type = CONF_TEXT},
    {PLACE(credential), .type = CONF_TEXT, .check = has_no_slash},
    {PLACE(env), .type = CONF_TEXT},
    {PLACE(command), .type = CONF_TEXTS, .check = is_not_empty, .repeats = true},
    {.name = "profile", .type = CONF_TEXT, .min = 1, .offset = offsetof(struct profile_token, profile)},
    {.name = "type", .type = CONF_TEXT, .min = 1, .offset = offsetof(struct profile_token, type)},
    {0},
};

static const char secret_hint[] = "it does not stand in this file, which names where it is: { file = \"…\"; "
				  "}, credential, env or command = [ … ]";
static const char token_hint[] =
    "it names where the token is: { file = \"…\"; }, credential, env, command = [ … ] or profile";

#define SETTING(setting, kind, member) \
	.name = setting, .type = kind, .offset = offsetof(struct profile, member)
#define TEXT(setting, member) SETTING(setting, CONF_TEXT, member), .min = 1
#define LIST(setting, member) \
	SETTING(setting, CONF_TEXTS, member), .min = 1, .check = is_not_empty, .repeats = true, \
					      .hint = "it is written [ \"…\", \"…\" ]"
#define WORD(setting, member, of) SETTING(setting, CONF_WORD, member), .words = of
#define SECRET(setting, member) \
	SETTING(setting, CONF_MEMBERS, member), .members = places_of_secret, .hint = secret_hint
#define TOKEN(setting, member) \
	SETTING(setting, CONF_MEMBERS, member), .members = places_of_token, .hint = token_hint

const struct profile_setting profile_settings[] = {
    {.conf = {LIST("hosts", hosts)}},
    {.conf = {LIST("audiences", audiences)}},
    {.conf = {TEXT("agent", agent), .check = is_agent}},
    {.conf = {TEXT("key", key.name)}, .flags = SETTING_PATH | SETTING_SIGNS},
    {.conf = {SECRET("passphrase", key.passphrase)}, .flags = SETTING_PATH},
    {.conf = {TEXT("passphrase_file",
		   key.passphrase.file)}}, /* a path: `passphrase` says so of this very member */
    {.conf = {TEXT("passphrase_env", key.passphrase.env)}},
    {.conf = {SETTING("ttl", CONF_NUMBER, ttl), .min = 1, .max = ASSERTION_TTL_MAX}},
    {.conf = {TEXT("scope", scope)}, .flags = SETTING_TOKEN | SETTING_SIGNS},
    {.conf = {TEXT("task", task)}, .flags = SETTING_SIGNS},
    {.conf = {TEXT("kid", kid)}, .flags = SETTING_SIGNS},
    {.conf = {TEXT("alg", alg_name), .check = is_algorithm}},
    {.conf = {SECRET("token", token)}, .flags = SETTING_PATH},
    {.conf = {TEXT("issuer", issuer)}, .flags = SETTING_TOKEN | SETTING_ASKS},
    {.conf = {TEXT("token_endpoint", token_endpoint)}, .flags = SETTING_TOKEN | SETTING_ASKS},
    {.conf = {TEXT("authorization_endpoint", authorization_endpoint)}, .flags = SETTING_ASKS},
    {.conf = {TEXT("device_authorization_endpoint", device_authorization_endpoint)}, .flags = SETTING_ASKS},
    {.conf = {TEXT("ca_file", ca_file)}, .flags = SETTING_PATH | SETTING_ASKS},
    {.conf = {TEXT("client_id", client_id)}, .flags = SETTING_TOKEN | SETTING_ASKS},
    {.conf = {WORD("client_auth", client_auth, auths)}, .flags = SETTING_ASKS},
    {.conf = {SECRET("client_secret", client_secret)}, .flags = SETTING_PATH | SETTING_ASKS},
    {.conf = {TEXT("assertion_audience", assertion_audience)}, .flags = SETTING_ASKS},
    {.conf = {TEXT("assertion_typ", assertion_typ), .check = is_media_type}, .flags = SETTING_ASKS},
    {.conf = {TEXT("certificate", certificate)}, .flags = SETTING_PATH | SETTING_ASKS},
    {.conf = {WORD("grant", grant, grants)}, .flags = SETTING_TOKEN | SETTING_ASKS},
    {.conf = {TOKEN("subject_token", subject_token)}, .flags = SETTING_PATH | SETTING_TOKEN | SETTING_ASKS},
    {.conf = {TOKEN("actor_token", actor_token)}, .flags = SETTING_PATH | SETTING_TOKEN | SETTING_ASKS},
    {.conf = {TEXT("subject", subject)}, .flags = SETTING_TOKEN | SETTING_ASKS},
    {.conf = {TEXT("target_audience", target_audience)}, .flags = SETTING_TOKEN | SETTING_ASKS},
    {.conf = {TEXT("redirect_uri", redirect_uri)}, .flags = SETTING_ASKS},
    {.conf = {TEXT("prompt", prompt)}, .flags = SETTING_ASKS},
    {.conf = {TEXT("audience", audience)}, .flags = SETTING_TOKEN},
    {.conf = {LIST("resource", resource)}, .flags = SETTING_TOKEN | SETTING_ASKS},
    {.conf = {WORD("present", present, presents)}, .flags = SETTING_TOKEN},
    {.conf = {WORD("reuse", reuse, reuses)}},
    {.conf = {0}},
};

const struct profile profile_defaults = {.ttl = ASSERTION_TTL_DEFAULT, .client_auth = AUTH_UNSET};

const struct conf_setting *profile_settings_of_file(void)
{
	static struct conf_setting of_profile[N_SETTINGS];
	static const struct conf_setting of_file[] = {
	    {.name = "profiles",
	     .type = CONF_NAMED,
	     .members = of_profile,
	     .size = sizeof(struct profile),
	     .defaults = &profile_defaults},
	    {0},
	};

	for (size_t i = 0; i < N_SETTINGS; i++)
		of_profile[i] = profile_settings[i].conf;
	return of_file;
}

/* ---- what a profile has ------------------------------------------------------------- */

bool profile_setting_is_set(const struct profile *profile, const struct profile_setting *setting)
{
	const void *at = (const char *)profile + setting->conf.offset;
	const void *otherwise = (const char *)&profile_defaults + setting->conf.offset;

	switch (setting->conf.type) {
	case CONF_TEXT:
		return *(const char *const *)at != NULL;
	case CONF_TEXTS:
		return ((const struct aa_list *)at)->n > 0;
	case CONF_MEMBERS:
		return *(const bool *)at;
	case CONF_WORD:
		return *(const int *)at != *(const int *)otherwise;
	default:
		return *(const int64_t *)at != *(const int64_t *)otherwise;
	}
}

const char *profile_setting_among(const struct profile *profile, unsigned flags)
{
	for (const struct profile_setting *s = profile_settings; s->conf.name; s++)
		if (s->flags & flags && profile_setting_is_set(profile, s))
			return s->conf.name;
	return NULL;
}

const char *profile_grant_name(enum profile_grant grant)
{
	return grants[grant];
}

const char *profile_auth_name(enum profile_auth auth)
{
	return auths[auth == AUTH_UNSET ? AUTH_NONE : auth];
}
