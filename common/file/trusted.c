/* SPDX-License-Identifier: Apache-2.0 */
/* trusted.c: opens the files and folders that are going to be believed, and those of our own. */
#include "common/file/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_trusted(const struct stat *st, uid_t owner)
{
	return (st->st_uid == 0 || st->st_uid == owner) && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

int aa_path_join(char *buf, size_t size, const char *dir, const char *name)
{
	size_t dir_len = strlen(dir), name_len = strlen(name);

	if (dir_len + 1 + name_len >= size)
		return -ENAMETOOLONG;
	memmove(buf, dir, dir_len);
	buf[dir_len] = '/';
	memcpy(buf + dir_len + 1, name, name_len + 1);
	return 0;
}

/* Asks fstat() of the opened file: the path could be another file by the time it is asked about. */
static int open_trusted(int dirfd, const char *name, int flags, mode_t type, uid_t owner, int *ret_fd,
			struct stat *ret_st)
{
	int fd, r = 0;

	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
	if (fd < 0)
		return -errno;
	if (fstat(fd, ret_st) < 0)
		r = -errno;
	else if ((ret_st->st_mode & S_IFMT) != type)
		r = -EBADMSG;
	else if (!is_trusted(ret_st, owner))
		r = -EPERM;
	if (r < 0)
		close(fd);
	else
		*ret_fd = fd;
	return r;
}

int aa_trusted_open_stamped(int dirfd, const char *name, uid_t owner, int *ret_fd, struct aa_stamp *ret_stamp)
{
	int saved = errno, r;
	struct stat st;

	r = open_trusted(dirfd, name, O_NOFOLLOW, S_IFREG, owner, ret_fd, &st);
	if (r == 0)
		*ret_stamp = aa_stamp_of(&st);
	errno = saved;
	return r;
}

int aa_trusted_open(int dirfd, const char *name, uid_t owner, int *ret_fd, size_t *ret_size)
{
	struct aa_stamp stamp;
	int r;

	r = aa_trusted_open_stamped(dirfd, name, owner, ret_fd, &stamp);
	if (r == 0)
		*ret_size = (size_t)stamp.size;
	return r;
}

int aa_trusted_open_folder(int dirfd, const char *name, int flags, uid_t owner, int *ret_fd)
{
	int saved = errno, r;
	struct stat st;

	r = open_trusted(dirfd, name, O_DIRECTORY | flags, S_IFDIR, owner, ret_fd, &st);
	errno = saved;
	return r;
}

static int read_whole(int fd, size_t size, char **ret)
{
	char *text = malloc(size + 1);
	ssize_t n = text ? pread(fd, text, size, 0) : -1;
	int r = -EIO; /* cut short since its size was asked */

	if (n == (ssize_t)size) {
		text[size] = '\0';
		*ret = text;
		return 0;
	}
	if (!text)
		r = -ENOMEM;
	else if (n < 0)
		r = -errno;
	free(text);
	return r;
}

int aa_trusted_read(int dirfd, const char *name, uid_t owner, size_t max, char **ret, size_t *ret_len)
{
	int saved = errno, fd, r;
	size_t size;

	r = aa_trusted_open(dirfd, name, owner, &fd, &size);
	if (r < 0)
		return r;
	r = size <= max ? read_whole(fd, size, ret) : -EFBIG;
	if (r == 0)
		*ret_len = size;
	close(fd);
	errno = saved;
	return r;
}

int aa_trusted_open_own(int dirfd, const char *name, int flags, mode_t forbidden, uid_t owner)
{
	int fd = openat(dirfd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && is_trusted(&st, owner) &&
	    !(st.st_mode & forbidden))
		return fd;
	close(fd);
	return -EPERM;
}
