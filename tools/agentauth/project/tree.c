/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c: an agent's rights in a folder, see tree.h.
 *
 * The agent can change the folder meanwhile, if it may write there already. So everything is opened from the folder that holds
 * it, without following a link, and changed by its descriptor. */
#include "config.h"

#include "tools/agentauth/project/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/acl.h"
#include "tools/cli/alloc.h"

#define DEPTH_MAX 200 /* each level holds two descriptors */

static void leave(struct tree *t, enum tree_left why, const char *path)
{
	size_t n = t->n_left[why]++;

	if (n < TREE_NAMED_MAX)
		t->left[why][n] = xstrdup(*path ? path : ".");
}

static int failed(struct tree *t, const char *path, int err)
{
	t->err = -err;
	leave(t, TREE_LEFT_FAILED, path);
	return err;
}

/* ---- the two kinds of ACL ------------------------------------------------------------ */

/* Gives a user what the owner has, but nothing to write where the agent is to read only. */
static bool grant(const struct tree *t, const struct statx *st, uid_t uid, struct aa_acl *acl)
{
	unsigned bits = S_ISDIR(st->stx_mode) ? 7U : st->stx_mode >> 6 & 7U;

	if (t->read && uid == t->agent)
		bits &= ~(unsigned)AA_ACL_W;
	return aa_acl_user(acl, uid) == (int)bits || aa_acl_grant(acl, uid, bits);
}

/* Changes by whom a file is opened. The owner is named too: tools that write a file anew, as sed -i, copy its ACL to one of
 * their own. */
static bool change_access(const struct tree *t, const struct statx *st, struct aa_acl *acl)
{
	if (!t->take)
		return (t->read || grant(t, st, t->person, acl)) && grant(t, st, t->agent, acl);
	(void)aa_acl_take(acl, t->agent);
	(void)aa_acl_take(acl, t->person);
	return true;
}

/* Changes by whom what is made in a folder will be opened. `access` is the folder's own, before it was changed. */
static bool change_default(const struct tree *t, const struct aa_acl *access, mode_t mode, struct aa_acl *acl)
{
	if (t->take) {
		(void)aa_acl_take(acl, t->agent);
		if (!aa_acl_names_others(acl, t->person))
			acl->n = 0;
		return true;
	}
	if (acl->n == 0)
		aa_acl_of_mode(acl, 0700 | (mode & 07) | (aa_acl_group(access) << 3));
	return aa_acl_grant(acl, t->person, 7) && aa_acl_grant(acl, t->agent, t->read ? 5 : 7);
}

static int put_access(struct tree *t, int fd, const struct statx *st, const struct aa_acl *old, bool *changed)
{
	struct aa_acl acl = *old;

	if (!change_access(t, st, &acl))
		return -E2BIG;
	if (aa_acl_equal(&acl, old))
		return 0;
	*changed = true;
	return t->dry ? 0 : aa_acl_write(fd, &acl);
}

static int put_default(struct tree *t, int fd, const struct statx *st, const struct aa_acl *access,
		       bool *changed)
{
	struct aa_acl old, acl;
	int r = aa_acl_read_default(fd, &old);

	if (r < 0)
		return r;
	acl = old;
	if (!change_default(t, access, st->stx_mode, &acl))
		return -E2BIG;
	if (aa_acl_equal(&acl, &old))
		return 0;
	*changed = true;
	return t->dry ? 0 : aa_acl_write_default(fd, &acl);
}

/* The default comes first, so that nothing is made in between by the old one. Only root can give the person what the agent has
 * made, where the rights are taken away. */
static int put(struct tree *t, int fd, const struct statx *st)
{
	struct aa_acl access;
	bool changed = false;
	int r = aa_acl_read(fd, st->stx_mode, &access);

	if (r == 0 && t->take && st->stx_uid == t->agent) {
		changed = true;
		if (!t->dry && fchownat(fd, "", t->person, t->group, AT_EMPTY_PATH) < 0)
			r = -errno;
	}
	if (r == 0 && S_ISDIR(st->stx_mode))
		r = put_default(t, fd, st, &access, &changed);
	if (r == 0)
		r = put_access(t, fd, st, &access, &changed);
	if (r == 0 && changed)
		t->changed++;
	return r;
}

/* ---- the walk ------------------------------------------------------------------------ */

static int look(int fd, struct statx *ret)
{
	return statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, ret) < 0 ? -errno : 0;
}

/* Says what is left as it is, and why; TREE_LEFT_COUNT: it is not. */
static enum tree_left left_why(const struct tree *t, const struct statx *st)
{
	if (st->stx_attributes & STATX_ATTR_MOUNT_ROOT)
		return TREE_LEFT_MOUNTED;
	if (st->stx_uid != t->person && st->stx_uid != t->agent)
		return TREE_LEFT_FOREIGN;
	/* A file can have got its other name, or its bit, since the agent got rights in it: these are taken all the same. */
	if (t->take && st->stx_uid == t->person)
		return TREE_LEFT_COUNT;
	if (S_ISREG(st->stx_mode) && st->stx_nlink > 1)
		return TREE_LEFT_LINKED;
	if (S_ISREG(st->stx_mode) && st->stx_mode & (S_ISUID | S_ISGID))
		return TREE_LEFT_SETID;
	return TREE_LEFT_COUNT;
}

/* Looks whether what the agent made is the person's too, where the person cannot change it. */
static bool is_agents(const struct tree *t, int fd, const struct statx *st)
{
	struct aa_acl acl;

	if (st->stx_uid != t->agent || geteuid() == 0)
		return false;
	return t->take || t->read || aa_acl_read(fd, st->stx_mode, &acl) < 0 ||
	       aa_acl_user(&acl, t->person) != (int)(st->stx_mode >> 6 & 7);
}

static void walk_folder(struct tree *t, int fd, struct buffer *path, size_t depth);

static void take_entry(struct tree *t, int dir, const char *name, struct buffer *path, size_t depth)
{
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct statx st;
	enum tree_left why;
	int r = fd < 0 ? -errno : look(fd, &st);

	if (r < 0) {
		if (r != -ENOENT)
			(void)failed(t, path->data, r);
	} else if (S_ISREG(st.stx_mode) || S_ISDIR(st.stx_mode)) {
		why = left_why(t, &st);
		t->seen++;
		if (why != TREE_LEFT_COUNT) {
			leave(t, why, path->data);
		} else if (is_agents(t, fd, &st)) {
			leave(t, TREE_LEFT_AGENTS, path->data);
		} else if (st.stx_uid == t->person || geteuid() == 0) {
			r = put(t, fd, &st);
			if (r < 0)
				(void)failed(t, path->data, r);
		}
		if (S_ISDIR(st.stx_mode) && (why == TREE_LEFT_COUNT))
			walk_folder(t, fd, path, depth);
	}
	if (fd >= 0)
		close(fd);
}

static void walk_folder(struct tree *t, int fd, struct buffer *path, size_t depth)
{
	int at = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = at < 0 || depth == DEPTH_MAX ? NULL : fdopendir(at);
	size_t len = path->len;
	const struct dirent *e;

	if (!dir) {
		(void)failed(t, path->data, at < 0 ? -errno : -ELOOP);
		if (at >= 0)
			close(at);
		return;
	}
	while ((e = readdir(dir))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		buffer_printf(path, "%s%s", len ? "/" : "", e->d_name);
		take_entry(t, at, e->d_name, path, depth + 1);
		path->len = len;
		path->data[len] = 0;
	}
	closedir(dir);
}

int tree_walk(struct tree *tree, int fd)
{
	struct buffer path = {0};
	struct statx st;
	int r = look(fd, &st);

	if (r == 0)
		r = put(tree, fd, &st);
	if (r == 0) {
		tree->seen++;
		buffer_puts(&path, "");
		walk_folder(tree, fd, &path, 0);
		buffer_free(&path);
	}
	return r;
}

void tree_free(struct tree *tree)
{
	for (size_t why = 0; why < TREE_LEFT_COUNT; why++)
		for (size_t i = 0; i < TREE_NAMED_MAX; i++)
			free(tree->left[why][i]);
}
