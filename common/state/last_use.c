/* SPDX-License-Identifier: Apache-2.0 */
/* last_use.c keeps when an agent was last used, see last_use.h. */
#include "config.h"

#include "common/state/last_use.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/jose/sha256.h"
#include "common/registry/accounts.h"

#define KEY_FOLDER "state/last-key"

static const char *const folders[] = {[AA_USE_LOGIN] = "state/last-login", [AA_USE_SUDO] = "state/last-sudo"};

static bool join(char path[PATH_MAX], const char *statedir, const char *folder, const char *name)
{
	int n = snprintf(path, PATH_MAX, "%s/%s/%s", statedir, folder, name);

	return n > 0 && n < PATH_MAX;
}

static bool path_of(char path[PATH_MAX], const char *statedir, enum aa_use use, const char *agent)
{
	return aa_agent_name_is_valid(agent) && join(path, statedir, folders[use], agent);
}

static bool path_of_key(char path[PATH_MAX], const char *statedir, const char *agent, const char *kid)
{
	char name[65];

	return aa_sha256_pair(name, agent, kid) == 0 && join(path, statedir, KEY_FOLDER, name);
}

static int set_time(const char *path, int64_t now)
{
	struct timespec times[2] = {{.tv_sec = (time_t)now}, {.tv_sec = (time_t)now}};

	return utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

/* The folder is made here, so that a host that was set up by an older version gets it, too. */
static void make_file(const char *path)
{
	char folder[PATH_MAX];
	int fd;

	(void)snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
}

static void note(const char *path, int64_t now)
{
	if (set_time(path, now) < 0 && errno == ENOENT) {
		make_file(path);
		(void)set_time(path, now);
	}
}

static int64_t noted(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? (int64_t)st.st_mtim.tv_sec : 0;
}

void aa_last_use_note(const char *statedir, enum aa_use use, const char *agent, int64_t now)
{
	int saved = errno;
	char path[PATH_MAX];

	if (path_of(path, statedir, use, agent))
		note(path, now);
	errno = saved;
}

void aa_last_use_note_key(const char *statedir, const char *agent, const char *kid, int64_t now)
{
	int saved = errno;
	char path[PATH_MAX];

	if (path_of_key(path, statedir, agent, kid))
		note(path, now);
	errno = saved;
}

int64_t aa_last_use(const char *statedir, enum aa_use use, const char *agent)
{
	char path[PATH_MAX];

	return path_of(path, statedir, use, agent) ? noted(path) : 0;
}

int64_t aa_last_use_of_key(const char *statedir, const char *agent, const char *kid)
{
	char path[PATH_MAX];

	return path_of_key(path, statedir, agent, kid) ? noted(path) : 0;
}
