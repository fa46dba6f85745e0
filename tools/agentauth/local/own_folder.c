/* SPDX-License-Identifier: Apache-2.0 */
/* own_folder.c: opens and makes the agent's own folders, and reads the files in them. */
#include "config.h"

#include "tools/agentauth/local/own_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/agentauth/local/own_files.h"
#include "tools/cli/alloc.h"
#include "tools/cli/say.h"

static bool is_private(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & 077);
}

/* Opens the folder `path`, which must be the user's alone. Nothing is said where `silent`. */
static int open_private(const char *path, bool silent)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0) {
		if (!silent)
			say("%s cannot be opened: %s", path, strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) == 0 && is_private(&st))
		return fd;
	if (!silent)
		say("%s must be yours alone: chmod 700 '%s'", path, path);
	close(fd);
	return -1;
}

/* Opens PARENT/agentauth, and makes it where PARENT is the user's alone. */
static int open_below(const char *parent, bool silent)
{
	char *path = xasprintf("%s/agentauth", parent);
	struct stat st;
	int fd = -1;

	if (stat(parent, &st) == 0 && is_private(&st) && (mkdir(path, 0700) == 0 || errno == EEXIST))
		fd = open_private(path, silent);
	free(path);
	return fd;
}

int own_folder_cache(void)
{
	char *path = own_expand("~/.cache/agentauth/x");
	int fd = -1;

	if (path && own_make_parents(path) == 0) {
		path[strlen(path) - 2] = 0;
		fd = open_private(path, false);
	}
	free(path);
	return fd;
}

void own_folder_say_other(void)
{
	say("what is kept between two prompts, and tokens, lie there. Do: export XDG_RUNTIME_DIR=FOLDER, a "
	    "folder that is yours alone (mode 0700), can be written and has room");
}

int own_folder_run(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char path[64];
	int fd = -1;

	if (runtime && runtime[0] == '/')
		fd = open_below(runtime, false);
	(void)snprintf(path, sizeof(path), "/run/user/%u", geteuid());
	if (fd < 0)
		fd = open_below(path, true);
	if (fd < 0)
		fd = own_folder_cache();
	if (fd < 0)
		own_folder_say_other();
	return fd;
}

char *own_folder_read(int folder, const char *name, size_t max)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && is_private(&st) && (size_t)st.st_size <= max) {
		text = xcalloc(1, (size_t)st.st_size + 1);
		n = read(fd, text, (size_t)st.st_size);
		if (n <= 0 || strlen(text) != (size_t)n) {
			own_wipe(text);
			text = NULL;
		}
	}
	close(fd);
	return text;
}
