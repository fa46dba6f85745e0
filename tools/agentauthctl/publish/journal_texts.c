/* SPDX-License-Identifier: Apache-2.0 */
/* journal_texts.c notes which files a command is about to write, see journal_texts.h. */
#include "config.h"

#include "tools/agentauthctl/publish/journal_texts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/model/model.h"
#include "tools/cli/alloc.h"

#define LIST_FILE "journal.texts"
#define LIST_MAX ((size_t)256 * 1024 * 1024)

/* add_file() takes away what an earlier command left beside the file, which would be put back otherwise. */
static void add_file(struct buffer *list, int dirfd, const char *file, const char *name)
{
	char *aside = xasprintf(TEXT_BEFORE, file);
	bool exists = faccessat(dirfd, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	unlinkat(dirfd, aside, 0);
	if (name)
		buffer_printf(list, "%s %s\n", exists ? "was" : "new", name);
	else
		buffer_puts(list, "main\n");
	free(aside);
}

int journal_texts_begin(int state_fd, int conf_fd, int agents_fd, const struct text_change *change)
{
	const struct aa_replace how = {.synced = true, .locked = true};
	struct buffer list = {0};
	int r;

	if (!change->texts) {
		journal_texts_end(state_fd);
		return 0;
	}
	if (change->main_text)
		add_file(&list, conf_fd, CONF_FILE, NULL);
	for (size_t i = 0; i < change->texts->n; i++) {
		char *file = xasprintf("%s" AGENT_SUFFIX, change->texts->v[i].name);

		add_file(&list, agents_fd, file, change->texts->v[i].name);
		free(file);
	}
	r = aa_replace(state_fd, LIST_FILE, list.data ? list.data : "", list.len, &how);
	buffer_free(&list);
	return r;
}

void journal_texts_end(int state_fd)
{
	unlinkat(state_fd, LIST_FILE, 0);
}

struct settling {
	int conf_fd, agents_fd;
	bool undo;
};

/* A file that was there has its old text aside only if it was written, or was about to be. */
static int settle_file(const struct settling *s, int dirfd, const char *file, bool is_new)
{
	char *aside = xasprintf(TEXT_BEFORE, file);
	int r = 0;

	if (s->undo && is_new)
		r = unlinkat(dirfd, file, 0);
	else if (s->undo)
		r = renameat(dirfd, aside, dirfd, file);
	r = r < 0 && errno != ENOENT ? -errno : 0;
	if (r == 0)
		unlinkat(dirfd, aside,
			 0); /* where nothing was written over it, the file still has both names */
	free(aside);
	return r;
}

static int settle_line(const struct settling *s, const char *line)
{
	char why[256], *file;
	int r;

	if (strcmp(line, "main") == 0)
		return settle_file(s, s->conf_fd, CONF_FILE, false);
	if ((strncmp(line, "new ", 4) != 0 && strncmp(line, "was ", 4) != 0) ||
	    !check_agent_name(line + 4, why, sizeof(why)))
		return -EIO;
	file = xasprintf("%s" AGENT_SUFFIX, line + 4);
	r = settle_file(s, s->agents_fd, file, *line == 'n');
	free(file);
	return r;
}

static int settle_lines(const struct settling *s, char *list)
{
	char *save;
	int r = 0;

	for (char *line = strtok_r(list, "\n", &save); line && r == 0; line = strtok_r(NULL, "\n", &save))
		r = settle_line(s, line);
	if (r == 0 && (fsync(s->agents_fd) < 0 || fsync(s->conf_fd) < 0))
		r = -errno;
	return r;
}

int journal_texts_settle(const struct paths *paths, int state_fd, bool undo)
{
	char *list = NULL, *agents = xasprintf("%s/" AGENTS_DIR, paths->confdir);
	struct problems ignored = {
	    0}; /* the same directories are opened next, and what is wrong is told then */
	struct settling s = {-1, -1, undo};
	size_t size = 0;
	int r = aa_trusted_read(state_fd, LIST_FILE, paths->owner, LIST_MAX, &list, &size);

	if (r == 0 && conf_dir_open(paths->confdir, paths->owner, &ignored, &s.conf_fd) == 0 &&
	    conf_dir_open(agents, paths->owner, &ignored, &s.agents_fd) == 0)
		r = settle_lines(&s, list);
	else if (r == 0)
		r = -EACCES;
	if (s.conf_fd >= 0)
		close(s.conf_fd);
	if (s.agents_fd >= 0)
		close(s.agents_fd);
	problems_free(&ignored);
	free(agents);
	free(list);
	return r == -ENOENT ? 0 : r;
}
