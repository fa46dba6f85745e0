/* SPDX-License-Identifier: Apache-2.0 */
/* publish_text.c writes the changed text and puts it back, see publish_text.h.
 *
 * A file's old text keeps a second name until the change is published: putting it back is a rename then, which also a
 * full disk lets through. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/agentauthctl/publish/build.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/publish_text.h"

static int copy_old(const struct workspace *ws, struct file_undo *undo)
{
	struct problems ignored = {0};
	int n = conf_text_read(undo->dirfd, "", undo->name, ws->paths->owner, &ignored, &undo->copy);

	problems_free(&ignored);
	if (n < 0)
		conf_text_free(&undo->copy);
	return n == -ENOENT || n == 0 ? 0 : -EIO;
}

/* keep_old() gives the old text a second name that is neither *.conf nor shown by ls, so that what a crash leaves is
 * not read. */
static int keep_old(const struct workspace *ws, struct file_undo *undo)
{
	undo->aside = xasprintf(TEXT_BEFORE, undo->name);
	unlinkat(undo->dirfd, undo->aside, 0);
	if (linkat(undo->dirfd, undo->name, undo->dirfd, undo->aside, 0) == 0)
		return 0;
	free(undo->aside);
	undo->aside = NULL;
	return errno == ENOENT ? 0 : copy_old(ws, undo);
}

/* The text is kept for restore, and for root alone. */
static int take_away(struct file_undo *undo)
{
	struct stat st;

	undo->aside = xasprintf(TEXT_RETIRED, undo->name);
	undo->removed = true;
	if (fstatat(undo->dirfd, undo->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    renameat(undo->dirfd, undo->name, undo->dirfd, undo->aside) < 0)
		return -errno;
	undo->written = true;
	undo->mode = st.st_mode & 07777;
	if (fchmodat(undo->dirfd, undo->aside, S_IRUSR | S_IWUSR, 0) < 0)
		return -errno;
	return fsync(undo->dirfd) < 0 ? -errno : 0;
}

typedef int write_fn(int dirfd, const char *name, const char *bytes, size_t len);

/* is_as_read() returns false where somebody has changed the file since the command read it, so that writing it would
 * lose that. */
static bool is_as_read(const struct workspace *ws, const struct file_undo *undo,
		       const struct conf_text *before)
{
	struct problems ignored = {0};
	struct conf_text now = {0};
	int n = conf_text_read(undo->dirfd, "", undo->name, ws->paths->owner, &ignored, &now);
	bool same = n == 0 && before->bytes && now.len == before->len &&
		    memcmp(now.bytes, before->bytes, now.len) == 0;

	problems_free(&ignored);
	conf_text_free(&now);
	return same || (n == -ENOENT && !before->bytes);
}

static int write_over(const struct workspace *ws, struct file_undo *undo, const struct conf_text *text,
		      const struct conf_text *before, write_fn *write)
{
	int n = keep_old(ws, undo);

	if (n < 0)
		return n;
	if (before && !is_as_read(ws, undo, before)) {
		if (undo->aside)
			unlinkat(undo->dirfd, undo->aside, 0);
		return -ESTALE;
	}
	undo->written = true; /* or some of it */
	return write(undo->dirfd, undo->name, text->bytes, text->len);
}

static struct file_undo *begin_file(struct text_undo *all, int dirfd, char *name)
{
	all->v[all->n] = (struct file_undo){.dirfd = dirfd, .name = name};
	return &all->v[all->n++];
}

static struct file_undo *begin_agent(const struct workspace *ws, struct text_undo *all, const char *agent)
{
	return begin_file(all, ws->agents_fd, xasprintf("%s" AGENT_SUFFIX, agent));
}

/* Many files are synced at once behind the last. Until then the journal has what a crash would leave of them undone. */
static int write_many(const struct workspace *ws, const struct agent_texts *texts, struct text_undo *all)
{
	int n = 0;

	for (size_t i = 0; i < texts->n && n == 0; i++) {
		struct file_undo *undo = begin_agent(ws, all, texts->v[i].name);

		n = texts->v[i].gone
			? take_away(undo)
			: write_over(ws, undo, &texts->v[i].text, NULL, conf_text_write_unsynced);
	}
	return n == 0 && syncfs(ws->agents_fd) < 0 ? -errno : n;
}

int text_change_write(const struct workspace *ws, const struct text_change *change, struct text_undo *ret)
{
	size_t n_texts = change->texts ? change->texts->n : 0;
	int n = 0;

	*ret = (struct text_undo){.v = xcalloc(n_texts + 2, sizeof(*ret->v))};
	if (change->agent && !change->agent_text)
		n = take_away(begin_agent(ws, ret, change->agent));
	else if (change->agent)
		n = write_over(ws, begin_agent(ws, ret, change->agent), change->agent_text, change->before,
			       conf_text_write);
	if (n == 0 && change->main_text)
		n = write_over(ws, begin_file(ret, ws->conf_fd, xstrdup(CONF_FILE)), change->main_text,
			       change->before, conf_text_write);
	return n == 0 && n_texts ? write_many(ws, change->texts, ret) : n;
}

/* A change of somebody else's is in the way, and nothing has to be mended first. */
int text_change_is_stale(const struct workspace *ws, const struct text_change *change)
{
	struct position position = {.file = (change->agent ? change->agent_text : change->main_text)->path};

	problem_error(ws->problems, &position,
		      "was changed by somebody else while this command ran, and that change would have been "
		      "lost; run the command again");
	return -1;
}

static int put_back(const struct file_undo *undo)
{
	if (undo->removed && fchmodat(undo->dirfd, undo->aside, undo->mode, 0) < 0)
		return -errno;
	if (undo->copy.path)
		return conf_text_write(undo->dirfd, undo->name, undo->copy.bytes, undo->copy.len);
	if (undo->aside)
		return renameat(undo->dirfd, undo->aside, undo->dirfd, undo->name) < 0 ? -errno : 0;
	return unlinkat(undo->dirfd, undo->name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static bool forget_aside(const struct file_undo *undo)
{
	return !undo->aside || undo->removed || unlinkat(undo->dirfd, undo->aside, 0) == 0 || errno == ENOENT;
}

int text_change_undo(struct text_undo *undo)
{
	int dirfd = -1, n, r = 0;

	for (size_t i = 0; i < undo->n; i++) {
		n = undo->v[i].written ? put_back(&undo->v[i]) : 0;
		r = r == 0 ? n : r;
		if (n < 0 || !undo->v[i].written)
			continue;
		if (undo->v[i].dirfd != dirfd || i + 1 == undo->n)
			fsync(undo->v[i].dirfd);
		dirfd = undo->v[i].dirfd;
		/* Where nothing was written over it, the file still has both names. */
		(void)forget_aside(&undo->v[i]);
	}
	return r;
}

bool text_change_keep(struct text_undo *undo)
{
	bool all = true;

	for (size_t i = 0; i < undo->n; i++)
		all = forget_aside(&undo->v[i]) && all;
	return all;
}

void text_undo_free(struct text_undo *undo)
{
	for (size_t i = 0; i < undo->n; i++) {
		free(undo->v[i].name);
		free(undo->v[i].aside);
		conf_text_free(&undo->v[i].copy);
	}
	free(undo->v);
	*undo = (struct text_undo){0};
}

int text_change_reread(struct workspace *ws, const struct conf_text *text)
{
	const struct host_facts *facts = &ws->facts;

	changes_free(&ws->main_pending);
	if (ws->problems->errors == 0)
		build_main_changes(ws, &ws->main_pending);
	problems_forget_warnings(ws->problems, text->path);
	model_free(&ws->model);
	conf_text_set(&ws->model.file.text, text->path, text->bytes, text->len);
	return model_read(&ws->model, facts, ws->problems);
}
