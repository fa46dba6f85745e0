/* SPDX-License-Identifier: Apache-2.0 */
/* import_tree.c reads agents from a directory as export makes it. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/agentauthctl/import/import_internal.h"
#include "tools/agentauthctl/import/import_text.h"
#include "tools/agentauthctl/model/model.h"
#include "tools/agentauthctl/model/settings.h"
#include "tools/agentauthctl/publish/agent_names.h"

void import_conf_position(const struct conf_file *file, const char *setting, struct position *ret,
			  bool *ret_given)
{
	int64_t n = conf_tree_find(&file->tree, &file->text, setting);

	ret->file = file->text.path;
	*ret_given = n > 0;
	conf_text_position(&file->text, n > 0 ? file->tree.v[n].start : 0, &ret->line, &ret->column);
}

/* read_file() returns 0, a negative errno, or -1 where the failure was reported. Values that are wrong are told where the
 * text is published. */
static int read_file(struct import *import, int dirfd, const char *dir, const char *name, uid_t owner,
		     const struct conf_setting *table, void *into, struct conf_file *ret)
{
	int r = conf_text_read(dirfd, dir, name, owner, import->problems, &ret->text);
	struct problems found = {0};
	struct arena arena = {0};

	if (r < 0)
		return r;
	(void)conf_read(ret, table, into, &arena, &found);
	if (!ret->has_config)
		problems_move(import->problems, &found);
	problems_free(&found);
	arena_free(&arena);
	return ret->has_config ? 0 : -1;
}

static void read_agent(struct import *import, int dirfd, const char *dir, const char *name, uid_t owner)
{
	char *base = xasprintf("%s" AGENT_SUFFIX, name);
	struct conf_file *file = xcalloc(1, sizeof(*file));
	struct import_agent *agent;
	struct aa_agent ignored = {0};

	if (read_file(import, dirfd, dir, base, owner, agent_settings, &ignored, file) < 0) {
		conf_file_free(file);
		free(file);
	} else {
		agent = import_add(import);
		agent->file = file;
		json_decref(agent->settings);
		agent->settings = export_group(config_root_setting(&file->config));
		json_object_set_new(import->of_main, name, json_null()); /* keeps the name */
		agent->name = json_object_iter_key(json_object_iter_at(import->of_main, name));
	}
	free(base);
}

static void read_agents(struct import *import, const char *dir, uid_t owner)
{
	char *agents = xasprintf("%s/" AGENTS_DIR, dir);
	struct agent_names names = {0};
	int fd = -1;

	if (conf_dir_open(agents, owner, import->problems, &fd) == 0 &&
	    agent_names_read(&names, fd, agents, import->problems) == 0)
		for (size_t i = 0; i < names.n; i++) {
			read_agent(import, fd, agents, names.v[i], owner);
			progress_show(&import->progress, i + 1, names.n);
		}
	if (fd >= 0)
		close(fd);
	agent_names_free(&names);
	free(agents);
}

static const json_t *keep_groups(struct import *import, const char *path)
{
	const config_setting_t *groups = config_lookup(&import->main.config, path);

	if (!groups || !config_setting_is_group(groups))
		return NULL;
	json_object_set_new(import->of_main, path, export_group(groups));
	return json_object_get(import->of_main, path);
}

static void read_main(struct import *import, int dirfd, const char *dir, uid_t owner)
{
	struct model ignored = {0};

	if (read_file(import, dirfd, dir, CONF_FILE, owner, main_settings, &ignored, &import->main) < 0)
		return;
	import->roles = keep_groups(import, "roles");
	import->issuers = keep_groups(import, "issuers");
}

void import_read_tree(struct import *import, const char *dir, uid_t owner)
{
	struct ids ids = {0};
	int fd = -1;

	if (conf_dir_open(dir, owner, import->problems, &fd) < 0)
		return;
	import->of_main = json_object();
	read_agents(import, dir, owner);
	read_main(import, fd, dir, owner);
	if (ids_read(&ids, fd, dir, owner, import->problems) == 0) {
		import->ids = ids.v;
		import->n_ids = ids.n;
		ids.v = NULL;
	}
	ids_free(&ids);
	close(fd);
}

void import_tree_free(struct import *import)
{
	for (size_t i = 0; i < import->n; i++)
		if (import->v[i].file) {
			conf_file_free(import->v[i].file);
			free(import->v[i].file);
		}
	conf_file_free(&import->main);
	json_decref(import->of_main);
}
