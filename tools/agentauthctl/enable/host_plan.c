/* SPDX-License-Identifier: Apache-2.0 */
/* host_plan.c: what is about to be written to this host's own files, see host_plan.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "tools/agentauthctl/enable/host_plan.h"
#include "tools/cli/alloc.h"

#define AUTHSELECT AA_SYSCONFDIR "/authselect/"
#define FILE_MAX (1024 * 1024)

const char *host_part_word(enum host_part part)
{
	static const char *const words[] = {
#define PART(name, word) word,
	    HOST_PARTS(PART)
#undef PART
	};

	return words[part];
}

void host_plan_free(struct host_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		free(plan->v[i].path);
		free(plan->v[i].before);
		free(plan->v[i].after);
	}
	free(plan->v);
}

/* ---- files ----------------------------------------------------------------------- */

int host_file_read(const char *path, char **ret_path, char **ret)
{
	char *real = realpath(path, NULL), *text = NULL;
	size_t len = 0;
	int r = real ? 0 : -errno;

	if (r == 0)
		r = aa_trusted_read(AT_FDCWD, real, geteuid(), FILE_MAX, &text, &len);
	if (r == 0 && strlen(text) != len)
		r = -EBADMSG;
	if (r == -ENOENT)
		r = 0;
	if (r == 0 && ret_path)
		*ret_path = real ? real : xstrdup(path);
	if (r < 0 || !ret_path)
		free(real);
	if (r == 0)
		*ret = text;
	else
		free(text);
	return r;
}

static int forget_file(const char *path)
{
	char *slash = strrchr(path, '/'), *folder = xstrndup(path, (size_t)(slash - path));
	int r = unlink(path) < 0 && errno != ENOENT ? -errno : aa_folder_sync(AT_FDCWD, folder);

	free(folder);
	return r;
}

int host_file_write(const struct host_change *change, const char *text)
{
	const struct aa_replace how = {
	    .mode = change->mode, .keep_owner = true, .synced = true, .locked = true};

	aa_replace_forget(AT_FDCWD, change->path);
	if (!text)
		return forget_file(change->path);
	return aa_replace(AT_FDCWD, change->path, text, strlen(text), &how);
}

void host_file_forget(const char *path)
{
	if (*path == '/')
		aa_replace_forget(AT_FDCWD, path);
}

/* ---- the plan -------------------------------------------------------------------- */

void host_plan_fail(struct host_plan *plan, const char *path, const char *format, ...)
{
	const struct position position = {.file = path};
	va_list args;

	va_start(args, format);
	problems_add(plan->problems, false, path ? &position : NULL, format, args);
	va_end(args);
}

static size_t change_of(struct host_plan *plan, enum host_part part, char *real, char *text)
{
	for (size_t i = 0; i < plan->n; i++)
		if (strcmp(plan->v[i].path, real) == 0) {
			free(real);
			free(text);
			return i;
		}
	grow(&plan->v, &plan->cap, plan->n + 1, sizeof(*plan->v));
	plan->v[plan->n] = (struct host_change){part, real, text, text ? xstrdup(text) : NULL, 0644};
	return plan->n++;
}

bool host_plan_text(struct host_plan *plan, enum host_part part, const char *path, size_t *ret_change,
		    const char **ret)
{
	char *real = NULL, *text = NULL;
	int r = host_file_read(path, &real, &text);

	if (r < 0) {
		host_plan_fail(plan, path, "cannot be changed: %s",
			       r == -EPERM     ? "others than root can write to it"
			       : r == -EBADMSG ? "it is no text"
					       : strerror(-r));
		return false;
	}
	if (strncmp(real, AUTHSELECT, strlen(AUTHSELECT)) == 0) {
		host_plan_fail(plan, path, "is written by authselect, which would undo a change of it");
		free(real);
		free(text);
		return false;
	}
	*ret_change = change_of(plan, part, real, text);
	*ret = plan->v[*ret_change].after;
	return true;
}

void host_plan_set(struct host_plan *plan, size_t change, char *text)
{
	free(plan->v[change].after);
	plan->v[change].after = text;
}

static bool changes(const struct host_change *c)
{
	return !c->before || !c->after ? c->before != c->after : strcmp(c->before, c->after) != 0;
}

void host_plan_settle(struct host_plan *plan, bool out)
{
	struct host_change *sorted = xcalloc(plan->n + 1, sizeof(*sorted));
	size_t n = 0;

	for (int k = 0; k < HOST_PARTS_N; k++)
		for (size_t i = 0; i < plan->n; i++) {
			struct host_change *c = &plan->v[i];

			if ((int)c->part != (out ? HOST_PARTS_N - 1 - k : k) || !changes(c))
				continue;
			sorted[n++] = *c;
			*c = (struct host_change){.part = c->part};
		}
	host_plan_free(plan);
	plan->v = sorted;
	plan->cap = plan->n + 1;
	plan->n = n;
}
