/* SPDX-License-Identifier: Apache-2.0 */
/* cdb_write.c writes a generation's two files, see cdb_write.h. */
#include "config.h"

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/registry/accounts.h"
#include "common/registry/generation.h"
#include "tools/agentauthctl/publish/cdb_write.h"

#define SPILL_FILE "last-records.tmp"
#define SPILL_BUFFER 262144
#define CDB_HEAD 2048 /* bytes before a cdb's first record, whose key is behind two lengths of 4 bytes */

/* Once all accounts by name are written, the records by uid need these again. */
struct kept {
	const char *name, *gecos;
	uint32_t uid, flags;
};

struct cdb_writer {
	const struct model *model;
	int accounts_fd, policy_fd;
	struct cdb_make accounts, policy;
	bool accounts_open, policy_open;
	FILE *spill; /* the "s" and "r" records, which stand last */
	char spill_buffer[SPILL_BUFFER];
	struct kept *kept;
	size_t n, cap;
	struct arena arena;
	struct buffer value, last;
};

/* libcdb answers -1 and sets errno, but not always. */
static int cdb_error(void)
{
	return errno == ENOMEM ? -EFBIG : errno ? -errno : -EIO;
}

/* stdio sets errno where the system said no, and not where a file ended. */
static int stdio_error(void)
{
	return errno ? -errno : -EIO;
}

static int put(struct cdb_make *cdb, const void *key, size_t key_len, const void *value, size_t len)
{
	errno = 0;
	if (cdb_make_add(cdb, key, (unsigned)key_len, value, (unsigned)len) < 0)
		return cdb_error();
	return 0;
}

static int put_by_name(struct cdb_writer *s, char kind, const char *name, const struct buffer *value)
{
	char key[64];
	int len = snprintf(key, sizeof(key), "%c%s", kind, name);

	return put(&s->accounts, key, (size_t)len, value->data, value->len);
}

static int put_by_id(struct cdb_writer *s, char kind, uint32_t id, const struct buffer *value)
{
	unsigned char key[5] = {(unsigned char)kind, (unsigned char)id, (unsigned char)(id >> 8),
				(unsigned char)(id >> 16), (unsigned char)(id >> 24)};

	return put(&s->accounts, key, sizeof(key), value->data, value->len);
}

/* ---- accounts.cdb -------------------------------------------------------- */

static void header_value(const struct cdb_writer *s, struct buffer *value)
{
	const struct aa_accounts_policy *a = &s->model->host.accounts;

	buffer_clear(value);
	buffer_puts(value, AA_ACCOUNTS_MAGIC);
	buffer_u32(value, (uint32_t)a->uid_min);
	buffer_u32(value, (uint32_t)a->uid_max);
	buffer_u32(value, (uint32_t)a->gid);
	buffer_u32(value, (uint32_t)s->n);
	buffer_u32(value, (uint32_t)s->model->roles.n + 1);
	buffer_add(value, a->group, strlen(a->group) + 1);
}

static void account_value(const struct model *model, const struct kept *k, struct buffer *value)
{
	bool retired = k->flags & AA_ACCOUNT_RETIRED;

	buffer_clear(value);
	buffer_u32(value, k->uid);
	buffer_u32(value, k->flags);
	buffer_add(value, k->name, strlen(k->name) + 1);
	buffer_add(value, k->gecos, strlen(k->gecos) + 1);
	buffer_puts(value, model->host.accounts.home);
	buffer_puts(value, "/");
	buffer_add(value, k->name, strlen(k->name) + 1);
	/* Nothing lets a retired agent in; if something did, this would still be no shell. */
	buffer_puts(value, retired ? "/usr/sbin/nologin" : model->host.accounts.shell);
	buffer_add(value, "", 1);
}

static void group_value(uint32_t gid, const char *prefix, const char *name, struct buffer *value)
{
	buffer_clear(value);
	buffer_u32(value, gid);
	buffer_puts(value, prefix);
	buffer_add(value, name, strlen(name) + 1);
}

/* A record waits for its place at the end: its kind, and two lengths, stand before its name and its value. */
static int spill(struct cdb_writer *s, char kind, const char *name, const void *value, size_t len)
{
	uint32_t head[3] = {(uint32_t)kind, (uint32_t)strlen(name), (uint32_t)len};

	if (!len)
		return 0;
	errno = 0;
	if (fwrite(head, sizeof(head), 1, s->spill) != 1 || fwrite(name, head[1], 1, s->spill) != 1 ||
	    fwrite(value, len, 1, s->spill) != 1)
		return stdio_error();
	return 0;
}

static int spill_roles(struct cdb_writer *s, const struct cdb_account *a)
{
	buffer_clear(&s->value);
	for (size_t i = 0; i < a->n_role_gids; i++)
		buffer_u32(&s->value, a->role_gids[i]);
	return spill(s, 'r', a->name, s->value.data, s->value.len);
}

int cdb_write_account(struct cdb_writer *s, const struct cdb_account *a)
{
	struct kept *k;
	int r;

	grow(&s->kept, &s->cap, s->n + 1, sizeof(*s->kept));
	k = &s->kept[s->n++];
	*k = (struct kept){arena_strdup(&s->arena, a->name), "", a->uid,
			   a->flags | (a->n_role_gids ? AA_ACCOUNT_ROLES : 0)};
	if (a->gecos && *a->gecos)
		k->gecos = arena_strdup(&s->arena, a->gecos);
	account_value(s->model, k, &s->value);
	if (s->value.len > AA_ACCOUNTS_VALUE_MAX)
		return -EOVERFLOW;
	r = put_by_name(s, 'n', a->name, &s->value);
	if (r == 0 && a->ssh)
		r = spill(s, 's', a->name, a->ssh, a->ssh_len);
	return r < 0 ? r : spill_roles(s, a);
}

static int put_groups(struct cdb_writer *s, bool by_name)
{
	const struct model *m = s->model;
	int r;

	group_value((uint32_t)m->host.accounts.gid, "", m->host.accounts.group, &s->value);
	r = by_name ? put_by_name(s, 'g', m->host.accounts.group, &s->value)
		    : put_by_id(s, 'i', (uint32_t)m->host.accounts.gid, &s->value);
	for (size_t i = 0; r == 0 && i < m->roles.n; i++) {
		const struct aa_role *role = &m->roles.v[i];
		char name[64];

		snprintf(name, sizeof(name), AA_ROLE_GROUP_PREFIX "%s", role->name);
		group_value((uint32_t)role->gid, AA_ROLE_GROUP_PREFIX, role->name, &s->value);
		r = by_name ? put_by_name(s, 'g', name, &s->value)
			    : put_by_id(s, 'i', (uint32_t)role->gid, &s->value);
	}
	return r;
}

static int put_uids(struct cdb_writer *s)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n; i++) {
		account_value(s->model, &s->kept[i], &s->value);
		r = put_by_id(s, 'u', s->kept[i].uid, &s->value);
	}
	return r;
}

static int put_last(struct cdb_writer *s)
{
	uint32_t head[3];
	char name[64];
	int r = 0;

	errno = 0;
	if (fflush(s->spill) != 0 || fseek(s->spill, 0, SEEK_SET) != 0)
		return stdio_error();
	while (r == 0 && fread(head, sizeof(head), 1, s->spill) == 1) {
		if (head[1] >= sizeof(name))
			return -EIO;
		grow(&s->last.data, &s->last.cap, head[2] + 1, 1);
		if (fread(name, head[1], 1, s->spill) != 1 || fread(s->last.data, head[2], 1, s->spill) != 1)
			return -EIO;
		name[head[1]] = '\0';
		s->last.len = head[2];
		r = put_by_name(s, (char)head[0], name, &s->last);
	}
	return r < 0 ? r : ferror(s->spill) ? -EIO : 0;
}

/* The number of accounts is known at the end only, so that the header, whose length stays the same, is written again. */
static int patch_header(struct cdb_writer *s)
{
	off_t at = CDB_HEAD + 8 + 1;

	header_value(s, &s->value);
	if (pwrite(s->accounts_fd, s->value.data, s->value.len, at) != (ssize_t)s->value.len)
		return errno ? -errno : -EIO;
	return 0;
}

static int finish_file(struct cdb_make *cdb, bool *open, int fd, mode_t mode)
{
	*open = false;
	errno = 0;
	if (cdb_make_finish(cdb) < 0)
		return cdb_error();
	return fchmod(fd, mode) < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* ---- both ---------------------------------------------------------------- */

static int make_file(int dirfd, const char *name, struct cdb_make *cdb, bool *open, int *ret_fd)
{
	*ret_fd = openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*ret_fd < 0)
		return -errno;
	errno = 0;
	*open = cdb_make_start(cdb, *ret_fd) == 0;
	return *open ? 0 : cdb_error();
}

/* A file system that knows no file without a name has one for a moment. */
static int open_spill(int dirfd)
{
	int fd = openat(dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	fd = openat(dirfd, SPILL_FILE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		unlinkat(dirfd, SPILL_FILE, 0);
	return fd;
}

static int make_spill(int dirfd, char buffer[SPILL_BUFFER], FILE **ret)
{
	int fd = open_spill(dirfd);

	if (fd < 0)
		return -errno;
	*ret = fdopen(fd, "w+");
	if (*ret) {
		setvbuf(*ret, buffer, _IOFBF, SPILL_BUFFER);
		return 0;
	}
	close(fd);
	return -ENOMEM;
}

int cdb_write_begin(int dirfd, const struct model *model, struct cdb_writer **ret)
{
	struct cdb_writer *s = xcalloc(1, sizeof(*s));
	int r;

	s->model = model;
	s->policy_fd = -1;
	r = make_file(dirfd, AA_ACCOUNTS_FILE, &s->accounts, &s->accounts_open, &s->accounts_fd);
	if (r == 0)
		r = make_file(dirfd, AA_POLICY_FILE, &s->policy, &s->policy_open, &s->policy_fd);
	if (r == 0)
		r = make_spill(dirfd, s->spill_buffer, &s->spill);
	if (r == 0) {
		header_value(s, &s->value);
		r = put(&s->accounts, "H", 1, s->value.data, s->value.len);
	}
	if (r < 0)
		cdb_write_free(s);
	else
		*ret = s;
	return r;
}

int cdb_write_policy(struct cdb_writer *s, const char *key, const char *value, size_t len)
{
	return put(&s->policy, key, strlen(key), value, len);
}

int cdb_write_finish(struct cdb_writer *s)
{
	int r = put_groups(s, true);

	if (r == 0)
		r = put_uids(s);
	if (r == 0)
		r = put_groups(s, false);
	if (r == 0)
		r = put_last(s);
	if (r == 0)
		r = finish_file(&s->policy, &s->policy_open, s->policy_fd, 0600);
	if (r == 0)
		r = finish_file(&s->accounts, &s->accounts_open, s->accounts_fd, 0644);
	if (r == 0)
		r = patch_header(s);
	if (r == 0 && fsync(s->accounts_fd) < 0)
		r = -errno;
	cdb_write_free(s);
	return r;
}

void cdb_write_free(struct cdb_writer *s)
{
	if (!s)
		return;
	if (s->accounts_open)
		cdb_make_finish(&s->accounts); /* frees what it holds */
	if (s->policy_open)
		cdb_make_finish(&s->policy);
	if (s->accounts_fd >= 0)
		close(s->accounts_fd);
	if (s->policy_fd >= 0)
		close(s->policy_fd);
	if (s->spill)
		fclose(s->spill);
	free(s->kept);
	arena_free(&s->arena);
	buffer_free(&s->value);
	buffer_free(&s->last);
	free(s);
}
