/* SPDX-License-Identifier: Apache-2.0 */
/* agent_names.c lists the agents that have a file, see agent_names.h. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text/sort.h"
#include "tools/agentauthctl/model/model.h"
#include "tools/agentauthctl/publish/agent_names.h"

static int compare_strings(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static void append_name(struct agent_names *names, const char *name, size_t len)
{
	grow(&names->v, &names->cap, names->n + 1, sizeof(*names->v));
	names->v[names->n++] = arena_strndup(&names->arena, name, len);
}

int agent_names_read(struct agent_names *names, int agents_fd, const char *dir, struct problems *problems)
{
	struct position position = {.file = dir};
	int fd = openat(agents_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int error;

	if (!d) {
		problem_error(problems, &position, "cannot be listed: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	errno = 0;
	while ((entry = readdir(d))) {
		size_t len = strlen(entry->d_name), suffix = strlen(AGENT_SUFFIX);

		if (entry->d_name[0] != '.' && len > suffix &&
		    strcmp(entry->d_name + len - suffix, AGENT_SUFFIX) == 0)
			append_name(names, entry->d_name, len - suffix);
		errno = 0;
	}
	error = errno;
	closedir(d);
	if (error)
		problem_error(problems, &position, "cannot be listed to its end: %s", strerror(error));
	aa_sort(names->v, names->n, sizeof(*names->v), compare_strings);
	return error ? -1 : 0;
}

void agent_names_free(struct agent_names *names)
{
	free(names->v);
	arena_free(&names->arena);
	*names = (struct agent_names){0};
}

static const char **find_name(const struct agent_names *names, const char *name)
{
	return aa_search(&name, names->v, names->n, sizeof(*names->v), compare_strings);
}

bool agent_names_have(const struct agent_names *names, const char *name)
{
	return find_name(names, name) != NULL;
}

void agent_names_add(struct agent_names *names, const char *name)
{
	size_t i;

	append_name(names, name, strlen(name));
	for (i = names->n - 1; i > 0 && strcmp(names->v[i - 1], name) > 0; i--) {
		const char *other = names->v[i - 1];

		names->v[i - 1] = names->v[i];
		names->v[i] = other;
	}
}

void agent_names_remove(struct agent_names *names, const char *name)
{
	const char **found = find_name(names, name);

	if (!found)
		return;
	memmove(found, found + 1, (size_t)(names->v + names->n - (found + 1)) * sizeof(*found));
	names->n--;
}
