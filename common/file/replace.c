/* SPDX-License-Identifier: Apache-2.0 */
/* replace.c: writes a file whole. */
#include "common/file/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/file/folder.h"

#define FLAGS (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY)

/* Writes all of the bytes, however often write() is interrupted or takes a part. */
static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Names the file beside. It is hidden, so that no reader of a folder takes it for one of those that it looks for. */
static int beside(const char *name, bool locked, char *ret, size_t size)
{
	const char *slash = strrchr(name, '/');
	const char *file = slash ? slash + 1 : name;
	int n;

	if (locked)
		n = snprintf(ret, size, "%.*s.%s.new", (int)(file - name), name, file);
	else
		n = snprintf(ret, size, "%.*s.%s.%ld", (int)(file - name), name, file, (long)getpid());
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* A label is the kernel's to refuse: it gives the new file one of its own. */
static int copy_attribute(int from, int to, const char *name)
{
	char value[16384];
	ssize_t len = fgetxattr(from, name, value, sizeof(value));

	if (len < 0)
		return errno == ENODATA ? 0 : -errno;
	if (fsetxattr(to, name, value, (size_t)len, 0) == 0 || errno == ENOTSUP ||
	    strncmp(name, "security.", strlen("security.")) == 0)
		return 0;
	return -errno;
}

static int copy_attributes(int from, int to)
{
	char names[4096];
	ssize_t n = flistxattr(from, names, sizeof(names));
	int r = 0;

	if (n < 0)
		return errno == ENOTSUP ? 0 : -errno;
	for (const char *name = names; r == 0 && name < names + n; name += strlen(name) + 1)
		r = copy_attribute(from, to, name);
	return r;
}

/* A file that is no regular one is not replaced, since this function did not write it. */
static int take_over_owner(int fd, int dirfd, const char *name, mode_t mode)
{
	struct stat st;
	int from, r;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT && fchmod(fd, mode) == 0 ? 0 : -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (fchown(fd, st.st_uid, st.st_gid) < 0 || fchmod(fd, st.st_mode & 07777) < 0)
		return -errno;
	from = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (from < 0)
		return errno == EACCES ? 0 : -errno;
	r = copy_attributes(from, fd);
	close(from);
	return r;
}

static int set_owner(int fd, int dirfd, const char *name, const struct aa_replace *how)
{
	mode_t mode = how->mode ? how->mode : 0600;

	if (how->keep_owner || how->like)
		return take_over_owner(fd, dirfd, how->like ? how->like : name, mode);
	return fchmod(fd, mode) < 0 ? -errno : 0;
}

static int set_mtime(int fd, const struct timespec *mtime)
{
	const struct timespec times[2] = {*mtime, *mtime};

	return futimens(fd, times) < 0 ? -errno : 0;
}

static int fill(int fd, int dirfd, const char *name, const char *bytes, size_t len,
		const struct aa_replace *how)
{
	int r = write_all(fd, bytes, len);

	if (r == 0)
		r = set_owner(fd, dirfd, name, how);
	if (r == 0 && how->mtime)
		r = set_mtime(fd, how->mtime);
	if (r == 0 && how->synced && fsync(fd) < 0)
		r = -errno;
	return r;
}

static int put_in_place(int dirfd, const char *temp, const char *name, bool only_new)
{
	int n = only_new ? linkat(dirfd, temp, dirfd, name, 0) : renameat(dirfd, temp, dirfd, name);

	return n < 0 ? -errno : 0;
}

/* A name without a folder may be relative to AT_FDCWD, which is no descriptor, so "." is opened there as well. */
static int sync_folder_of(int dirfd, const char *name)
{
	const char *slash = strrchr(name, '/');
	char folder[PATH_MAX] = ".";

	if (slash) /* of "/NAME" it is "/" */
		(void)snprintf(folder, sizeof(folder), "%.*s", slash == name ? 1 : (int)(slash - name), name);
	return aa_folder_sync(dirfd, folder);
}

int aa_replace(int dirfd, const char *name, const char *bytes, size_t len, const struct aa_replace *how)
{
	char temp[PATH_MAX];
	int r = beside(name, how->locked, temp, sizeof(temp)), fd;

	if (r < 0)
		return r;
	fd = openat(dirfd, temp, FLAGS, 0600);
	if (fd < 0 && errno == EEXIST && unlinkat(dirfd, temp, 0) == 0) /* of a writer that was killed */
		fd = openat(dirfd, temp, FLAGS, 0600);
	if (fd < 0)
		return -errno;
	r = fill(fd, dirfd, name, bytes, len, how);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0)
		r = put_in_place(dirfd, temp, name, how->only_new);
	if (r < 0 || how->only_new)
		(void)unlinkat(dirfd, temp, 0);
	return r == 0 && how->synced ? sync_folder_of(dirfd, name) : r;
}

void aa_replace_forget(int dirfd, const char *name)
{
	char temp[PATH_MAX];

	if (beside(name, true, temp, sizeof(temp)) == 0)
		(void)unlinkat(dirfd, temp, 0);
}

int aa_replace_create(int dirfd, const char *name, const char *bytes, size_t len, mode_t mode)
{
	const struct aa_replace how = {.mode = mode, .synced = true};
	int fd = openat(dirfd, name, FLAGS, 0600), r;

	if (fd < 0)
		return -errno;
	r = fill(fd, dirfd, name, bytes, len, &how);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dirfd, name, 0);
	return r;
}
