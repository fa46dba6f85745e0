/* SPDX-License-Identifier: Apache-2.0 */
/* profile.c: reading the profiles. */
#include "config.h"

#include "tools/agentauth/local/profile.h"

#include <errno.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauth/local/key_source.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/profile_rules.h"
#include "tools/agentauth/local/profile_setting.h"
#include "tools/agentauth/local/profile_text.h"
#include "tools/cli/say.h"

struct profiles {
	config_t config; /* owns the strings */
	char *path;
	struct profile *v;
	size_t n;
	char **made; /* paths that were relative */
	size_t n_made;
};

/* ---- one profile ---------------------------------------------------------- */

static bool read_profile(const struct profiles *all, const config_setting_t *group, struct profile *ret)
{
	const char *what;

	ret->name = config_setting_name(group);
	ret->ttl = ASSERTION_TTL_DEFAULT;
	ret->once = true;
	if (!config_setting_is_group(group))
		return profile_wrong(all->path, group,
				     "must be a profile: { hosts = …; audiences = …; agent = …; }");
	for (int i = 0; i < config_setting_length(group); i++)
		if (!profile_setting_read(all->path, config_setting_get_elem(group, (unsigned)i), ret))
			return false;
	what = profile_rule_broken(ret);
	return !what || profile_wrong(all->path, group, what);
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
			return profile_wrong(all->path, setting,
					     "is no setting of this file; profiles = { … }; is");
		if (!config_setting_is_group(setting))
			return profile_wrong(all->path, setting, "must be a group: { NAME = { … }; }");
		group = setting;
	}
	if (!group || config_setting_length(group) == 0)
		return true;
	all->v = calloc((size_t)config_setting_length(group), sizeof(all->v[0]));
	if (!all->v)
		return profile_wrong(all->path, group, "is too long: memory is out");
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
		    "NAME = { hosts = [ \"HOST\" ]; … }; }; (see agentauth(1), PROFILES). To begin anew: mv "
		    "'%s' '%s.old', then agentauth profile add NAME@HOST",
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

	if (own_read_config(path, PROFILES_MAX, &text, &len) < 0) {
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
