/* SPDX-License-Identifier: Apache-2.0 */
/* profile_setting.c: one setting of a profile, see profile_setting.h. */
#include "config.h"

#include "tools/agentauth/local/profile_setting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/say.h"

bool profile_wrong(const char *path, const config_setting_t *setting, const char *what)
{
	say("%s:%d: %s %s", path, (int)config_setting_source_line(setting), config_setting_name(setting),
	    what);
	return false;
}

static bool read_string(const char *path, const config_setting_t *setting, const char **ret)
{
	const char *value = config_setting_get_string(setting);

	if (!value || !*value)
		return profile_wrong(path, setting, "must be a string in quotes that is not empty");
	*ret = value;
	return true;
}

static bool read_list(const char *path, const config_setting_t *setting, struct profile_list *ret)
{
	int n = config_setting_length(setting);

	if ((!config_setting_is_array(setting) && !config_setting_is_list(setting)) || n < 1)
		return profile_wrong(path, setting, "must be a list of strings: [ \"…\", \"…\" ]");
	ret->v = calloc((size_t)n, sizeof(ret->v[0]));
	if (!ret->v)
		return profile_wrong(path, setting, "is too long: memory is out");
	for (int i = 0; i < n; i++) {
		const char *value = config_setting_get_string_elem(setting, i);

		if (!value || !*value)
			return profile_wrong(path, setting, "must hold strings in quotes only");
		ret->v[ret->n++] = value;
	}
	return true;
}

static bool read_ttl(const char *path, const config_setting_t *setting, int64_t *ret)
{
	int value = config_setting_get_int(setting);

	if (config_setting_type(setting) != CONFIG_TYPE_INT || value < 1 || value > ASSERTION_TTL_MAX)
		return profile_wrong(path, setting, "must be a number of seconds between 1 and 3600");
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

static bool read_name(const char *path, const config_setting_t *setting, const struct name *names, int *ret)
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
	return profile_wrong(path, setting, what);
}

static bool read_alg(const char *path, const config_setting_t *setting, struct profile *ret)
{
	const char *value = config_setting_get_string(setting);

	ret->alg = value ? aa_alg_from_name(value) : AA_ALG_INVALID;
	return ret->alg != AA_ALG_INVALID ||
	       profile_wrong(path, setting, "is no algorithm: \"ES256\", \"RS256\", …");
}

/* { command = [ … ]; }, with a NULL behind for execvp(). */
static bool read_command(const char *path, const config_setting_t *setting, const char *const **ret)
{
	struct profile_list list = {0};
	const char **longer;

	if (!read_list(path, setting, &list)) {
		free(list.v);
		return false;
	}
	longer = realloc(list.v, (list.n + 1) * sizeof(list.v[0]));
	if (!longer) {
		free(list.v);
		return profile_wrong(path, setting, "is too long: memory is out");
	}
	longer[list.n] = NULL;
	*ret = longer;
	return true;
}

/* `token` NULL: a secret, which is no other profile's token. */
static bool read_source(const char *path, const config_setting_t *group, struct secret_source *ret,
			struct profile_token *token)
{
	int n = 0;

	if (!config_setting_is_group(group))
		return profile_wrong(path, group,
				     token ? "names where the token is: { file = \"…\"; }, credential, env, "
					     "command = [ … ] or profile"
					   : "does not stand in this file; it names where the secret is: { "
					     "file = \"…\"; }, credential, env or command = [ … ]");
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
			return profile_wrong(path, s, "is no place for it: file, credential, env or command");
		if (is_command ? !read_command(path, s, &ret->command) : !read_string(path, s, place))
			return false;
		n += strcmp(name, "type") != 0;
	}
	if (ret->credential && strchr(ret->credential, '/'))
		return profile_wrong(path, group, "names a credential with a slash in it");
	return n == 1 || profile_wrong(path, group, "must name one place: file, credential, env or command");
}

static bool read_strings(const char *path, const config_setting_t *setting, struct profile *ret,
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
			return read_string(path, setting, strings[i].value);
	*ret_known = false;
	return true;
}

static bool read_choice(const char *path, const config_setting_t *setting, struct profile *ret,
			bool *ret_known)
{
	const char *name = config_setting_name(setting);
	int value = 0;

	*ret_known = true;
	if (strcmp(name, "grant") == 0) {
		if (!read_name(path, setting, grants, &value))
			return false;
		ret->grant = (enum profile_grant)value;
	} else if (strcmp(name, "client_auth") == 0) {
		if (!read_name(path, setting, auths, &value))
			return false;
		ret->client_auth = (enum profile_auth)value;
	} else if (strcmp(name, "reuse") == 0) {
		if (!read_name(path, setting, reuses, &value))
			return false;
		ret->once = value;
	} else if (strcmp(name, "present") == 0) {
		if (!read_name(path, setting, presents, &value))
			return false;
		ret->id_token = value;
	} else {
		*ret_known = false;
	}
	return true;
}

bool profile_setting_read(const char *path, const config_setting_t *setting, struct profile *ret)
{
	const char *name = config_setting_name(setting);
	bool known;

	if (!read_strings(path, setting, ret, &known))
		return false;
	if (known)
		return true;
	if (!read_choice(path, setting, ret, &known))
		return false;
	if (known)
		return true;
	if (strcmp(name, "hosts") == 0)
		return read_list(path, setting, &ret->hosts);
	if (strcmp(name, "audiences") == 0)
		return read_list(path, setting, &ret->audiences);
	if (strcmp(name, "resource") == 0)
		return read_list(path, setting, &ret->resource);
	if (strcmp(name, "ttl") == 0)
		return read_ttl(path, setting, &ret->ttl);
	if (strcmp(name, "alg") == 0)
		return read_alg(path, setting, ret);
	if (strcmp(name, "client_secret") == 0)
		return read_source(path, setting, &ret->client_secret, NULL);
	if (strcmp(name, "passphrase") == 0)
		return read_source(path, setting, &ret->passphrase, NULL);
	if (strcmp(name, "subject_token") == 0)
		return read_source(path, setting, &ret->subject_token.source, &ret->subject_token);
	if (strcmp(name, "token") == 0)
		return read_source(path, setting, &ret->token, NULL);
	if (strcmp(name, "actor_token") == 0)
		return read_source(path, setting, &ret->actor_token.source, &ret->actor_token);
	return profile_wrong(path, setting,
			     "is no setting of a profile; agentauth(1) lists them under PROFILES");
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
