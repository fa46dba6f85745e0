/* SPDX-License-Identifier: Apache-2.0 */
/* profile.c: reading the profiles. */
#include "config.h"

#include "tools/agentauth/local/profile.h"

#include <errno.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/text/name.h"
#include "tools/agentauth/local/key_source.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/profile_text.h"
#include "tools/cli/say.h"

#define CONFIG_MAX 65536

struct profiles {
	config_t config; /* owns the strings */
	char *path;
	struct profile *v;
	size_t n;
	char **made; /* paths that were relative */
	size_t n_made;
};

/* ---- one profile ---------------------------------------------------------- */

static bool wrong(const struct profiles *all, const config_setting_t *setting, const char *what)
{
	say("%s:%d: %s %s", all->path, (int)config_setting_source_line(setting), config_setting_name(setting),
	    what);
	return false;
}

static bool read_string(const struct profiles *all, const config_setting_t *setting, const char **ret)
{
	const char *value = config_setting_get_string(setting);

	if (!value || !*value)
		return wrong(all, setting, "must be a string in quotes that is not empty");
	*ret = value;
	return true;
}

static bool read_list(const struct profiles *all, const config_setting_t *setting, struct profile_list *ret)
{
	int n = config_setting_length(setting);

	if ((!config_setting_is_array(setting) && !config_setting_is_list(setting)) || n < 1)
		return wrong(all, setting, "must be a list of strings: [ \"…\", \"…\" ]");
	ret->v = calloc((size_t)n, sizeof(ret->v[0]));
	if (!ret->v)
		return wrong(all, setting, "is too long: memory is out");
	for (int i = 0; i < n; i++) {
		const char *value = config_setting_get_string_elem(setting, i);

		if (!value || !*value)
			return wrong(all, setting, "must hold strings in quotes only");
		ret->v[ret->n++] = value;
	}
	return true;
}

static bool read_ttl(const struct profiles *all, const config_setting_t *setting, int64_t *ret)
{
	int value = config_setting_get_int(setting);

	if (config_setting_type(setting) != CONFIG_TYPE_INT || value < 1 || value > ASSERTION_TTL_MAX)
		return wrong(all, setting, "must be a number of seconds between 1 and 3600");
	*ret = value;
	return true;
}

struct name {
	const char *name;
	int value;
};

static const struct name grants[] = {
    {"client_credentials", GRANT_CLIENT_CREDENTIALS},
    {"authorization_code", GRANT_AUTHORIZATION_CODE},
    {"device_code", GRANT_DEVICE_CODE},
    {"token_exchange", GRANT_TOKEN_EXCHANGE},
    {"jwt_bearer", GRANT_JWT_BEARER},
    {NULL, 0},
};
static const struct name auths[] = {
    {"client_secret_basic", AUTH_SECRET_BASIC},
    {"client_secret_post", AUTH_SECRET_POST},
    {"private_key_jwt", AUTH_PRIVATE_KEY_JWT},
    {"none", AUTH_NONE},
    {NULL, 0},
};
static const struct name reuses[] = {{"once", true}, {"until_expiry", false}, {NULL, 0}};
static const struct name presents[] = {{"access_token", false}, {"id_token", true}, {NULL, 0}};

static bool read_name(const struct profiles *all, const config_setting_t *setting, const struct name *names,
		      int *ret)
{
	const char *value = config_setting_get_string(setting);
	char what[256] = "must be one of";

	for (const struct name *n = names; n->name; n++) {
		if (value && strcmp(value, n->name) == 0) {
			*ret = n->value;
			return true;
		}
		(void)snprintf(what + strlen(what), sizeof(what) - strlen(what), "%s \"%s\"",
			       n == names ? "" : ",", n->name);
	}
	return wrong(all, setting, what);
}

static bool read_alg(const struct profiles *all, const config_setting_t *setting, struct profile *ret)
{
	const char *value = config_setting_get_string(setting);

	ret->alg = value ? aa_alg_from_name(value) : AA_ALG_INVALID;
	return ret->alg != AA_ALG_INVALID || wrong(all, setting, "is no algorithm: \"ES256\", \"RS256\", …");
}

/* { command = [ … ]; }, with a NULL behind for execvp(). */
static bool read_command(const struct profiles *all, const config_setting_t *setting, const char *const **ret)
{
	struct profile_list list = {0};
	const char **longer;

	if (!read_list(all, setting, &list)) {
		free(list.v);
		return false;
	}
	longer = realloc(list.v, (list.n + 1) * sizeof(list.v[0]));
	if (!longer) {
		free(list.v);
		return wrong(all, setting, "is too long: memory is out");
	}
	longer[list.n] = NULL;
	*ret = longer;
	return true;
}

/* `token` NULL: a secret, which is no other profile's token. */
static bool read_source(const struct profiles *all, const config_setting_t *group, struct secret_source *ret,
			struct profile_token *token)
{
	int n = 0;

	if (!config_setting_is_group(group))
		return wrong(all, group,
			     token ? "names where the token is: { file = \"…\"; }, credential, env, command "
				     "= [ … ] or profile"
				   : "does not stand in this file; it names where the secret is: { file = "
				     "\"…\"; }, credential, env or command = [ … ]");
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
		const struct {
			const char *name;
			const char **value;
		} places[] = {
		    {"file", &ret->file},
		    {"credential", &ret->credential},
		    {"env", &ret->env},
		    {"profile", token ? &token->profile : NULL},
		    {"type", token ? &token->type : NULL},
		};
		const char *name = config_setting_name(s), **place = NULL;
		bool is_command = strcmp(name, "command") == 0;

		for (size_t k = 0; k < sizeof(places) / sizeof(places[0]); k++)
			if (strcmp(name, places[k].name) == 0)
				place = places[k].value;
		if (!is_command && !place)
			return wrong(all, s, "is no place for it: file, credential, env or command");
		if (is_command ? !read_command(all, s, &ret->command) : !read_string(all, s, place))
			return false;
		n += strcmp(name, "type") != 0;
	}
	if (ret->credential && strchr(ret->credential, '/'))
		return wrong(all, group, "names a credential with a slash in it");
	return n == 1 || wrong(all, group, "must name one place: file, credential, env or command");
}

static bool read_strings(const struct profiles *all, const config_setting_t *setting, struct profile *ret,
			 bool *ret_known)
{
	const struct {
		const char *name;
		const char **value;
	} strings[] = {
	    {"agent", &ret->agent},
	    {"key", &ret->key},
	    {"scope", &ret->scope},
	    {"task", &ret->task},
	    {"kid", &ret->kid},
	    {"passphrase_file", &ret->passphrase.file},
	    {"passphrase_env", &ret->passphrase.env},
	    {"issuer", &ret->issuer},
	    {"ca_file", &ret->ca_file},
	    {"client_id", &ret->client_id},
	    {"audience", &ret->audience},
	    {"assertion_audience", &ret->assertion_audience},
	    {"assertion_typ", &ret->assertion_typ},
	    {"certificate", &ret->certificate},
	    {"subject", &ret->subject},
	    {"target_audience", &ret->target_audience},
	    {"token_endpoint", &ret->token_endpoint},
	    {"authorization_endpoint", &ret->authorization_endpoint},
	    {"device_authorization_endpoint", &ret->device_authorization_endpoint},
	    {"redirect_uri", &ret->redirect_uri},
	    {"prompt", &ret->prompt},
	};
	const char *name = config_setting_name(setting);

	*ret_known = true;
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		if (strcmp(name, strings[i].name) == 0)
			return read_string(all, setting, strings[i].value);
	*ret_known = false;
	return true;
}

static bool read_choice(const struct profiles *all, const config_setting_t *setting, struct profile *ret,
			bool *ret_known)
{
	const char *name = config_setting_name(setting);
	int value = 0;

	*ret_known = true;
	if (strcmp(name, "grant") == 0) {
		if (!read_name(all, setting, grants, &value))
			return false;
		ret->grant = (enum profile_grant)value;
	} else if (strcmp(name, "client_auth") == 0) {
		if (!read_name(all, setting, auths, &value))
			return false;
		ret->client_auth = (enum profile_auth)value;
	} else if (strcmp(name, "reuse") == 0) {
		if (!read_name(all, setting, reuses, &value))
			return false;
		ret->once = value;
	} else if (strcmp(name, "present") == 0) {
		if (!read_name(all, setting, presents, &value))
			return false;
		ret->id_token = value;
	} else {
		*ret_known = false;
	}
	return true;
}

static bool read_setting(const struct profiles *all, const config_setting_t *setting, struct profile *ret)
{
	const char *name = config_setting_name(setting);
	bool known;

	if (!read_strings(all, setting, ret, &known))
		return false;
	if (known)
		return true;
	if (!read_choice(all, setting, ret, &known))
		return false;
	if (known)
		return true;
	if (strcmp(name, "hosts") == 0)
		return read_list(all, setting, &ret->hosts);
	if (strcmp(name, "audiences") == 0)
		return read_list(all, setting, &ret->audiences);
	if (strcmp(name, "resource") == 0)
		return read_list(all, setting, &ret->resource);
	if (strcmp(name, "ttl") == 0)
		return read_ttl(all, setting, &ret->ttl);
	if (strcmp(name, "alg") == 0)
		return read_alg(all, setting, ret);
	if (strcmp(name, "client_secret") == 0)
		return read_source(all, setting, &ret->client_secret, NULL);
	if (strcmp(name, "passphrase") == 0)
		return read_source(all, setting, &ret->passphrase, NULL);
	if (strcmp(name, "subject_token") == 0)
		return read_source(all, setting, &ret->subject_token.source, &ret->subject_token);
	if (strcmp(name, "token") == 0)
		return read_source(all, setting, &ret->token, NULL);
	if (strcmp(name, "actor_token") == 0)
		return read_source(all, setting, &ret->actor_token.source, &ret->actor_token);
	return wrong(all, setting, "is no setting of a profile; agentauth(1) lists them under PROFILES");
}

/* ---- what goes together --------------------------------------------------- */

static bool names_token(const struct profile_token *token)
{
	return secret_is_named(&token->source) || token->profile;
}

static bool has_assertion_settings(const struct profile *p)
{
	return p->assertion_audience || p->assertion_typ || p->certificate;
}

/* Of what is signed for the provider: to prove which client asks, or as the grant itself. */
static const char *wrong_assertion_settings(const struct profile *p)
{
	static const char media_type[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
					 "!#$&^_.+-/"; /* RFC 6838 section 4.2, and the slash */

	if (has_assertion_settings(p) && p->client_auth != AUTH_PRIVATE_KEY_JWT &&
	    p->grant != GRANT_JWT_BEARER)
		return "has assertion_audience, assertion_typ or certificate, which go with client_auth = "
		       "\"private_key_jwt\" or grant = \"jwt_bearer\"";
	if (p->assertion_audience && strcmp(p->assertion_audience, PROFILE_AUDIENCE_ISSUER) == 0 &&
	    !p->issuer)
		return "has assertion_audience = \"" PROFILE_AUDIENCE_ISSUER "\", but no issuer";
	if (p->assertion_typ && p->assertion_typ[strspn(p->assertion_typ, media_type)])
		return "has an assertion_typ that is no type: \"JWT\", \"client-authentication+jwt\", …";
	return NULL;
}

static const char *wrong_token_settings(const struct profile *p)
{
	bool secret = p->client_auth == AUTH_SECRET_BASIC || p->client_auth == AUTH_SECRET_POST;

	if (!p->client_id)
		return "needs client_id, the name by which the provider knows the agent";
	if (secret && !secret_is_named(&p->client_secret))
		return "needs client_secret = { file = \"…\"; }, or another client_auth";
	if (!secret && secret_is_named(&p->client_secret))
		return "has a client_secret that its client_auth does not use";
	if (p->grant == GRANT_CLIENT_CREDENTIALS && p->client_auth == AUTH_NONE)
		return "needs client_secret or key: client credentials are asked for with one";
	if (p->grant == GRANT_TOKEN_EXCHANGE && !names_token(&p->subject_token))
		return "needs subject_token, the token to be exchanged";
	if (p->grant != GRANT_TOKEN_EXCHANGE &&
	    (names_token(&p->subject_token) || names_token(&p->actor_token)))
		return "has subject_token or actor_token, which go with grant = \"token_exchange\"";
	if (p->grant != GRANT_JWT_BEARER && (p->target_audience || p->subject))
		return "has subject or target_audience, which go with grant = \"jwt_bearer\"";
	return wrong_assertion_settings(p);
}

/* The provider's token is there already: nothing is asked of the provider. `audience` is what it must be for. */
static const char *wrong_ready_token(const struct profile *p)
{
	if (p->issuer || p->token_endpoint || p->client_id || secret_is_named(&p->client_secret) ||
	    p->resource.n || p->grant != GRANT_CLIENT_CREDENTIALS || p->client_auth != AUTH_UNSET ||
	    p->ca_file || has_assertion_settings(p))
		return "has a token that is ready, and settings of how one is asked for: one of the two";
	if (p->key || p->kid || p->scope || p->task)
		return "has a token that is ready, and settings of what would be signed: one of the two";
	return NULL;
}

static const char *wrong_without_issuer(const struct profile *p)
{
	if (p->client_id || secret_is_named(&p->client_secret) || p->audience || p->resource.n ||
	    p->grant != GRANT_CLIENT_CREDENTIALS || p->client_auth != AUTH_UNSET || p->ca_file ||
	    has_assertion_settings(p))
		return "has settings of a provider's token, but no issuer";
	if (!p->hosts.n)
		return "has no hosts, so it would answer nobody";
	return NULL;
}

/* Whether the audience is ssh://HOST or ssh://HOST:PORT of this host (RFC 3986: an IPv6 address in brackets). */
static bool audience_names(const char *audience, const char *host)
{
	size_t len = strlen(host);
	const char *p = audience;
	bool bracket;

	if (strncasecmp(p, "ssh://", 6) != 0)
		return false;
	p += 6;
	bracket = *p == '[';
	p += bracket;
	if (strncasecmp(p, host, len) != 0)
		return false;
	p += len;
	if (bracket && *p++ != ']')
		return false;
	return !*p || *p == ':';
}

static bool is_for_one_of_each(const struct profile *p)
{
	return p->hosts.n <= 1 || p->audiences.n <= 1;
}

/* With several of both, each audience must name one of the hosts, and each host must be named. */
static bool audiences_are_told_apart(const struct profile *p)
{
	bool told = true;

	if (is_for_one_of_each(p))
		return true;
	for (size_t h = 0; h < p->hosts.n; h++) {
		bool named = false;

		for (size_t a = 0; a < p->audiences.n; a++)
			named |= audience_names(p->audiences.v[a], p->hosts.v[h]);
		told &= named;
	}
	for (size_t a = 0; a < p->audiences.n; a++) {
		bool names = false;

		for (size_t h = 0; h < p->hosts.n; h++)
			names |= audience_names(p->audiences.v[a], p->hosts.v[h]);
		told &= names;
	}
	return told;
}

static const char *wrong_hosts(const struct profile *p)
{
	if (!p->hosts.n && !p->audiences.n && !p->agent)
		return NULL;
	if (!p->hosts.n)
		return "has no hosts, so it would answer nobody";
	if (!p->audiences.n)
		return "has no audiences, so it would answer nobody: audiences = [ \"ssh://HOST\" ]; has "
		       "what the host asks for";
	if (!p->agent || !aa_agent_name_is_valid(p->agent))
		return "needs agent = \"NAME\", the name of an agent's account";
	if (!audiences_are_told_apart(p))
		return "has several hosts and several audiences, and does not say which host may ask for "
		       "which: one could then ask for what is another's. Write a profile for each host, or "
		       "audiences that name one of the hosts each: ssh://HOST";
	return NULL;
}

static enum profile_auth default_auth(const struct profile *p)
{
	if (secret_is_named(&p->client_secret))
		return AUTH_SECRET_BASIC;
	return p->key && p->grant != GRANT_JWT_BEARER ? AUTH_PRIVATE_KEY_JWT : AUTH_NONE;
}

static bool read_profile(const struct profiles *all, const config_setting_t *group, struct profile *ret)
{
	const char *what;

	ret->name = config_setting_name(group);
	ret->ttl = ASSERTION_TTL_DEFAULT;
	ret->once = true;
	if (!config_setting_is_group(group))
		return wrong(all, group, "must be a profile: { hosts = …; audiences = …; agent = …; }");
	for (int i = 0; i < config_setting_length(group); i++)
		if (!read_setting(all, config_setting_get_elem(group, (unsigned)i), ret))
			return false;
	if (!ret->passphrase.file + !ret->passphrase.env + !ret->passphrase.credential +
		!ret->passphrase.command <
	    3)
		return wrong(all, group, "names several places of the passphrase: one of them is enough");
	if (secret_is_named(&ret->passphrase) && ret->key && key_is_in_agent(ret->key))
		return wrong(all, group,
			     "has a passphrase, which an ssh-agent does not ask for: take it out");
	if (profile_has_ready_token(ret)) {
		what = wrong_ready_token(ret);
	} else if (profile_uses_token(ret)) {
		if (ret->client_auth == AUTH_UNSET)
			ret->client_auth = default_auth(ret);
		ret->id_token |= ret->target_audience != NULL;
		what = wrong_token_settings(ret);
	} else {
		what = wrong_without_issuer(ret);
	}
	if (!what)
		what = wrong_hosts(ret);
	return !what || wrong(all, group, what);
}

/* ---- paths ---------------------------------------------------------------- */

/* A relative path is relative to the file that it stands in. `path` is in *value, behind what is no part of it, or NULL. */
static bool make_absolute(struct profiles *all, const char **value, const char *path)
{
	const char *slash = strrchr(all->path, '/');
	char **longer, *made;

	if (!path || !*path || *path == '/' || strncmp(path, "~/", 2) == 0 || !slash)
		return true;
	longer = realloc(all->made, (all->n_made + 1) * sizeof(all->made[0]));
	if (!longer)
		return false;
	all->made = longer;
	if (asprintf(&made, "%.*s%.*s/%s", (int)(path - *value), *value, (int)(slash - all->path), all->path,
		     path) < 0)
		return false;
	all->made[all->n_made++] = made;
	*value = made;
	return true;
}

static bool make_paths_absolute(struct profiles *all, struct profile *p)
{
	const char **const paths[] = {&p->certificate,
				      &p->ca_file,
				      &p->passphrase.file,
				      &p->client_secret.file,
				      &p->token.file,
				      &p->subject_token.source.file,
				      &p->actor_token.source.file};
	bool made = make_absolute(all, &p->key, p->key ? key_path_in(p->key) : NULL);

	for (size_t i = 0; made && i < sizeof(paths) / sizeof(paths[0]); i++)
		made = make_absolute(all, paths[i], *paths[i]);
	if (!made)
		say("memory is out");
	return made;
}

/* ---- the file ------------------------------------------------------------- */

static bool read_profiles(struct profiles *all)
{
	const config_setting_t *root = config_root_setting(&all->config), *group = NULL;

	for (int i = 0; i < config_setting_length(root); i++) {
		const config_setting_t *setting = config_setting_get_elem(root, (unsigned)i);

		if (strcmp(config_setting_name(setting), "profiles") != 0)
			return wrong(all, setting, "is no setting of this file; profiles = { … }; is");
		if (!config_setting_is_group(setting))
			return wrong(all, setting, "must be a group: { NAME = { … }; }");
		group = setting;
	}
	if (!group || config_setting_length(group) == 0)
		return true;
	all->v = calloc((size_t)config_setting_length(group), sizeof(all->v[0]));
	if (!all->v)
		return wrong(all, group, "is too long: memory is out");
	for (int i = 0; i < config_setting_length(group); i++) {
		all->n++;
		if (!read_profile(all, config_setting_get_elem(group, (unsigned)i), &all->v[i]) ||
		    !make_paths_absolute(all, &all->v[i]))
			return false;
	}
	return true;
}

struct profiles *profiles_parse(const char *text, const char *path)
{
	struct profiles *all;

	if (!profile_text_is_safe(text, path))
		return NULL;
	all = calloc(1, sizeof(*all));
	if (!all)
		return NULL;
	config_init(&all->config);
	all->path = strdup(path);
	if (all->path && config_read_string(&all->config, text) != CONFIG_TRUE)
		say("%s:%d: %s. The text is libconfig's, and neither TOML nor YAML nor JSON: profiles = { "
		    "NAME = { hosts = [ "
		    "\"HOST\" ]; … }; }; (see agentauth(1), PROFILES). To begin anew: mv '%s' '%s.old', then "
		    "agentauth "
		    "profile add NAME@HOST",
		    path, config_error_line(&all->config), config_error_text(&all->config), path, path);
	else if (all->path && read_profiles(all))
		return all;
	profiles_free(all);
	return NULL;
}

static struct profiles *load_from(const char *path)
{
	struct profiles *all = NULL;
	char *text = NULL;
	size_t len;

	if (own_read_config(path, CONFIG_MAX, &text, &len) < 0) {
		if (errno == ENOENT)
			say("profiles say which host may have which credential; this writes one: agentauth "
			    "profile add NAME@HOST");
		return NULL;
	}
	if (strlen(text) != len)
		say("%s has a zero byte in it", path);
	else
		all = profiles_parse(text, path);
	if (all && all->n == 0) {
		say("%s has no profile in it. This writes one: agentauth profile add NAME@HOST", path);
		profiles_free(all);
		all = NULL;
	}
	free(text);
	return all;
}

char *profiles_file(const char *path)
{
	const char *variable = getenv("AGENTAUTH_CONFIG");

	if (!path && variable && *variable)
		path = variable;
	return path ? strdup(path) : own_config_path("config");
}

struct profiles *profiles_load(const char *path)
{
	char *file = profiles_file(path);
	struct profiles *all = file ? load_from(file) : NULL;

	free(file);
	return all;
}

static void free_command(struct secret_source *source)
{
	free((void *)(uintptr_t)source->command);
}

void profiles_free(struct profiles *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->n; i++) {
		free(all->v[i].hosts.v);
		free(all->v[i].audiences.v);
		free(all->v[i].resource.v);
		free_command(&all->v[i].client_secret);
		free_command(&all->v[i].token);
		free_command(&all->v[i].passphrase);
		free_command(&all->v[i].subject_token.source);
		free_command(&all->v[i].actor_token.source);
	}
	for (size_t i = 0; i < all->n_made; i++)
		free(all->made[i]);
	free(all->made);
	free(all->v);
	free(all->path);
	config_destroy(&all->config);
	free(all);
}

size_t profiles_count(const struct profiles *all)
{
	return all->n;
}

const struct profile *profiles_at(const struct profiles *all, size_t i)
{
	return &all->v[i];
}

const char *profiles_path(const struct profiles *all)
{
	return all->path;
}

const struct profile *profiles_find(const struct profiles *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].name, name) == 0)
			return &all->v[i];
	say("there is no profile \"%s\" in %s; agentauth profile list shows those that there are", name,
	    all->path);
	return NULL;
}

bool profile_uses_token(const struct profile *profile)
{
	return profile->issuer || profile->token_endpoint || profile_has_ready_token(profile);
}

bool profile_has_ready_token(const struct profile *profile)
{
	return secret_is_named(&profile->token);
}

bool profile_resource_is_asked(const struct profile *profile)
{
	return profile->resource.n == 1 && strcmp(profile->resource.v[0], PROFILE_RESOURCE_ASKED) == 0;
}

bool profile_needs_person(const struct profile *profile)
{
	return profile->grant == GRANT_AUTHORIZATION_CODE || profile->grant == GRANT_DEVICE_CODE;
}

const char *profile_grant_name(enum profile_grant grant)
{
	return grants[grant].name;
}

const char *profile_auth_name(const struct profile *profile)
{
	const struct name *n = auths;

	while (n->name && n->value != (int)profile->client_auth)
		n++;
	return n->name ? n->name : "none";
}

bool profile_has_host(const struct profile *profile, const char *host)
{
	for (size_t i = 0; i < profile->hosts.n; i++)
		if (strcasecmp(profile->hosts.v[i], host) == 0)
			return true;
	return false;
}

bool profile_may_have(const struct profile *profile, const char *host, const char *audience)
{
	if (!profile_has_host(profile, host))
		return false;
	for (size_t i = 0; i < profile->audiences.n; i++)
		if (strcmp(profile->audiences.v[i], audience) == 0)
			return is_for_one_of_each(profile) || audience_names(audience, host);
	return false;
}
