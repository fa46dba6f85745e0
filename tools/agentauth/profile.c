/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the profiles. libconfig 1.5 opens whatever @include names and reads numbers past 31 bits as other
 * numbers, so both are refused before it sees the text. */
#include "config.h"

#include "profile.h"

#include <errno.h>
#include <libconfig.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "assertion.h"
#include "own_files.h"
#include "say.h"

#define CONFIG_MAX 65536
#define DIGITS_MAX 9

struct profiles {
	config_t config; /* owns the strings */
	char *path;
	struct profile *v;
	size_t n;
};

/* ---- before libconfig ----------------------------------------------------- */

/* Behind a string or comment that begins at p, or p itself where none does. */
static const char *skip_quoted(const char *p)
{
	const char *end;

	if (*p == '"') {
		for (p++; *p && *p != '"'; p++)
			if (*p == '\\' && p[1])
				p++;
		return *p ? p + 1 : p;
	}
	if (*p == '#' || (p[0] == '/' && p[1] == '/'))
		return p + strcspn(p, "\n");
	if (p[0] == '/' && p[1] == '*') {
		end = strstr(p + 2, "*/");
		return end ? end + 2 : p + strlen(p);
	}
	return p;
}

static bool text_is_safe(const char *text, const char *path)
{
	const char *p = text;

	while (*p) {
		const char *next = skip_quoted(p);

		if (next != p) {
			p = next;
		} else if (*p == '@') {
			say("%s: @include is not allowed here", path);
			return false;
		} else if (strspn(p, "0123456789abcdefxABCDEFX") > DIGITS_MAX && *p >= '0' && *p <= '9') {
			say("%s: a number is too large", path);
			return false;
		} else {
			/* a word or number is stepped over whole */
			next =
			    p + strspn(p, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
			p = next == p ? p + 1 : next;
		}
	}
	return true;
}

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

static bool read_setting(const struct profiles *all, const config_setting_t *setting, struct profile *ret)
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
	    {"passphrase_file", &ret->passphrase_file},
	    {"passphrase_env", &ret->passphrase_env},
	};
	const char *name = config_setting_name(setting);

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		if (strcmp(name, strings[i].name) == 0)
			return read_string(all, setting, strings[i].value);
	if (strcmp(name, "hosts") == 0)
		return read_list(all, setting, &ret->hosts);
	if (strcmp(name, "audiences") == 0)
		return read_list(all, setting, &ret->audiences);
	if (strcmp(name, "ttl") == 0)
		return read_ttl(all, setting, &ret->ttl);
	return wrong(all, setting, "is no setting of a profile");
}

static bool read_profile(const struct profiles *all, const config_setting_t *group, struct profile *ret)
{
	ret->name = config_setting_name(group);
	ret->ttl = ASSERTION_TTL_DEFAULT;
	if (!config_setting_is_group(group))
		return wrong(all, group, "must be a profile: { hosts = …; audiences = …; agent = …; }");
	for (int i = 0; i < config_setting_length(group); i++)
		if (!read_setting(all, config_setting_get_elem(group, (unsigned)i), ret))
			return false;
	if (!ret->hosts.n)
		return wrong(all, group, "has no hosts, so it would answer nobody");
	if (!ret->audiences.n)
		return wrong(all, group, "has no audiences, so it would answer nobody");
	if (!ret->agent || !agent_name_is_valid(ret->agent))
		return wrong(all, group, "needs agent = \"NAME\", the name of an agent's account");
	if (ret->passphrase_file && ret->passphrase_env)
		return wrong(all, group,
			     "has both passphrase_file and passphrase_env: one of them is enough");
	return true;
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
	if (!group || config_setting_length(group) == 0) {
		say("%s has no profile in it", all->path);
		return false;
	}
	all->v = calloc((size_t)config_setting_length(group), sizeof(all->v[0]));
	if (!all->v)
		return wrong(all, group, "is too long: memory is out");
	for (int i = 0; i < config_setting_length(group); i++) {
		all->n++;
		if (!read_profile(all, config_setting_get_elem(group, (unsigned)i), &all->v[i]))
			return false;
	}
	return true;
}

struct profiles *profiles_parse(const char *text, const char *path)
{
	struct profiles *all;

	if (!text_is_safe(text, path))
		return NULL;
	all = calloc(1, sizeof(*all));
	if (!all)
		return NULL;
	config_init(&all->config);
	all->path = strdup(path);
	if (all->path && config_read_string(&all->config, text) != CONFIG_TRUE)
		say("%s:%d: %s", path, config_error_line(&all->config), config_error_text(&all->config));
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
			say("profiles say which host may have which credential; agentauth(1) shows how one "
			    "is written");
		return NULL;
	}
	if (strlen(text) != len)
		say("%s has a zero byte in it", path);
	else
		all = profiles_parse(text, path);
	free(text);
	return all;
}

struct profiles *profiles_load(const char *path)
{
	const char *variable = getenv("AGENTAUTH_CONFIG");
	struct profiles *all;
	char *own = NULL;

	if (!path && variable && *variable)
		path = variable;
	if (!path)
		path = own = own_config_path("config");
	all = path ? load_from(path) : NULL;
	free(own);
	return all;
}

void profiles_free(struct profiles *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->n; i++) {
		free(all->v[i].hosts.v);
		free(all->v[i].audiences.v);
	}
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

bool profile_has_host(const struct profile *profile, const char *host)
{
	for (size_t i = 0; i < profile->hosts.n; i++)
		if (strcasecmp(profile->hosts.v[i], host) == 0)
			return true;
	return false;
}

bool profile_has_audience(const struct profile *profile, const char *audience)
{
	for (size_t i = 0; i < profile->audiences.n; i++)
		if (strcmp(profile->audiences.v[i], audience) == 0)
			return true;
	return false;
}
