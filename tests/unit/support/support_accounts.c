/* SPDX-License-Identifier: Apache-2.0 */
/* support_accounts.c: the writer of test registries. */
#include <config.h>

#include "tests/unit/support/support_accounts.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cdb.h>

#include "common/registry/accounts.h"
#include "common/registry/generation.h"

static void need(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "test support: %s: %s\n", what, strerror(errno));
		abort();
	}
}

char *support_tmpdir(void)
{
	const char *base = getenv("TMPDIR");
	char *dir = NULL;

	need(asprintf(&dir, "%s/agentauth-test-XXXXXX", base ? base : "/tmp") > 0, "asprintf");
	need(mkdtemp(dir) != NULL, dir);
	need(chmod(dir, 0755) == 0, dir);
	return dir;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void support_remove(const char *dir)
{
	need(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0, dir);
}

char *test_dir;

int test_dir_setup(void **state)
{
	(void)state;
	test_dir = support_tmpdir();
	return 0;
}

int test_dir_teardown(void **state)
{
	(void)state;
	support_remove(test_dir);
	free(test_dir);
	test_dir = NULL;
	return 0;
}

const struct test_fixture fixture_folder = {test_dir_setup, test_dir_teardown};

void support_write_file(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	need(fd >= 0, path);
	need(write(fd, bytes, len) == (ssize_t)len, path);
	need(fchmod(fd, 0644) == 0 && close(fd) == 0, path);
}

char *support_read_file(const char *path, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *bytes;

	need(fd >= 0 && fstat(fd, &st) == 0, path);
	bytes = malloc((size_t)st.st_size + 1);
	need(bytes != NULL && read(fd, bytes, (size_t)st.st_size) == st.st_size && close(fd) == 0, path);
	bytes[st.st_size] = '\0';
	*ret_len = (size_t)st.st_size;
	return bytes;
}

/* ---- records ------------------------------------------------------------- */

struct value {
	size_t len;
	char bytes[AA_ACCOUNTS_VALUE_MAX * 2];
};

static void put_bytes(struct value *v, const void *bytes, size_t len)
{
	need(v->len + len <= sizeof(v->bytes), "a record of a test is too long");
	memcpy(v->bytes + v->len, bytes, len);
	v->len += len;
}

static void put_u32(struct value *v, uint32_t n)
{
	unsigned char p[4] = {(unsigned char)n, (unsigned char)(n >> 8), (unsigned char)(n >> 16),
			      (unsigned char)(n >> 24)};

	put_bytes(v, p, sizeof(p));
}

static void put_string(struct value *v, const char *s)
{
	put_bytes(v, s, strlen(s) + 1);
}

static void add(struct cdb_make *cdb, char kind, const void *key, size_t key_len, const void *value,
		size_t len)
{
	char k[256] = {kind};

	need(key_len < sizeof(k), "a key of a test is too long");
	memcpy(k + 1, key, key_len);
	need(cdb_make_add(cdb, k, (unsigned)key_len + 1, value, (unsigned)len) == 0, "cdb_make_add");
}

static void add_under_id(struct cdb_make *cdb, char kind, uint32_t id, const struct value *v)
{
	struct value key = {0};

	put_u32(&key, id);
	add(cdb, kind, key.bytes, key.len, v->bytes, v->len);
}

static struct value account_value(const struct support_account *a)
{
	struct value v = {0};
	char home[512];

	snprintf(home, sizeof(home), "/home/agents/%s", a->name);
	put_u32(&v, a->uid);
	put_u32(&v, a->flags);
	put_string(&v, a->name);
	put_string(&v, a->gecos ? a->gecos : "");
	put_string(&v, a->home ? a->home : home);
	put_string(&v, a->shell ? a->shell : "/bin/bash");
	return v;
}

static struct value group_value(const char *name, uint32_t gid)
{
	struct value v = {0};

	put_u32(&v, gid);
	put_string(&v, name);
	return v;
}

static void add_header(struct cdb_make *cdb, const struct support_registry *r, const char *group,
		       uint32_t gid)
{
	const char *magic = r->magic ? r->magic : AA_ACCOUNTS_MAGIC;
	struct value v = {0};

	put_bytes(&v, magic, strlen(magic));
	put_u32(&v, r->uid_min ? r->uid_min : AA_UID_MIN_DEFAULT);
	put_u32(&v, r->uid_max ? r->uid_max : AA_UID_MAX_DEFAULT);
	put_u32(&v, gid);
	put_u32(&v, (uint32_t)r->n_accounts);
	put_u32(&v, (uint32_t)r->n_groups + 1);
	put_string(&v, group);
	add(cdb, 'H', "", 0, v.bytes, v.len);
}

static void add_accounts(struct cdb_make *cdb, const struct support_registry *r, char kind)
{
	for (size_t i = 0; i < r->n_accounts; i++) {
		const struct support_account *a = &r->accounts[i];
		struct value v = account_value(a);

		if (kind == 'n')
			add(cdb, 'n', a->name, strlen(a->name), v.bytes, v.len);
		else if (kind == 'u')
			add_under_id(cdb, 'u', a->uid, &v);
		else if (a->ssh_keys)
			add(cdb, 's', a->name, strlen(a->name), a->ssh_keys, strlen(a->ssh_keys));
		if (kind == 's' && a->role_gids)
			add(cdb, 'r', a->name, strlen(a->name), a->role_gids, a->role_gids_len);
	}
}

static void add_groups(struct cdb_make *cdb, const struct support_registry *r, char kind, const char *group,
		       uint32_t gid)
{
	struct support_group agents = {group, gid};

	for (size_t i = 0; i <= r->n_groups; i++) {
		const struct support_group *g = i == 0 ? &agents : &r->groups[i - 1];
		struct value v = group_value(g->name, g->gid);

		if (kind == 'g')
			add(cdb, 'g', g->name, strlen(g->name), v.bytes, v.len);
		else
			add_under_id(cdb, 'i', g->gid, &v);
	}
}

void support_write_accounts(const char *path, const struct support_registry *r)
{
	uint32_t gid = r->gid_agents ? r->gid_agents : AA_GID_AGENTS_DEFAULT;
	const char *group = r->group ? r->group : "agents";
	struct cdb_make cdb;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	need(fd >= 0 && fchmod(fd, 0644) == 0, path);
	need(cdb_make_start(&cdb, fd) == 0, path);
	add_header(&cdb, r, group, gid);
	add_accounts(&cdb, r, 'n');
	add_groups(&cdb, r, 'g', group, gid);
	add_accounts(&cdb, r, 'u');
	add_groups(&cdb, r, 'i', group, gid);
	add_accounts(&cdb, r, 's');
	need(cdb_make_finish(&cdb) == 0 && close(fd) == 0, path);
}

/* ---- generations --------------------------------------------------------- */

static void make_dir(const char *path)
{
	need((mkdir(path, 0755) == 0 || errno == EEXIST) && chmod(path, 0755) == 0, path);
}

void support_point_current(const char *statedir, const char *target)
{
	char link[PATH_MAX], next[PATH_MAX];

	snprintf(link, sizeof(link), "%s/current", statedir);
	snprintf(next, sizeof(next), "%s/current.new", statedir);
	unlink(next);
	need(symlink(target, next) == 0 && rename(next, link) == 0, link);
}

void support_publish(const char *statedir, uint32_t number, const struct support_registry *registry)
{
	char path[PATH_MAX], target[64];

	snprintf(target, sizeof(target), "generations/%u", number);
	make_dir(statedir);
	snprintf(path, sizeof(path), "%s/generations", statedir);
	make_dir(path);
	snprintf(path, sizeof(path), "%s/%s", statedir, target);
	make_dir(path);
	snprintf(path, sizeof(path), "%s/%s/accounts.cdb", statedir, target);
	support_write_accounts(path, registry);
	support_point_current(statedir, target);
}
