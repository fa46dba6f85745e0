/* SPDX-License-Identifier: Apache-2.0 */
/* incoming.c: the folder that a release is carried into. */
#include "config.h"

#include "tools/sync/incoming.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "common/text/sort.h"
#include "tools/cli/alloc.h"

#define FILE_MAX \
	((size_t)64 << 20) /* of a file that is looked at again; no limit that can be set is higher */

/* ---- the folder --------------------------------------------------------------------- */

static void each_name(int dirfd, void (*each)(int dirfd, const char *name, void *context), void *context)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (const struct dirent *d = readdir(dir); d; d = readdir(dir))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			each(dirfd, d->d_name, context);
	closedir(dir);
}

static void remove_leftover(int dirfd, const char *name, void *context)
{
	(void)context;
	if (name[0] == '.')
		(void)unlinkat(dirfd, name, 0);
}

static int open_within(int dirfd, const char *name)
{
	int fd;

	if (mkdirat(dirfd, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int incoming_open(const char *path, struct incoming *ret)
{
	int r;

	*ret = (struct incoming){open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), -1, -1, true};
	if (ret->folder < 0)
		return -errno;
	ret->files = open_within(ret->folder, "files");
	ret->stops = open_within(ret->folder, "stops");
	r = ret->files < 0 ? ret->files : ret->stops;
	if (r < 0) {
		incoming_close(ret);
		return r;
	}
	each_name(ret->folder, remove_leftover, NULL);
	each_name(ret->files, remove_leftover, NULL);
	each_name(ret->stops, remove_leftover, NULL);
	return 0;
}

void incoming_close(struct incoming *incoming)
{
	const int fds[] = {incoming->folder, incoming->files, incoming->stops};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* ---- one file ------------------------------------------------------------------------ */

static int place_of(const struct incoming *incoming, const struct carried *file, char path[CARRIED_PATH_SIZE],
		    const char **ret_name)
{
	const char *slash;

	carried_path(file, path);
	slash = strchr(path, '/');
	*ret_name = slash ? slash + 1 : path;
	switch (file->kind) {
	case CARRIED_FILE:
		return incoming->files;
	case CARRIED_STOP:
		return incoming->stops;
	case CARRIED_MANIFEST:
	default:
		return incoming->folder;
	}
}

static char *read_whole(int dirfd, const char *name, size_t *ret_len)
{
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	char *text = NULL;
	size_t len;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size <= FILE_MAX) {
		len = (size_t)st.st_size;
		text = xmalloc(len + 1);
		if (read(fd, text, len) != (ssize_t)len) {
			free(text);
			text = NULL;
		}
		*ret_len = len;
	}
	close(fd);
	return text;
}

bool incoming_has(const struct incoming *incoming, const struct carried *file)
{
	char path[CARRIED_PATH_SIZE];
	const char *name;
	int dirfd = place_of(incoming, file, path, &name);
	struct carried there = *file;
	size_t len = 0;
	char *text = read_whole(dirfd, name, &len);
	bool fits = text && carried_fits(&there, text, len) && strcmp(there.hex, file->hex) == 0;

	free(text);
	return fits;
}

bool incoming_there(const struct incoming *incoming, const struct carried *file)
{
	char path[CARRIED_PATH_SIZE];
	const char *name;
	int dirfd = place_of(incoming, file, path, &name);

	return faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int incoming_sync(const struct incoming *incoming)
{
	return syncfs(incoming->folder) < 0 ? -errno : 0;
}

int incoming_put(struct incoming *incoming, const struct carried *file, const void *content, size_t len)
{
	const struct aa_replace how = {.mode = 0644, .synced = file->kind != CARRIED_FILE};
	char path[CARRIED_PATH_SIZE];
	const char *name;
	int dirfd = place_of(incoming, file, path, &name);

	if (incoming_has(incoming, file))
		return 0;
	if (file->kind == CARRIED_STOP)
		incoming->stops_changed = true;
	return aa_replace(dirfd, name, content, len, &how);
}

void incoming_drop(struct incoming *incoming, const struct carried *file)
{
	char path[CARRIED_PATH_SIZE];
	const char *name;
	int dirfd = place_of(incoming, file, path, &name);

	if (unlinkat(dirfd, name, 0) == 0 && file->kind == CARRIED_STOP)
		incoming->stops_changed = true;
}

/* ---- all of a kind -------------------------------------------------------------------- */

struct names {
	char **v;
	size_t n, cap;
};

static void gather(int dirfd, const char *name, void *context)
{
	struct names *names = context;

	(void)dirfd;
	grow(&names->v, &names->cap, names->n + 1, sizeof(*names->v));
	names->v[names->n++] = xstrdup(name);
}

static void names_free(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int incoming_index(struct incoming *incoming)
{
	const struct aa_replace how = {.mode = 0644};
	struct names names = {NULL, 0, 0};
	struct buffer text = {NULL, 0, 0};
	struct carried file;
	int r;

	if (!incoming->stops_changed)
		return 0;
	each_name(incoming->stops, gather, &names);
	aa_sort(names.v, names.n, sizeof(*names.v), by_text);
	for (size_t i = 0; i < names.n; i++)
		if (carried_of_name(names.v[i], CARRIED_STOP, &file))
			buffer_printf(&text, "%s\n", names.v[i]);
	r = aa_replace(incoming->stops, "index", text.data ? text.data : "", text.len, &how);
	incoming->stops_changed = r < 0;
	names_free(&names);
	buffer_free(&text);
	return r;
}

static void sweep_one(struct incoming *incoming, int dirfd, enum carried_kind kind,
		      bool (*keep)(const struct carried *, void *), void *context)
{
	struct names names = {NULL, 0, 0};
	struct carried file;

	each_name(dirfd, gather, &names);
	for (size_t i = 0; i < names.n; i++)
		if (carried_of_name(names.v[i], kind, &file) && !keep(&file, context))
			incoming_drop(incoming, &file);
	names_free(&names);
}

void incoming_sweep(struct incoming *incoming, bool (*keep)(const struct carried *, void *), void *context)
{
	sweep_one(incoming, incoming->files, CARRIED_FILE, keep, context);
	sweep_one(incoming, incoming->stops, CARRIED_STOP, keep, context);
}
