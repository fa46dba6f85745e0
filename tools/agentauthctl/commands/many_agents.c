/* SPDX-License-Identifier: Apache-2.0 */
/* many_agents.c reads what state/ holds of all agents, see many_agents.h. */
#include "config.h"

#include "tools/agentauthctl/commands/many_agents.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/text/sort.h"
#include "tools/cli/alloc.h"

enum folder { SUSPENDED, ELEVATED, LAST_LOGIN, LAST_SUDO, FOLDERS };

static const char *const folders[FOLDERS] = {[SUSPENDED] = "suspended",
					     [ELEVATED] = "elevated",
					     [LAST_LOGIN] = "last-login",
					     [LAST_SUDO] = "last-sudo"};

struct names {
	int error; /* 0, or why the folder cannot be listed */
	const char **v;
	size_t n, cap;
};

struct many_agents {
	char *statedir;
	struct names names[FOLDERS];
	struct arena arena;
};

static int compare(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static void list(struct many_agents *many, DIR *dir, struct names *names)
{
	const struct dirent *entry;

	errno = 0;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.') {
			grow(&names->v, &names->cap, names->n + 1, sizeof(*names->v));
			names->v[names->n++] = arena_strdup(&many->arena, entry->d_name);
		}
		errno = 0;
	}
	names->error = -errno;
	aa_sort(names->v, names->n, sizeof(*names->v), compare);
}

/* state/ itself is opened first, as it is where one agent is asked for, so that a link in its place tells nothing. */
static void read_folder(struct many_agents *many, const char *state, const char *folder, struct names *names)
{
	int fd = aa_folder_open(many->statedir, "state");
	DIR *dir;

	names->error = fd < 0 ? fd : 0;
	if (fd < 0)
		return;
	close(fd);
	fd = aa_folder_open(state, folder);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		names->error = fd < 0 ? fd : -errno;
		if (fd >= 0)
			close(fd);
		return;
	}
	list(many, dir, names);
	closedir(dir);
}

struct many_agents *many_agents_read(const char *statedir)
{
	struct many_agents *many = xcalloc(1, sizeof(*many));
	char *state = xasprintf("%s/state", statedir);

	many->statedir = xstrdup(statedir);
	for (int i = 0; i < FOLDERS; i++)
		read_folder(many, state, folders[i], &many->names[i]);
	free(state);
	return many;
}

void many_agents_free(struct many_agents *many)
{
	if (!many)
		return;
	for (int i = 0; i < FOLDERS; i++)
		free(many->names[i].v);
	arena_free(&many->arena);
	free(many->statedir);
	free(many);
}

static bool have(const struct names *names, const char *agent)
{
	return aa_search(&agent, names->v, names->n, sizeof(*names->v), compare) != NULL;
}

/* A folder that is not there cannot tell that nothing was decided. */
enum aa_reason many_agents_decision(const struct many_agents *many, const char *agent)
{
	if (many->names[SUSPENDED].error)
		return AA_REGISTRY_UNAVAILABLE;
	return have(&many->names[SUSPENDED], agent) ? AA_AGENT_SUSPENDED : AA_OK;
}

/* Where a folder cannot be listed each agent is asked for. */
static bool may_have(const struct many_agents *many, enum folder folder, const char *agent)
{
	const struct names *names = &many->names[folder];

	return names->error ? names->error != -ENOENT : have(names, agent);
}

int64_t many_agents_last_use(const struct many_agents *many, enum aa_use use, const char *agent)
{
	enum folder folder = use == AA_USE_LOGIN ? LAST_LOGIN : LAST_SUDO;

	return may_have(many, folder, agent) ? aa_last_use(many->statedir, use, agent) : 0;
}

bool many_agents_may_be_elevated(const struct many_agents *many, const char *agent)
{
	return may_have(many, ELEVATED, agent);
}
