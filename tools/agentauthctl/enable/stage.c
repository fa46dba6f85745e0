/* SPDX-License-Identifier: Apache-2.0 */
/* stage.c: files as they are going to be, see stage.h. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/agentauthctl/enable/stage.h"
#include "tools/agentauthctl/enable/text_lines.h"
#include "tools/cli/alloc.h"
#include "tools/agentauthctl/enable/host_services.h"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void stage_end(void)
{
	(void)nftw(STAGE, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static int stage_begin(void)
{
	stage_end();
	if (mkdir(STAGE, 0700) < 0 || mkdir(STAGE_PAM, 0700) < 0 || mkdir(STAGE_PAM_NOW, 0700) < 0)
		return -errno;
	return 0;
}

/* Nobody else reads the folder, so that a file need not appear whole. */
static int put(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	int r = f && fputs(text, f) >= 0 ? 0 : -EIO;

	if (f && fclose(f) != 0)
		r = -EIO;
	return r;
}

int stage_put(const char *name, const char *text)
{
	char *path = xasprintf(STAGE "/%s", name);
	int r = put(path, text);

	free(path);
	return r;
}

/* ---- PAM ------------------------------------------------------------------------- */

static const char *planned(const struct host_plan *plan, const char *real, const char *text)
{
	for (size_t i = 0; i < plan->n; i++)
		if (strcmp(plan->v[i].path, real) == 0)
			return plan->v[i].after;
	return text;
}

struct rewriting {
	const char *dir;
	struct buffer text;
};

/* An included file is looked for in /etc/pam.d, unless its name is a path. */
static void rewrite_line(void *data, char *line, size_t first, size_t last)
{
	struct rewriting *r = data;
	char *copy = xstrdup(line), *rest = copy, *type = aa_pam_stack_word(&rest);
	char *control = type ? aa_pam_stack_word(&rest) : NULL,
	     *file = control ? aa_pam_stack_word(&rest) : NULL;

	(void)first, (void)last;
	if (control && strcmp(type, "@include") == 0 && *control != '/')
		buffer_printf(&r->text, "@include %s/%s\n", r->dir, control);
	else if (file && *file != '/' &&
		 (strcasecmp(control, "include") == 0 || strcasecmp(control, "substack") == 0))
		buffer_printf(&r->text, "%s %s %s/%s\n", type, control, r->dir, file);
	else
		buffer_printf(&r->text, "%s\n", line);
	free(copy);
}

static int put_stack(const char *dir, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	struct rewriting rewriting = {.dir = dir};
	int r;

	buffer_puts(&rewriting.text, "");
	text_each(text, rewrite_line, &rewriting);
	r = put(path, rewriting.text.data);
	buffer_free(&rewriting.text);
	free(path);
	return r;
}

int stage_stack(const char *name, const char *text)
{
	return put_stack(STAGE_PAM, name, text);
}

/* A file that is no text is no stack. A stack that is staged already comes from a folder that Linux-PAM looks into first. */
static int put_stacks(const struct host_plan *plan, const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name), *real = NULL, *text = NULL;
	char *now = xasprintf(STAGE_PAM_NOW "/%s", name);
	struct stat st;
	int r = 0;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(now, F_OK) != 0 &&
	    host_file_read(path, &real, &text) == 0 && text) {
		const char *after = planned(plan, real, text);

		r = put_stack(STAGE_PAM_NOW, name, text);
		if (r == 0 && after)
			r = stage_stack(name, after);
	}
	free(path);
	free(real);
	free(text);
	free(now);
	return r;
}

int stage_pam(const struct host_plan *plan)
{
	int r = stage_begin();

	for (size_t i = 0; r == 0 && host_stack_dirs[i]; i++) {
		DIR *list = opendir(host_stack_dirs[i]);
		const struct dirent *entry;

		while (list && r == 0 && (entry = readdir(list)))
			if (*entry->d_name != '.')
				r = put_stacks(plan, host_stack_dirs[i], entry->d_name);
		if (list)
			closedir(list);
	}
	return r;
}
