/* SPDX-License-Identifier: Apache-2.0 */
/* last_use.c keeps when an agent was last used, see last_use.h. */
#include "config.h"

#include "common/state/last_use.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/registry/accounts.h"

static const char *const folders[] = {[AA_USE_LOGIN] = "state/last-login", [AA_USE_SUDO] = "state/last-sudo"};

static bool path_of(char path[PATH_MAX], const char *statedir, enum aa_use use, const char *agent)
{
	int n = aa_agent_name_is_valid(agent)
		    ? snprintf(path, PATH_MAX, "%s/%s/%s", statedir, folders[use], agent)
		    : -1;

	return n > 0 && n < PATH_MAX;
}

static int set_time(const char *path, int64_t now)
{
	struct timespec times[2] = {{.tv_sec = (time_t)now}, {.tv_sec = (time_t)now}};

	return utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

/* The folder is made here, so that a host that was set up by an older version gets it, too. */
static void make_file(const char *statedir, enum aa_use use, const char *path)
{
	char folder[PATH_MAX];
	int fd, n = snprintf(folder, sizeof(folder), "%s/%s", statedir, folders[use]);

	if (n < 0 || n >= (int)sizeof(folder) || (mkdir(folder, 0700) < 0 && errno != EEXIST))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
}

void aa_last_use_note(const char *statedir, enum aa_use use, const char *agent, int64_t now)
{
	int saved = errno;
	char path[PATH_MAX];

	if (path_of(path, statedir, use, agent) && set_time(path, now) < 0 && errno == ENOENT) {
		make_file(statedir, use, path);
		(void)set_time(path, now);
	}
	errno = saved;
}

int64_t aa_last_use(const char *statedir, enum aa_use use, const char *agent)
{
	char path[PATH_MAX];
	struct stat st;

	return path_of(path, statedir, use, agent) && lstat(path, &st) == 0 ? (int64_t)st.st_mtim.tv_sec : 0;
}
