/* SPDX-License-Identifier: Apache-2.0 */
/* own_files.c: reads and makes the agent's own files. */
#include "config.h"

#include "tools/agentauth/local/own_files.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "tools/cli/alloc.h"
#include "tools/cli/say.h"

void own_wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* The size of a file is not relied on, since the file may shrink or grow meanwhile. */
ssize_t own_read_fully(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size) {
		n = read(fd, buf + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static int read_open_file(int fd, const char *path, size_t max, char **ret, size_t *ret_len)
{
	char *buf = xmalloc(max + 1);
	ssize_t n = own_read_fully(fd, buf, max + 1);

	if (n < 0 || (size_t)n > max) {
		if (n < 0)
			say("%s cannot be read: %s", path, strerror(errno));
		else
			say("%s is longer than %zu bytes, which no such file is", path, max);
		explicit_bzero(buf, max + 1);
		free(buf);
		return -1;
	}
	buf[n] = 0;
	*ret = buf;
	*ret_len = (size_t)n;
	return 0;
}

/* Says why a file cannot be opened: to whom it belongs, and the command that lets the caller read it. */
static void say_not_opened(const char *path, int err)
{
	struct stat st;

	if (err != EACCES || stat(path, &st) < 0)
		say("%s cannot be opened: %s", path, strerror(err));
	else if (st.st_uid == geteuid())
		say("%s has mode %04o, by which you cannot read it yourself. Do: chmod 600 '%s'", path,
		    st.st_mode & 07777, path);
	else
		say("%s belongs to uid %u with mode %04o, and you are uid %u, who cannot read it. As root: "
		    "chown %u '%s'",
		    path, st.st_uid, st.st_mode & 07777, geteuid(), geteuid(), path);
}

static void say_link(const char *path)
{
	char *target = realpath(path, NULL);

	say("%s is a symbolic link, which is not followed here: who can change a link decides what is read. "
	    "Name what it points to instead, '%s', or put that in its place",
	    path, target ? target : "nothing");
	free(target);
}

static int open_regular(int dirfd, const char *name, int flags, const char *path, struct stat *ret_st)
{
	/* O_NONBLOCK keeps a FIFO from hanging this process. */
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags), err;

	if (fd < 0) {
		err = errno;
		if (err == ELOOP && flags & O_NOFOLLOW)
			say_link(path);
		else
			say_not_opened(path, err);
		errno = err;
		return -1;
	}
	if (fstat(fd, ret_st) == 0 && S_ISREG(ret_st->st_mode))
		return fd;
	say("%s is not a regular file", path);
	close(fd);
	errno = EINVAL;
	return -1;
}

int own_read_any(const char *path, size_t max, char **ret, size_t *ret_len)
{
	struct stat st;
	int fd = open_regular(AT_FDCWD, path, 0, path, &st), result;

	if (fd < 0)
		return -1;
	result = read_open_file(fd, path, max, ret, ret_len);
	close(fd);
	return result;
}

/* In a sticky folder of root's, as the kubelet's volumes are (1777), nobody else takes root's entries away, and the kernel
 * follows no link that others have put there (fs.protected_symlinks). */
static bool is_sticky_of_root(const struct stat *st)
{
	return st->st_uid == 0 && st->st_mode & S_ISVTX;
}

/* Tells whether only root and the caller can change what lies in this folder, and those above it. Of them `named`, in which
 * the file was said to be, may be sticky. */
static bool folder_is_safe(const char *path, const char *named)
{
	char *dir = realpath(path, NULL), *slash;
	struct stat st;
	bool safe = dir != NULL;

	while (safe) {
		safe = stat(dir, &st) == 0 && (st.st_uid == 0 || st.st_uid == geteuid()) &&
		       (!(st.st_mode & 022) || (strcmp(dir, named) == 0 && is_sticky_of_root(&st)));
		slash = strrchr(dir, '/');
		if (!slash || !slash[1])
			break;
		slash[slash == dir] = 0;
	}
	free(dir);
	return safe;
}

/* Returns the folder of a file, without links in it, or NULL; the caller frees. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? xstrndup(path, slash == path ? 1 : (size_t)(slash - path)) : NULL;
	char *resolved = dir ? realpath(dir, NULL) : NULL;

	free(dir);
	return resolved;
}

static bool is_of_root(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_uid == 0;
}

/* The bits that a file which the platform placed must not have. */
enum { PLACED_SECRET = 027, PLACED_TOKEN = 022 };

/* Kubernetes mounts a secret as a file of root's with mode 0440 and the reader's group (a token with 0644), behind links. A
 * token is the pod's user's with mode 0600, or 0640 where the pod has a group for its volumes. Such a file is as safe as the
 * folders of the link and of the file are. */
static bool is_placed_by_root(const char *path, const struct stat *st, mode_t unwanted)
{
	char *target = realpath(path, NULL), *named = folder_of(path),
	     *folder = target ? folder_of(target) : NULL;
	bool safe = named && folder && !(st->st_mode & unwanted) && folder_is_safe(named, named) &&
		    folder_is_safe(folder, named);

	if (st->st_uid != 0)
		safe = safe && st->st_uid == geteuid() && unwanted == PLACED_TOKEN && is_of_root(folder);
	free(target);
	free(named);
	free(folder);
	return safe;
}

static int read_own(const char *path, size_t max, mode_t unwanted, char **ret, size_t *ret_len)
{
	struct stat st;
	int fd = open_regular(AT_FDCWD, path, 0, path, &st), result = -1;

	if (fd < 0)
		return -1;
	if (st.st_uid != geteuid() && !is_placed_by_root(path, &st, unwanted))
		say("%s belongs to uid %u and has mode %04o, and you are uid %u: what is secret is yours "
		    "with mode 0600, or root's with mode 0440 in folders that only root changes",
		    path, st.st_uid, st.st_mode & 07777, geteuid());
	else if (st.st_uid == geteuid() && st.st_mode & 077 && !is_placed_by_root(path, &st, unwanted))
		say("%s has mode %04o: others can read or change it. Do: chmod 600 '%s'", path,
		    st.st_mode & 07777, path);
	else
		result = read_open_file(fd, path, max, ret, ret_len);
	close(fd);
	errno = 0;
	return result;
}

int own_read_secret(const char *path, size_t max, char **ret, size_t *ret_len)
{
	return read_own(path, max, PLACED_SECRET, ret, ret_len);
}

int own_read_token(const char *path, size_t max, char **ret, size_t *ret_len)
{
	return read_own(path, max, PLACED_TOKEN, ret, ret_len);
}

int own_read_credential(const char *path, size_t max, char **ret, size_t *ret_len)
{
	struct stat st;
	int fd = open_regular(AT_FDCWD, path, O_NOFOLLOW, path, &st), result = -1;

	if (fd < 0)
		return -1;
	if ((st.st_uid != geteuid() && st.st_uid != 0) || st.st_mode & 027)
		say("%s has mode %04o and belongs to uid %u: others can read or change it", path,
		    st.st_mode & 07777, st.st_uid);
	else
		result = read_open_file(fd, path, max, ret, ret_len);
	close(fd);
	errno = 0;
	return result;
}

static bool is_trusted(const struct stat *st, const char *path)
{
	if (st->st_uid != geteuid() && st->st_uid != 0)
		say("%s belongs to uid %u, and you are uid %u: it is believed only if it is yours or root's. "
		    "Run this as that user, or with a HOME of your own",
		    path, st->st_uid, geteuid());
	else if (st->st_mode & 022)
		say("%s has mode %04o: others can change it. Do: chmod go-w '%s'", path, st->st_mode & 07777,
		    path);
	else
		return true;
	return false;
}

/* Opens the folder of the file `path`, which must be trusted, and returns its descriptor or -1. */
static int open_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? xstrndup(path, slash == path ? 1 : (size_t)(slash - path)) : xstrdup(".");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = errno;
	struct stat st;

	if (fd < 0) {
		say("%s cannot be opened: %s", path, strerror(err));
	} else if (fstat(fd, &st) < 0 || !is_trusted(&st, dir)) {
		close(fd);
		fd = -1;
		err = EPERM;
	}
	free(dir);
	errno = err;
	return fd;
}

int own_read_config(const char *path, size_t max, char **ret, size_t *ret_len)
{
	const char *slash = strrchr(path, '/');
	int dirfd = open_folder_of(path), fd, result = -1, err;
	struct stat st;

	if (dirfd < 0)
		return -1;
	fd = open_regular(dirfd, slash ? slash + 1 : path, O_NOFOLLOW, path, &st);
	err = errno;
	if (fd >= 0 && is_trusted(&st, path))
		result = read_open_file(fd, path, max, ret, ret_len);
	if (fd >= 0) {
		close(fd);
		err = EPERM;
	}
	close(dirfd);
	errno = err;
	return result;
}

void own_say_not_made(const char *path, int err)
{
	const char *slash = strrchr(path, '/');

	if (err == ENOENT && slash)
		say("%s cannot be made: its folder is not there. Do: mkdir -p '%.*s'", path,
		    (int)(slash - path), path);
	else
		say("%s cannot be made: %s", path, strerror(err));
	if (err == EROFS || err == EACCES)
		own_say_elsewhere();
}

void own_say_elsewhere(void)
{
	say("name a place that you can write to: --out for a key, --config for profiles, which a login finds "
	    "by AGENTAUTH_CONFIG");
}

int own_create(const char *path, const char *text, size_t len)
{
	int r = aa_replace_create(AT_FDCWD, path, text, len, 0600);

	if (r == -EEXIST)
		return say_error("%s is there already, and is not overwritten", path);
	return r < 0 ? own_say_not_made(path, -r), -1 : 0;
}

int own_make_parents(const char *path)
{
	char *dir = xstrdup(path);
	int result = 0;

	for (char *p = strchr(dir + 1, '/'); p && result == 0; p = strchr(p + 1, '/')) {
		*p = 0;
		if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
			say("the folder %s cannot be made: %s", dir, strerror(errno));
			result = -1;
		}
		*p = '/';
	}
	free(dir);
	return result;
}

static const char *home(void)
{
	const char *dir = getenv("HOME");
	const struct passwd *pw;

	if (dir && dir[0] == '/')
		return dir;
	pw = getpwuid(getuid());
	return pw && pw->pw_dir && pw->pw_dir[0] == '/' ? pw->pw_dir : NULL;
}

char *own_expand(const char *path)
{
	const char *dir;

	if (strncmp(path, "~/", 2) != 0)
		return xstrdup(path);
	dir = home();
	if (dir)
		return xasprintf("%s/%s", dir, path + 2);
	say("HOME is not set and uid %u has no home directory, so %s has no meaning. Set HOME, or name the "
	    "file in full",
	    getuid(), path);
	return NULL;
}

char *own_config_path(const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "~/.config/agentauth/%s", name);
	return own_expand(path);
}
