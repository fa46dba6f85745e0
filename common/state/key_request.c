/* SPDX-License-Identifier: Apache-2.0 */
/* key_request.c: marks that ask for an issuer's keys, see key_request.h. */
#include "config.h"

#include "common/state/key_request.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/file/trusted.h"

static int open_dir(const char *rundir, bool make)
{
	int dir = aa_folder_open(rundir, AA_KEY_REQUEST_DIR);
	char path[PATH_MAX];

	if (dir != -ENOENT || !make)
		return dir;
	(void)mkdir(rundir, 0700);
	if (aa_path_join(path, sizeof(path), rundir, AA_KEY_REQUEST_DIR) == 0)
		(void)mkdir(path, 0700);
	return aa_folder_open(rundir, AA_KEY_REQUEST_DIR);
}

/* Checks the name once more, although the configuration has no dot and no slash in one, since files are made of it. */
static bool is_name(const char *issuer)
{
	return *issuer && strlen(issuer) <= 64 &&
	       strspn(issuer, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(issuer);
}

void aa_key_request_mark(const char *rundir, const char *issuer)
{
	int saved = errno, dir, fd;

	if (!is_name(issuer))
		return;
	dir = open_dir(rundir, true);
	if (dir >= 0) {
		fd = openat(dir, issuer, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0)
			close(fd);
		close(dir);
	}
	errno = saved;
}

bool aa_key_request_is(const char *rundir, const char *issuer)
{
	int dir = open_dir(rundir, false);
	struct stat st;
	bool is;

	if (dir < 0)
		return false;
	is = is_name(issuer) && fstatat(dir, issuer, &st, AT_SYMLINK_NOFOLLOW) == 0;
	close(dir);
	return is;
}

/* NULL: there is no directory. */
static DIR *read_dir(const char *rundir)
{
	int fd = open_dir(rundir, false);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

static const char *next_name(DIR *dir)
{
	const struct dirent *entry;

	while ((entry = readdir(dir)) &&
	       (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0))
		;
	return entry ? entry->d_name : NULL;
}

bool aa_key_request_any(const char *rundir)
{
	DIR *dir = read_dir(rundir);
	bool any;

	if (!dir)
		return false;
	any = next_name(dir) != NULL;
	closedir(dir);
	return any;
}

void aa_key_request_clear(const char *rundir)
{
	DIR *dir = read_dir(rundir);
	const char *name;

	if (!dir)
		return;
	while ((name = next_name(dir)))
		(void)unlinkat(dirfd(dir), name, 0);
	closedir(dir);
}

static bool path_in(const char *rundir, const char *name, char *path, size_t size)
{
	int n = snprintf(path, size, "%s/%s", rundir, name);

	return n > 0 && (size_t)n < size;
}

static int open_file(const char *rundir, const char *name)
{
	char path[4096];
	int fd;

	if (!path_in(rundir, name, path, sizeof(path)))
		return -ENAMETOOLONG;
	if (mkdir(rundir, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
	return fd < 0 ? -errno : fd;
}

int aa_key_request_lock(const char *rundir)
{
	int fd = open_file(rundir, AA_KEY_REQUEST_LOCK), r;

	if (fd < 0)
		return fd;
	while ((r = flock(fd, LOCK_EX)) < 0 && errno == EINTR)
		;
	if (r == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

int64_t aa_key_request_pause(const char *rundir, int64_t now)
{
	char path[4096];
	struct stat st;

	if (!path_in(rundir, AA_KEY_REQUEST_STAMP, path, sizeof(path)) || lstat(path, &st) < 0 ||
	    st.st_mtime > now)
		return 0;
	return st.st_mtime + AA_KEY_REQUEST_PAUSE > now ? st.st_mtime + AA_KEY_REQUEST_PAUSE - now : 0;
}

int aa_key_request_begin(const char *rundir, int64_t now)
{
	const struct timespec times[2] = {{now, 0}, {now, 0}};
	int fd = open_file(rundir, AA_KEY_REQUEST_STAMP), r = 0;

	if (fd < 0)
		return fd;
	if (futimens(fd, times) < 0)
		r = -errno;
	close(fd);
	return r;
}
