/* SPDX-License-Identifier: Apache-2.0 */
/* conf_text.c: reads and writes configuration files, see conf_text.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "tools/cli/alloc.h"
#include "tools/conf/conf_text.h"

void conf_text_free(struct conf_text *text)
{
	free(text->path);
	free(text->bytes);
	*text = (struct conf_text){0};
}

/* Joins dir/name without printf, since there may be a million of them. */
static void set_path(struct conf_text *text, const char *dir, const char *name)
{
	size_t dir_len = strlen(dir), name_len = strlen(name);

	text->path = xrealloc(text->path, dir_len + name_len + 2, 1);
	memcpy(text->path, dir, dir_len);
	text->path[dir_len] = '/';
	memcpy(text->path + dir_len + 1, name, name_len + 1);
}

/* Makes room for `len` bytes and for the bytes behind them, which it fills in. */
static void make_room(struct conf_text *text, size_t len)
{
	grow(&text->bytes, &text->cap, len + 2, 1);
	text->len = len;
	text->bytes[len] = '\n';
	text->bytes[len + 1] = '\0';
}

void conf_text_set(struct conf_text *text, const char *path, const char *bytes, size_t len)
{
	free(text->path);
	text->path = xstrdup(path);
	text->stamp = (struct aa_stamp){0};
	make_room(text, len);
	memcpy(text->bytes, bytes, len);
}

/* Tells whether the owner and the mode of a file or directory let it be believed. False: the reason was reported. */
static bool is_trusted(const struct stat *st, uid_t owner, bool may_be_sticky,
		       const struct position *position, struct problems *problems)
{
	if (st->st_uid != 0 && st->st_uid != owner) {
		problem_error(problems, position,
			      "belongs to neither root nor you, so that somebody else could change it. As "
			      "root: chown root '%s'",
			      position->file);
		return false;
	}
	if (!(st->st_mode & (S_IWGRP | S_IWOTH)) || (may_be_sticky && (st->st_mode & S_ISVTX)))
		return true;
	problem_error(problems, position,
		      "can be written by its group or by others. As root: chmod go-w '%s'", position->file);
	return false;
}

static int dir_trusted(const char *path, uid_t owner, bool is_parent, struct problems *problems)
{
	struct position position = {.file = path};
	struct stat st;

	if (lstat(path, &st) < 0) {
		problem_error(problems, &position, "cannot be looked at: %s", strerror(errno));
		return -1;
	}
	if (!S_ISDIR(st.st_mode)) {
		problem_error(problems, &position, "is not a directory");
		return -1;
	}
	return is_trusted(&st, owner, is_parent, &position, problems) ? 0 : -1;
}

int conf_dir_open(const char *path, uid_t owner, struct problems *problems, int *ret_fd)
{
	struct position position = {.file = path};
	char part[PATH_MAX];
	int fd;

	if (path[0] != '/' || strlen(path) >= sizeof part) {
		problem_error(problems, &position, "is not an absolute path of fewer than %d bytes",
			      PATH_MAX);
		return -1;
	}
	for (const char *end = path; end; end = strchr(end + 1, '/')) {
		size_t len = end == path ? 1 : (size_t)(end - path);

		memcpy(part, path, len);
		part[len] = '\0';
		if (dir_trusted(part, owner, true, problems) < 0)
			return -1;
	}
	if (dir_trusted(path, owner, false, problems) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		problem_error(problems, &position, "cannot be opened: %s", strerror(errno));
		return -1;
	}
	*ret_fd = fd;
	return 0;
}

/* Tells a person which rule of aa_trusted_open() refused the file, since that answers with one number for all. */
static void report_refused(int dirfd, const char *name, uid_t owner, int error,
			   const struct position *position, struct problems *problems)
{
	const char *why = NULL;
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		if (S_ISLNK(st.st_mode))
			why = "is a symbolic link; it must be the file itself, so that it is known who can "
			      "change it";
		else if (!S_ISREG(st.st_mode))
			why = "is not a regular file";
		else if (!is_trusted(&st, owner, false, position, problems))
			return;
	}
	if (why)
		problem_error(problems, position, "%s", why);
	else
		problem_error(problems, position, "cannot be read: %s", strerror(error));
}

static int read_all(int fd, char *bytes, size_t len)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = read(fd, bytes + have, len - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EAGAIN; /* cut short while it was read */
		have += (size_t)n;
	}
	return 0;
}

static int read_opened(int fd, size_t size, const struct position *position, struct problems *problems,
		       struct conf_text *text)
{
	const char *nul;
	int r;

	if (size > CONF_TEXT_MAX) {
		problem_error(problems, position, "is longer than 1 MiB, which no configuration needs");
		return -1;
	}
	make_room(text, size);
	r = read_all(fd, text->bytes, size);
	if (r < 0) {
		problem_error(problems, position, "cannot be read: %s",
			      r == -EAGAIN ? "it was changed meanwhile; run the command again"
					   : strerror(-r));
		return -1;
	}
	nul = memchr(text->bytes, '\0', size);
	if (nul) {
		problem_error(problems, position, "holds a NUL byte (at byte %td); it is not a text file",
			      nul - text->bytes + 1);
		return -1;
	}
	return 0;
}

int conf_text_read(int dirfd, const char *dir, const char *name, uid_t owner, struct problems *problems,
		   struct conf_text *text)
{
	struct position position;
	int fd, r;

	set_path(text, dir, name);
	position = (struct position){.file = text->path};
	r = aa_trusted_open_stamped(dirfd, name, owner, &fd, &text->stamp);
	if (r == -ENOENT)
		return -ENOENT;
	if (r < 0) {
		report_refused(dirfd, name, owner, -r, &position, problems);
		return -1;
	}
	r = read_opened(fd, (size_t)text->stamp.size, &position, problems, text);
	close(fd);
	return r;
}

static int write_text(int dirfd, const char *name, const char *bytes, size_t len, bool synced)
{
	const struct aa_replace how = {.mode = 0640, .keep_owner = true, .synced = synced, .locked = true};

	return aa_replace(dirfd, name, bytes, len, &how);
}

int conf_text_write(int dirfd, const char *name, const char *bytes, size_t len)
{
	return write_text(dirfd, name, bytes, len, true);
}

int conf_text_write_unsynced(int dirfd, const char *name, const char *bytes, size_t len)
{
	return write_text(dirfd, name, bytes, len, false);
}
