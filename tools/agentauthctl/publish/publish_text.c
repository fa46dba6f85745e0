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
#include <unistd.h>

#include "tools/agentauthctl/publish/build.h"
#include "tools/agentauthctl/publish/generations.h"
#include "tools/agentauthctl/publish/publish_text.h"

/* changed_file() returns the path of the file that the change is about, or NULL where there is no change. The caller
 * frees. */
static char *changed_file(const struct text_change *change)
{
	if (change->agent)
		return xasprintf("%s" AGENT_SUFFIX, change->agent);
	return change->main_text ? xstrdup(CONF_FILE) : NULL;
}

static int copy_old(const struct workspace *ws, struct text_undo *undo)
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
static int keep_old(const struct workspace *ws, struct text_undo *undo)
{
	undo->aside = xasprintf(".%s.before", undo->name);
	unlinkat(undo->dirfd, undo->aside, 0);
	if (linkat(undo->dirfd, undo->name, undo->dirfd, undo->aside, 0) == 0)
		return 0;
	free(undo->aside);
	undo->aside = NULL;
	return errno == ENOENT ? 0 : copy_old(ws, undo);
}

static int take_away(struct text_undo *undo)
{
	undo->aside = xasprintf("%s.retired", undo->name);
	undo->removed = true;
	if (renameat(undo->dirfd, undo->name, undo->dirfd, undo->aside) < 0)
		return -errno;
	undo->written = true;
	return fsync(undo->dirfd) < 0 ? -errno : 0;
}

int text_change_write(const struct workspace *ws, const struct text_change *change, struct text_undo *ret)
{
	const struct conf_text *text = change->agent ? change->agent_text : change->main_text;
	int n;

	*ret = (struct text_undo){.dirfd = change->agent ? ws->agents_fd : ws->conf_fd,
				  .name = changed_file(change)};
	if (!ret->name)
		return 0;
	if (!text)
		return take_away(ret);
	n = keep_old(ws, ret);
	if (n < 0)
		return n;
	ret->written = true; /* or some of it */
	return conf_text_write(ret->dirfd, ret->name, text->bytes, text->len);
}

static int put_back(const struct text_undo *undo)
{
	if (undo->copy.path)
		return conf_text_write(undo->dirfd, undo->name, undo->copy.bytes, undo->copy.len);
	if (undo->aside)
		return renameat(undo->dirfd, undo->aside, undo->dirfd, undo->name) < 0 ? -errno : 0;
	return unlinkat(undo->dirfd, undo->name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int text_change_undo(struct text_undo *undo)
{
	int r = undo->written ? put_back(undo) : 0;

	if (r < 0 || !undo->written)
		return r;
	fsync(undo->dirfd);
	text_change_keep(undo); /* where nothing was written over it, the file still has both names */
	return 0;
}

void text_change_keep(struct text_undo *undo)
{
	if (undo->aside && !undo->removed)
		unlinkat(undo->dirfd, undo->aside, 0);
}

void text_undo_free(struct text_undo *undo)
{
	free(undo->name);
	free(undo->aside);
	conf_text_free(&undo->copy);
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
