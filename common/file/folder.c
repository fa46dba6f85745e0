/* SPDX-License-Identifier: Apache-2.0 */
/* folder.c: opens, makes and syncs folders of ours. */
#include "common/file/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/trusted.h"

int aa_folder_open(const char *base, const char *name)
{
	char path[PATH_MAX];
	int r = aa_path_join(path, sizeof(path), base, name), fd;

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int make(int dirfd, const char *name)
{
	return mkdirat(dirfd, name, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

int aa_folder_make(const char *base, const char *const *names, size_t n)
{
	int fd, r = make(AT_FDCWD, base);

	if (r < 0)
		return r;
	fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < n && r == 0; i++)
		r = make(fd, names[i]);
	close(fd);
	return r;
}

int aa_folder_sync(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return r;
}
