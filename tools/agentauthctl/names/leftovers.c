/* SPDX-License-Identifier: Apache-2.0 */
/* leftovers.c removes what killed writers left, see leftovers.h. */
#include "config.h"

#include "tools/agentauthctl/names/leftovers.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "tools/cli/alloc.h"

#define REST \
	60 /* seconds: longer than any writer takes, for those of other containers, whose pids are not known here */

static const char *const in_state[] = {".", /* the lists of withheld.h, and the journal */
				       "keys", "rotated"};
static const char *const in_run[] = {"replay", "approvals", "sessions"};
static const char *const in_sessions[] = {"sessions/by-pid", "sessions/by-audit"}; /* links, without a pid */

/* writer_of() returns the pid that the name ends in, or 0. */
static pid_t writer_of(const char *name)
{
	const char *dot = strrchr(name, '.');
	char *end;
	long pid;

	if (!dot || dot == name || !isdigit((unsigned char)dot[1]))
		return 0;
	errno = 0;
	pid = strtol(dot + 1, &end, 10);
	return errno || *end || pid <= 0 || pid > INT32_MAX ? 0 : (pid_t)pid;
}

/* A pid that went to another process keeps the file until that has ended, too. */
static bool writer_is_gone(const char *name, bool with_pid)
{
	pid_t pid = writer_of(name);

	return with_pid ? pid > 0 && kill(pid, 0) < 0 && errno == ESRCH : !strchr(name + 1, '.');
}

/* The time of the last change counts, which a writer cannot set as it sets the other times. */
static bool has_rested(const struct stat *st, int64_t now)
{
	return st->st_ctime + REST < now || st->st_ctime > now + REST;
}

static long remove_in(const char *base, const char *sub, bool with_pid, int64_t now)
{
	int fd = aa_folder_open(base, sub);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct stat st;
	long removed = 0;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.' || fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (!S_ISDIR(st.st_mode) && has_rested(&st, now) && writer_is_gone(entry->d_name, with_pid) &&
		    unlinkat(fd, entry->d_name, 0) == 0)
			removed++;
	}
	closedir(dir);
	return removed;
}

/* Goes through the decisions, of which elevations have a folder for each agent. */
static long remove_below(const char *base, const char *sub, unsigned depth, int64_t now)
{
	int fd = aa_folder_open(base, sub);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	long removed = remove_in(base, sub, true, now);
	const struct dirent *entry;
	struct stat st;

	while (dir && (entry = readdir(dir))) {
		char *below;

		if (entry->d_name[0] == '.' || fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISDIR(st.st_mode))
			continue;
		below = xasprintf("%s/%s", sub, entry->d_name);
		removed += depth ? remove_below(base, below, depth - 1, now) : 0;
		free(below);
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return removed;
}

long leftovers_remove(const char *statedir, const char *rundir, int64_t now)
{
	long removed = 0;

	for (size_t i = 0; i < sizeof(in_state) / sizeof(*in_state); i++)
		removed += remove_in(statedir, in_state[i], true, now);
	removed += remove_below(statedir, "state", 2, now);
	for (size_t i = 0; i < sizeof(in_run) / sizeof(*in_run); i++)
		removed += remove_in(rundir, in_run[i], true, now);
	for (size_t i = 0; i < sizeof(in_sessions) / sizeof(*in_sessions); i++)
		removed += remove_in(rundir, in_sessions[i], false, now);
	return removed;
}
