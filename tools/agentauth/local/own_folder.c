/* SPDX-License-Identifier: Apache-2.0 */
/* own_folder.c: opening and making the agent's own folders. */
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
#include "tools/cli/say.h"

static bool is_own_folder(int fd, const char *path, bool complain)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && !(st.st_mode & 077))
		return true;
	if (complain)
		say("%s must be yours alone: chmod 700 '%s'", path, path);
	return false;
}

/* PARENT/agentauth, where PARENT exists and is the user's own. */
static int open_below(const char *parent, bool complain)
{
	int dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;
	char path[4096];

	if (dir < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/agentauth", parent);
	if (is_own_folder(dir, parent, false) && (mkdirat(dir, "agentauth", 0700) == 0 || errno == EEXIST))
		fd = openat(dir, "agentauth", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && !is_own_folder(fd, path, complain)) {
		close(fd);
		fd = -1;
	}
	close(dir);
	return fd;
}

int own_folder_cache(void)
{
	char *path = own_expand("~/.cache/agentauth/x");
	int fd = -1;

	if (path && own_make_parents(path) == 0) {
		path[strlen(path) - 2] = 0;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			say("%s cannot be opened: %s", path, strerror(errno));
		else if (!is_own_folder(fd, path, true)) {
			close(fd);
			fd = -1;
		}
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
		fd = open_below(runtime, true);
	(void)snprintf(path, sizeof(path), "/run/user/%u", geteuid());
	if (fd < 0)
		fd = open_below(path, false);
	if (fd < 0)
		fd = own_folder_cache();
	if (fd < 0)
		own_folder_say_other();
	return fd;
}
