/* SPDX-License-Identifier: Apache-2.0 */
/* profiles.c: reads the profiles against the table of their settings. */
#include "config.h"

#include "tools/agentauth/local/profiles.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/profile_rules.h"
#include "tools/agentauth/local/profile_setting.h"
#include "tools/cli/alloc.h"
#include "tools/cli/say.h"
#include "tools/conf/conf_read.h"

struct profiles {
	struct conf_file file; /* owns the strings */
	struct arena arena;    /* owns the lists, and the paths that were relative */
	struct {
		size_t n;
		struct profile *v;
	} all;
};

/* ---- paths ---------------------------------------------------------------- */

/* Makes a relative path relative to the folder of the profiles' file. `path` is the part of *value that is the path; NULL
 * means that there is none. */
static void make_absolute(struct profiles *all, const char **value, const char *path)
{
	const char *file = all->file.text.path, *slash = strrchr(file, '/');
	char *made;

	if (!path || *path == '/' || strncmp(path, "~/", 2) == 0 || !slash)
		return;
	made = xasprintf("%.*s%.*s/%s", (int)(path - *value), *value, (int)(slash - file), file, path);
	*value = arena_strdup(&all->arena, made);
	free(made);
}

static void make_paths_absolute(struct profiles *all, struct profile *p)
{
	for (const struct profile_setting *s = profile_settings; s->conf.name; s++) {
		void *at = (char *)p + s->conf.offset;
		const char **path = at;

		if (!(s->flags & SETTING_PATH))
			continue;
		if (s->conf.type == CONF_MEMBERS)
			path = &((struct secret_source *)at)->file;
		if (*path)
			make_absolute(all, path, path == &p->key.name ? key_path_in(*path) : *path);
	}
}

/* ---- the text ------------------------------------------------------------- */

static void say_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems->n; i++) {
		const struct problem *one = &problems->v[i];

		say("%s:%u:%u: %s%s%s", one->file, one->line, one->column, one->setting ? one->setting : "",
		    one->setting ? ": " : "", one->what);
	}
}

static void say_form(const char *path)
{
	say("the text is libconfig's, and neither TOML nor YAML nor JSON: profiles = { NAME = { hosts = [ "
	    "\"HOST\" ]; … }; }; (see agentauth(1), PROFILES). To begin anew: mv '%s' '%s.old', then "
	    "agentauth profile add NAME@HOST",
	    path, path);
}

struct profiles *profiles_parse(const char *text, const char *path)
{
	struct profiles *all = xcalloc(1, sizeof(*all));
	struct problems problems = {0};

	conf_text_set(&all->file.text, path, text, strlen(text));
	if (conf_read(&all->file, profile_settings_of_file(), &all->all, &all->arena, &problems) == 0)
		for (size_t i = 0; i < all->all.n; i++) {
			profile_rules_apply(&all->file, &all->all.v[i], &problems);
			make_paths_absolute(all, &all->all.v[i]);
		}
	say_problems(&problems);
	if (problems.errors && !all->file.has_config)
		say_form(path);
	if (problems.errors) {
		profiles_free(all);
		all = NULL;
	}
	problems_free(&problems);
	return all;
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
	if (all && all->all.n == 0) {
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
	return path ? xstrdup(path) : own_config_path("config");
}

struct profiles *profiles_load(const char *path)
{
	char *file = profiles_file(path);
	struct profiles *all = file ? load_from(file) : NULL;

	free(file);
	return all;
}

void profiles_free(struct profiles *all)
{
	if (!all)
		return;
	conf_file_free(&all->file);
	arena_free(&all->arena);
	free(all);
}

size_t profiles_count(const struct profiles *all)
{
	return all->all.n;
}

const struct profile *profiles_at(const struct profiles *all, size_t i)
{
	return &all->all.v[i];
}

const char *profiles_path(const struct profiles *all)
{
	return all->file.text.path;
}

const struct profile *profiles_find(const struct profiles *all, const char *name)
{
	for (size_t i = 0; i < all->all.n; i++)
		if (strcmp(all->all.v[i].name, name) == 0)
			return &all->all.v[i];
	say("there is no profile \"%s\" in %s; agentauth profile list shows those that there are", name,
	    all->file.text.path);
	return NULL;
}
