/* SPDX-License-Identifier: Apache-2.0 */
/* support_tree.c: a folder in memory, see support_tree.h. */
#include <config.h>

#include "tests/unit/support/support_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text/sort.h"
#include "tests/unit/support/test.h"
#include "tools/cli/alloc.h"

/* ---- in memory --------------------------------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct tree_entry *)a)->path, ((const struct tree_entry *)b)->path);
}

void tree_sort(struct tree *tree)
{
	aa_sort(tree->v, tree->n, sizeof(*tree->v), by_path);
}

void tree_add(struct tree *tree, const char *path, const struct tree_entry *like)
{
	struct tree_entry *e;

	grow(&tree->v, &tree->cap, tree->n + 1, sizeof(*tree->v));
	e = &tree->v[tree->n++];
	*e = (struct tree_entry){xstrdup(path), like->mode, NULL, like->len};
	if (like->bytes) {
		e->bytes = xmalloc(like->len + 1);
		memcpy(e->bytes, like->bytes, like->len);
		e->bytes[like->len] = '\0';
	}
}

void tree_free(struct tree *tree)
{
	for (size_t i = 0; i < tree->n; i++) {
		free(tree->v[i].path);
		free(tree->v[i].bytes);
	}
	free(tree->v);
	*tree = (struct tree){0};
}

const struct tree_entry *tree_find(const struct tree *tree, const char *path)
{
	const struct tree_entry wanted = {.path = (char *)(uintptr_t)path};

	return aa_search(&wanted, tree->v, tree->n, sizeof(*tree->v), by_path);
}

static bool same(const struct tree_entry *a, const struct tree_entry *b)
{
	return a->mode == b->mode && a->len == b->len && !a->bytes == !b->bytes &&
	       (!a->bytes || memcmp(a->bytes, b->bytes, a->len) == 0);
}

const char *tree_differs(const struct tree *a, const struct tree *b)
{
	static char what[512];

	for (size_t i = 0; i < a->n || i < b->n; i++) {
		int order = i >= a->n ? 1 : i >= b->n ? -1 : strcmp(a->v[i].path, b->v[i].path);

		if (order)
			(void)snprintf(what, sizeof(what), "%s, which %s",
				       order > 0 ? b->v[i].path : a->v[i].path, order > 0 ? "came" : "went");
		else if (!same(&a->v[i], &b->v[i]))
			(void)snprintf(what, sizeof(what), "%s, of mode %o and %o", a->v[i].path,
				       a->v[i].mode, b->v[i].mode);
		else
			continue;
		return what;
	}
	return NULL;
}

/* ---- from the disk ------------------------------------------------------------------------- */

static void read_bytes(int dir, const char *name, const struct stat *st, struct tree_entry *ret)
{
	int fd;

	ret->bytes = xmalloc((size_t)st->st_size + 1);
	if (S_ISLNK(st->st_mode)) {
		ret->len = (size_t)readlinkat(dir, name, ret->bytes, (size_t)st->st_size);
		ret->bytes[ret->len] = '\0';
		return;
	}
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, ret->bytes, (size_t)st->st_size), st->st_size);
	ret->len = (size_t)st->st_size;
	ret->bytes[ret->len] = '\0';
	close(fd);
}

static void read_folder(int dir, const char *path, struct tree *ret);

static void read_one(int dir, const char *path, const char *name, struct tree *ret)
{
	char *whole = xasprintf("%s%s%s", path, *path ? "/" : "", name);
	struct tree_entry entry = {.path = whole};
	struct stat st;

	assert_int_equal(fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	entry.mode = st.st_mode;
	if (!S_ISDIR(st.st_mode))
		read_bytes(dir, name, &st, &entry);
	grow(&ret->v, &ret->cap, ret->n + 1, sizeof(*ret->v));
	ret->v[ret->n++] = entry;
	if (S_ISDIR(st.st_mode))
		read_folder(openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), whole, ret);
}

static void read_folder(int dir, const char *path, struct tree *ret)
{
	const struct dirent *entry;
	DIR *files = fdopendir(dir);

	assert_non_null(files);
	while ((entry = readdir(files)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			read_one(dirfd(files), path, entry->d_name, ret);
	closedir(files);
}

void tree_read(const char *root, struct tree *ret)
{
	*ret = (struct tree){0};
	read_folder(open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "", ret);
	tree_sort(ret);
}

/* ---- to the disk ----------------------------------------------------------------------------- */

static void write_file(int root, const struct tree_entry *e)
{
	int fd = openat(root, e->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, e->bytes, e->len), e->len);
	assert_int_equal(fchmod(fd, e->mode & 07777), 0);
	close(fd);
}

static void put(int root, const struct tree_entry *e)
{
	if (S_ISDIR(e->mode)) {
		(void)mkdirat(root, e->path, 0700);
		assert_int_equal(fchmodat(root, e->path, e->mode & 07777, 0), 0);
	} else if (S_ISLNK(e->mode)) {
		assert_int_equal(symlinkat(e->bytes, root, e->path), 0);
	} else {
		write_file(root, e);
	}
}

static void take_away(int root, const struct tree_entry *e)
{
	assert_int_equal(unlinkat(root, e->path, S_ISDIR(e->mode) ? AT_REMOVEDIR : 0), 0);
}

void tree_restore(const char *root, const struct tree *wanted, const struct tree *now)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	for (size_t i = now->n; i-- > 0;) {
		const struct tree_entry *e = tree_find(wanted, now->v[i].path);

		if (!e || (!same(e, &now->v[i]) && !(S_ISDIR(e->mode) && S_ISDIR(now->v[i].mode))))
			take_away(fd, &now->v[i]);
	}
	for (size_t i = 0; i < wanted->n; i++) {
		const struct tree_entry *e = tree_find(now, wanted->v[i].path);

		if (!e || !same(e, &wanted->v[i]))
			put(fd, &wanted->v[i]);
	}
	close(fd);
}
