/* SPDX-License-Identifier: Apache-2.0 */
/* placed.c: what enable has put where, see placed.h. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "tools/agentauthctl/enable/placed.h"

#define BEFORE ".before"
#define AFTER ".after"
#define JOURNAL "journal"
#define KEPT_MAX (1024 * 1024)

int placed_open(struct placed *placed, const char *statedir, bool lock)
{
	static const char *const name[] = {"enable"};
	int r = lock ? aa_folder_make(statedir, name, 1) : 0;

	*placed = (struct placed){.dir = xasprintf("%s/%s", statedir, name[0]), .fd = -1};
	if (r == 0)
		r = aa_trusted_open_folder(AT_FDCWD, placed->dir, O_NOFOLLOW, geteuid(), &placed->fd);
	if (r == 0 && lock && flock(placed->fd, LOCK_EX | LOCK_NB) < 0)
		r = -errno;
	return !lock && r == -ENOENT ? 0 : r;
}

void placed_close(struct placed *placed)
{
	free(placed->dir);
	if (placed->fd >= 0)
		close(placed->fd);
}

static char *name_of(const char *path, const char *suffix)
{
	char *name = xasprintf("%s%s", path, suffix);

	for (char *slash = name; (slash = strchr(slash, '/'));)
		*slash = ':';
	return name;
}

/* ---- files ----------------------------------------------------------------------- */

static int keep_text(const struct placed *placed, const char *path, const char *suffix, const char *text,
		     const char *like)
{
	const struct aa_replace how = {.mode = 0600, .synced = true, .locked = true, .like = like};
	char *name = name_of(path, suffix);
	int r;

	if (text)
		r = aa_replace(placed->fd, name, text, strlen(text), &how);
	else
		r = unlinkat(placed->fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
	free(name);
	return r;
}

/* The text that was written is kept last: without it there is no record of the file. */
int placed_keep(const struct placed *placed, const struct host_change *change)
{
	int r = keep_text(placed, change->path, AFTER, NULL, NULL);

	if (r == 0)
		r = keep_text(placed, change->path, BEFORE, change->before, change->path);
	if (r == 0)
		r = keep_text(placed, change->path, AFTER, change->after, NULL);
	return r;
}

void placed_forget(const struct placed *placed, const char *path)
{
	(void)keep_text(placed, path, AFTER, NULL, NULL);
	(void)keep_text(placed, path, BEFORE, NULL, NULL);
}

/* get_text() gives the text of a file in the folder, NULL where there is none. */
static int get_text(const struct placed *placed, const char *name, char **ret)
{
	size_t len;
	int r;

	*ret = NULL;
	if (placed->fd < 0)
		return 0;
	r = aa_trusted_read(placed->fd, name, geteuid(), KEPT_MAX, ret, &len);
	return r == -ENOENT ? 0 : r;
}

int placed_get(const struct placed *placed, const char *path, char **ret_before, char **ret_after)
{
	char *before = name_of(path, BEFORE), *after = name_of(path, AFTER);
	int r = get_text(placed, after, ret_after);

	*ret_before = NULL;
	if (r == 0 && *ret_after)
		r = get_text(placed, before, ret_before);
	free(before);
	free(after);
	return r;
}

void placed_paths(const struct placed *placed, struct buffer *ret)
{
	DIR *list = placed->fd >= 0 ? opendir(placed->dir) : NULL;
	const struct dirent *entry;

	while (list && (entry = readdir(list))) {
		const char *name = entry->d_name, *end = strstr(name, AFTER);

		if (*name == '.' || !end || strcmp(end, AFTER) != 0)
			continue;
		for (; name < end; name++)
			buffer_add(ret, *name == ':' ? "/" : name, 1);
		buffer_puts(ret, "\n");
	}
	if (list)
		closedir(list);
}

/* ---- the journal ----------------------------------------------------------------- */

int placed_journal_begin(const struct placed *placed, const struct host_plan *plan)
{
	const struct aa_replace how = {.mode = 0600, .synced = true, .locked = true};
	struct buffer b = {0};
	int r;

	for (size_t i = 0; i < plan->n; i++)
		buffer_printf(&b, "%s\n", plan->v[i].path);
	r = aa_replace(placed->fd, JOURNAL, b.data, b.len, &how);
	buffer_free(&b);
	return r;
}

int placed_journal_end(const struct placed *placed)
{
	return unlinkat(placed->fd, JOURNAL, 0) < 0 && errno != ENOENT ? -errno
								       : aa_folder_sync(placed->fd, ".");
}

char *placed_journal(const struct placed *placed)
{
	char *text;

	return get_text(placed, JOURNAL, &text) == 0 ? text : NULL;
}

bool placed_was_interrupted(const char *statedir)
{
	struct placed placed;
	bool was = placed_open(&placed, statedir, false) == 0 && placed.fd >= 0 &&
		   flock(placed.fd, LOCK_SH | LOCK_NB) == 0 && faccessat(placed.fd, JOURNAL, F_OK, 0) == 0;

	placed_close(&placed);
	return was;
}
