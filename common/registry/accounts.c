/* SPDX-License-Identifier: Apache-2.0 */
/* accounts.c: looks records up in accounts.cdb, and checks each before it is given out. */
#include "common/registry/accounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/registry/generation.h"

#define KEY_MAX (1 + AA_GROUP_NAME_MAX)
#define MAGIC_LEN (sizeof(AA_ACCOUNTS_MAGIC) - 1)

bool aa_id_is_servable(uint32_t id)
{
	return id >= 1000 && id < (uint32_t)INT32_MAX && (id < 60001 || id > 65535);
}

/* ---- values: what is left of one, taken from its front ------------------ */

struct cursor {
	const char *p;
	size_t left;
};

static bool take_u32(struct cursor *c, uint32_t *ret)
{
	const uint8_t *p = (const uint8_t *)c->p;

	if (c->left < 4)
		return false;
	*ret = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	c->p += 4;
	c->left -= 4;
	return true;
}

static bool take_string(struct cursor *c, const char **ret)
{
	const char *end = memchr(c->p, '\0', c->left);

	if (end == NULL)
		return false;
	*ret = c->p;
	c->left -= (size_t)(end - c->p) + 1;
	c->p = end + 1;
	return true;
}

/* Says whether the text may stand between the colons of a line of passwd. */
static bool is_field(const char *s)
{
	for (; *s; s++) {
		if (*s == ':' || (unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	}
	return true;
}

static bool is_path_field(const char *s)
{
	return s[0] == '/' && is_field(s);
}

bool aa_uid_is_built_in(uint32_t uid)
{
	return (uid >= AA_UID_MIN_DEFAULT && uid <= AA_UID_MAX_DEFAULT) ||
	       (uid >= AA_UID_MIN_FORMER && uid <= AA_UID_MAX_FORMER);
}

static bool uid_is_ours(const struct aa_accounts_header *h, uint32_t uid)
{
	return uid >= h->uid_min && uid <= h->uid_max && aa_id_is_servable(uid);
}

/* The question, and therefore what the record must say; NULL and 0: anything. */
struct asked {
	const char *name;
	uint32_t id;
};

static bool is_asked_for(struct asked q, const char *name, uint32_t id)
{
	return (q.name == NULL || strcmp(q.name, name) == 0) && (q.id == 0 || q.id == id);
}

static int parse_account(const struct aa_accounts_header *h, struct asked q, const char *value, size_t len,
			 struct aa_account *ret)
{
	const char *name, *gecos, *home, *shell;
	struct cursor c = {value, len};
	uint32_t uid, flags;

	if (!take_u32(&c, &uid) || !take_u32(&c, &flags) || !take_string(&c, &name) ||
	    !take_string(&c, &gecos) || !take_string(&c, &home) || !take_string(&c, &shell) || c.left != 0)
		return -EBADMSG;
	if (!uid_is_ours(h, uid) || (flags & ~(AA_ACCOUNT_RETIRED | AA_ACCOUNT_ROLES)) != 0 ||
	    !aa_agent_name_is_valid(name) || !is_field(gecos) || !is_path_field(home) ||
	    !is_path_field(shell) || !is_asked_for(q, name, uid))
		return -EBADMSG;
	memcpy(ret->buf, value, len);
	ret->uid = uid;
	ret->flags = flags;
	ret->name = ret->buf + (name - value);
	ret->gecos = ret->buf + (gecos - value);
	ret->home = ret->buf + (home - value);
	ret->shell = ret->buf + (shell - value);
	return 0;
}

static int parse_group(struct asked q, const char *value, size_t len, struct aa_group *ret)
{
	struct cursor c = {value, len};
	const char *name;
	uint32_t gid;

	if (!take_u32(&c, &gid) || !take_string(&c, &name) || c.left != 0)
		return -EBADMSG;
	if (!aa_id_is_servable(gid) || !aa_name_is_valid(name, AA_GROUP_NAME_MAX) ||
	    !is_asked_for(q, name, gid))
		return -EBADMSG;
	memcpy(ret->buf, value, len);
	ret->gid = gid;
	ret->name = ret->buf + (name - value);
	return 0;
}

static int parse_header(const char *value, size_t len, struct aa_accounts_header *ret)
{
	struct aa_accounts_header h = {0};
	struct cursor c = {value, len};
	const char *group;

	if (c.left < MAGIC_LEN || memcmp(c.p, AA_ACCOUNTS_MAGIC, MAGIC_LEN) != 0)
		return -EBADMSG;
	c.p += MAGIC_LEN;
	c.left -= MAGIC_LEN;
	if (!take_u32(&c, &h.uid_min) || !take_u32(&c, &h.uid_max) || !take_u32(&c, &h.gid_agents) ||
	    !take_u32(&c, &h.n_accounts) || !take_u32(&c, &h.n_groups) || !take_string(&c, &group) ||
	    c.left != 0)
		return -EBADMSG;
	if (!aa_id_is_servable(h.uid_min) || !aa_id_is_servable(h.uid_max) || h.uid_min > h.uid_max ||
	    !aa_id_is_servable(h.gid_agents) || !aa_name_is_valid(group, AA_GROUP_NAME_MAX))
		return -EBADMSG;
	memcpy(h.group, group, strlen(group) + 1);
	*ret = h;
	return 0;
}

/* ---- keys --------------------------------------------------------------- */

struct key {
	size_t len;
	char bytes[KEY_MAX];
};

/* The caller has checked that the name is no longer than AA_GROUP_NAME_MAX. */
static struct key name_key(char kind, const char *name)
{
	struct key k = {.len = 1 + strlen(name), .bytes = {kind}};

	memcpy(k.bytes + 1, name, k.len - 1);
	return k;
}

static struct key id_key(char kind, uint32_t id)
{
	struct key k = {.len = 5,
			.bytes = {kind, (char)id, (char)(id >> 8), (char)(id >> 16), (char)(id >> 24)}};

	return k;
}

/* *ret is untouched unless the answer is 0. */
static int get(const struct aa_accounts *a, struct key k, char buf[AA_ACCOUNTS_VALUE_MAX], size_t *ret_len)
{
	int r = aa_cdb_get(&a->cdb, k.bytes, k.len, buf, AA_ACCOUNTS_VALUE_MAX, ret_len);

	return r == -ERANGE ? -EBADMSG : r; /* longer than the contract allows */
}

/* ---- opening ------------------------------------------------------------ */

static int read_header(struct aa_accounts *a)
{
	char key[KEY_MAX], value[AA_ACCOUNTS_VALUE_MAX];
	size_t key_len, len;
	uint32_t pos = 0;
	int r;

	/* The header is the first record, so it need not be looked for. */
	r = aa_cdb_next(&a->cdb, &pos, key, sizeof(key), &key_len, value, sizeof(value), &len);
	if (r == -ENOENT || r == -ERANGE || (r == 0 && (key_len != 1 || key[0] != 'H')))
		return -EBADMSG;
	return r < 0 ? r : parse_header(value, len, &a->header);
}

static int open_file(int dirfd, const char *path, uid_t owner, struct aa_accounts *ret)
{
	struct aa_accounts a;
	int r;

	r = aa_trusted_open_stamped(dirfd, path, owner, &a.fd, &a.stamp);
	if (r < 0)
		return r;
	r = aa_cdb_init(&a.cdb, a.fd, (size_t)a.stamp.size);
	if (r == 0)
		r = read_header(&a);
	if (r < 0)
		aa_accounts_close(&a);
	else
		*ret = a;
	return r;
}

int aa_accounts_openat(int gen_fd, uid_t owner, struct aa_accounts *ret)
{
	int r = open_file(gen_fd, AA_ACCOUNTS_FILE, owner, ret);

	return r == -ENOENT ? -EBADMSG : r; /* a generation without it is no generation */
}

int aa_accounts_open(const char *statedir, uid_t owner, struct aa_accounts *ret)
{
	char path[PATH_MAX];
	uint32_t number;
	int r, link;

	r = aa_path_join(path, sizeof(path), statedir, AA_CURRENT_LINK "/" AA_ACCOUNTS_FILE);
	if (r < 0)
		return r;
	/* A generation can be replaced and removed while its path is walked, so it is looked for again before that is
	 * called damage. */
	for (int tries = 0; tries < AA_OPEN_TRIES; tries++) {
		r = open_file(AT_FDCWD, path, owner, ret);
		if (r != -ENOENT)
			return r;
		link = aa_generation_number(statedir, &number);
		if (link < 0)
			return link;
	}
	return -EBADMSG;
}

int aa_accounts_open_generation(const char *statedir, uint32_t number, uid_t owner, struct aa_accounts *ret)
{
	char dir[AA_GENERATION_PATH_MAX], path[PATH_MAX];
	int r;

	aa_generation_path(dir, number);
	r = aa_path_join(path, sizeof(path), statedir, dir);
	if (r == 0)
		r = aa_path_join(path, sizeof(path), path, AA_ACCOUNTS_FILE);
	return r < 0 ? r : open_file(AT_FDCWD, path, owner, ret);
}

void aa_accounts_close(struct aa_accounts *accounts)
{
	int saved = errno;

	close(accounts->fd);
	errno = saved;
}

/* ---- look-ups ----------------------------------------------------------- */

static int get_account(const struct aa_accounts *a, struct key k, struct asked q, struct aa_account *ret)
{
	char value[AA_ACCOUNTS_VALUE_MAX];
	size_t len;
	int r;

	r = get(a, k, value, &len);
	return r < 0 ? r : parse_account(&a->header, q, value, len, ret);
}

static int get_group(const struct aa_accounts *a, struct key k, struct asked q, struct aa_group *ret)
{
	char value[AA_ACCOUNTS_VALUE_MAX];
	size_t len;
	int r;

	r = get(a, k, value, &len);
	return r < 0 ? r : parse_group(q, value, len, ret);
}

int aa_account_by_name(const struct aa_accounts *a, const char *name, struct aa_account *ret)
{
	struct asked q = {.name = name};

	if (!aa_agent_name_is_valid(name))
		return -ENOENT;
	return get_account(a, name_key('n', name), q, ret);
}

int aa_account_by_uid(const struct aa_accounts *a, uint32_t uid, struct aa_account *ret)
{
	struct asked q = {.id = uid};

	if (!uid_is_ours(&a->header, uid))
		return -ENOENT;
	return get_account(a, id_key('u', uid), q, ret);
}

int aa_group_by_name(const struct aa_accounts *a, const char *name, struct aa_group *ret)
{
	struct asked q = {.name = name};

	if (!aa_name_is_valid(name, AA_GROUP_NAME_MAX))
		return -ENOENT;
	return get_group(a, name_key('g', name), q, ret);
}

int aa_group_by_gid(const struct aa_accounts *a, uint32_t gid, struct aa_group *ret)
{
	struct asked q = {.id = gid};

	if (!aa_id_is_servable(gid))
		return -ENOENT;
	return get_group(a, id_key('i', gid), q, ret);
}

int aa_accounts_next(const struct aa_accounts *a, uint32_t *pos, struct aa_registry_record *ret)
{
	char key[KEY_MAX], value[AA_ACCOUNTS_VALUE_MAX];
	struct asked any = {0};
	size_t key_len, len;
	uint32_t at = *pos;
	int r;

	do { /* past "H" */
		r = aa_cdb_next(&a->cdb, &at, key, sizeof(key), &key_len, value, sizeof(value), &len);
		if (r < 0)
			return r == -ERANGE ? -EBADMSG : r;
	} while (*pos == 0 && key_len == 1 && key[0] == 'H');
	if (key_len > 0 && key[0] == 'n')
		r = parse_account(&a->header, any, value, len, &ret->account);
	else if (key_len > 0 && key[0] == 'g')
		r = parse_group(any, value, len, &ret->group);
	else
		return -ENOENT; /* "u": accounts and groups are behind us */
	*pos = at;
	if (r == 0)
		ret->is_group = key[0] == 'g';
	return r;
}

int aa_account_role_gids(const struct aa_accounts *a, const char *name, uint32_t ret[AA_ACCOUNT_ROLES_MAX])
{
	uint32_t gids[AA_ACCOUNT_ROLES_MAX];
	char value[AA_ACCOUNTS_VALUE_MAX];
	struct cursor c = {value, 0};
	int r, n = 0;

	if (!aa_agent_name_is_valid(name))
		return -ENOENT;
	r = get(a, name_key('r', name), value, &c.left);
	if (r < 0)
		return r;
	while (c.left) {
		if (n == AA_ACCOUNT_ROLES_MAX || !take_u32(&c, &gids[n]) || !aa_id_is_servable(gids[n]))
			return -EBADMSG;
		n++;
	}
	memcpy(ret, gids, (size_t)n * sizeof(*gids));
	return n;
}

int aa_account_ssh_keys(const struct aa_accounts *a, const char *name, char **ret)
{
	struct key k;
	size_t len;
	char *text;
	int r;

	if (!aa_agent_name_is_valid(name))
		return -ENOENT;
	k = name_key('s', name);
	r = aa_cdb_get_alloc(&a->cdb, k.bytes, k.len, AA_SSH_KEYS_MAX, &text, &len);
	if (r < 0)
		return r == -ERANGE ? -EBADMSG : r;
	if (memchr(text, '\0', len) != NULL) {
		free(text);
		return -EBADMSG;
	}
	*ret = text;
	return 0;
}
