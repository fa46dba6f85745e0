/* SPDX-License-Identifier: Apache-2.0 */
/* folder.c: opening and syncing folders of ours. */
#include "common/file/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

int aa_folder_sync(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return r;
}
