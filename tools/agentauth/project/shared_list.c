/* SPDX-License-Identifier: Apache-2.0 */
/* shared_list.c: the list of what is shared, see shared_list.h. */
#include "config.h"

#include "tools/agentauth/project/shared_list.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/cli/alloc.h"
#include "tools/cli/say.h"

#define LIST_MAX (1024 * 1024)

static void add(struct shared_list *list, const char *agent, size_t len, const char *path)
{
	grow(&list->v, &list->cap, list->n + 1, sizeof(list->v[0]));
	list->v[list->n++] = (struct shared){xstrndup(agent, len), xstrdup(path)};
}

static int parse(struct shared_list *list, char *text, const char *file)
{
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		size_t len = strcspn(line, " ");

		if (len == 0 || line[len] == 0 || line[len + 1] != '/')
			return say_error("%s: \"%s\" is not an agent and a folder", file, line);
		add(list, line, len, line + len + 1);
	}
	return 0;
}

int shared_list_read(struct shared_list *ret)
{
	char *file = own_config_path("projects"), *text = NULL;
	size_t len;
	int r = file ? 0 : -1;

	*ret = (struct shared_list){0};
	if (file && access(file, F_OK) == 0) {
		r = own_read_config(file, LIST_MAX, &text, &len);
		if (r == 0)
			r = parse(ret, text, file);
	}
	free(text);
	free(file);
	return r;
}

void shared_list_free(struct shared_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->v[i].agent);
		free(list->v[i].path);
	}
	free(list->v);
}

static int write_list(const struct buffer *text)
{
	char *file = own_config_path("projects");
	int r = file && own_make_parents(file) == 0 ? 0 : -1;

	if (r == 0) {
		r = aa_replace(AT_FDCWD, file, text->len ? text->data : "", text->len,
			       &(struct aa_replace){.synced = true});
		if (r < 0)
			own_say_not_made(file, -r);
	}
	free(file);
	return r < 0 ? -1 : 0;
}

int shared_list_put(const char *agent, const char *path, bool is_shared)
{
	struct shared_list list;
	struct buffer text = {0};
	bool was = false;
	int r = shared_list_read(&list);

	for (size_t i = 0; r == 0 && i < list.n; i++) {
		bool same = strcmp(list.v[i].agent, agent) == 0 && strcmp(list.v[i].path, path) == 0;

		was = was || same;
		if (!same || is_shared)
			buffer_printf(&text, "%s %s\n", list.v[i].agent, list.v[i].path);
	}
	if (!was && is_shared)
		buffer_printf(&text, "%s %s\n", agent, path);
	if (r == 0 && was != is_shared)
		r = write_list(&text);
	buffer_free(&text);
	shared_list_free(&list);
	return r;
}
