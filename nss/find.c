/* SPDX-License-Identifier: Apache-2.0 */
/* find.c: the accounts and groups that may be served, from the cache or from the registry. */
#include "nss/find.h"

#include <errno.h>
#include <string.h>

#include "common/registry/local.h"

/* A kept value begins with id and flags, then come strings, each with its zero. */
#define VALUE_HEAD 8u

enum kind {
	ACCOUNT_BY_NAME = 'n',
	ACCOUNT_BY_UID = 'u',
	GROUP_BY_NAME = 'g',
	GROUP_BY_GID = 'i',
	AGENTS_GROUP = 'H',
};

static bool is_account(enum kind kind)
{
	return kind == ACCOUNT_BY_NAME || kind == ACCOUNT_BY_UID;
}

/* A question to the registry: its kind, and the key by which it is remembered. */
struct question {
	enum kind kind;
	struct aa_cache_key key;
};

/* The name is valid, and so no longer than AA_GROUP_NAME_MAX. */
static struct question about_name(enum kind kind, const char *name)
{
	size_t len = strlen(name);
	struct question q = {.kind = kind, .key = {.len = (uint8_t)(1 + len), .bytes = {(char)kind}}};

	memcpy(q.key.bytes + 1, name, len);
	return q;
}

static struct question about_id(enum kind kind, uint32_t id)
{
	struct question q = {.kind = kind, .key = {.len = 1 + sizeof(id), .bytes = {(char)kind}}};

	memcpy(q.key.bytes + 1, &id, sizeof(id));
	return q;
}

static uint32_t id_of(const struct question *q)
{
	uint32_t id;

	memcpy(&id, q->key.bytes + 1, sizeof(id));
	return id;
}

static const char *local_file(const struct aa_nss *nss, enum kind kind)
{
	return is_account(kind) ? nss->passwd : nss->group;
}

static const char *withheld_file(const struct aa_nss *nss, enum kind kind)
{
	return is_account(kind) ? nss->withheld_passwd : nss->withheld_group;
}

/* ---- cache --------------------------------------------------------------- */

/* Each of the files is asked once a tick, for all that was kept. */
static bool is_of_registry(const struct aa_nss *nss, int64_t tick, const struct aa_stamp *stamp)
{
	return aa_nss_cache_still(&nss->cache->registry, nss->current, false, tick, stamp);
}

/* Says whether a kept answer still holds: a name that exists in the local file, or is withheld, is not served. */
static bool still_holds(const struct aa_nss *nss, enum kind kind, int64_t tick, const struct aa_known *known)
{
	struct aa_nss_cache *cache = nss->cache;
	struct aa_cell_seen *local = is_account(kind) ? &cache->passwd : &cache->group;
	struct aa_cell_seen *withheld = is_account(kind) ? &cache->withheld_passwd : &cache->withheld_group;

	return is_of_registry(nss, tick, &known->registry) &&
	       aa_nss_cache_still(withheld, withheld_file(nss, kind), false, tick, &known->withheld) &&
	       aa_nss_cache_still(local, local_file(nss, kind), true, tick, &known->local);
}

static bool recall(const struct aa_nss *nss, const struct question *q, int64_t tick, struct aa_known *ret)
{
	return aa_nss_cache_find(nss->cache, &q->key, ret) && still_holds(nss, q->kind, tick, ret);
}

/* Says whether it is remembered that the registry has no such name or id. */
static bool recall_missed(const struct aa_nss *nss, const struct question *q, int64_t tick)
{
	struct aa_uid_range range;
	struct aa_missed missed;

	if (q->kind == ACCOUNT_BY_UID && aa_nss_cache_find_range(nss->cache, &range) &&
	    (id_of(q) < range.min || id_of(q) > range.max))
		return is_of_registry(nss, tick, &range.registry);
	return aa_nss_cache_find_missed(nss->cache, &q->key, &missed) &&
	       is_of_registry(nss, tick, &missed.registry);
}

static void take(enum kind kind, const struct aa_known *known, struct aa_registry_record *ret)
{
	const char *text = known->value + VALUE_HEAD;
	size_t len = known->value_len - VALUE_HEAD;
	struct aa_account *account = &ret->account;

	ret->is_group = !is_account(kind);
	if (ret->is_group) {
		memcpy(&ret->group.gid, known->value, 4);
		ret->group.name = memcpy(ret->group.buf, text, len);
		return;
	}
	memcpy(&account->uid, known->value, 4);
	memcpy(&account->flags, known->value + 4, 4);
	account->name = memcpy(account->buf, text, len);
	account->gecos = account->name + strlen(account->name) + 1;
	account->home = account->gecos + strlen(account->gecos) + 1;
	account->shell = account->home + strlen(account->home) + 1;
}

/* Appends to the value; false: the answer is longer than a cell. */
static bool put(struct aa_known *known, const void *bytes, size_t len)
{
	if (known->value_len + len > AA_NSS_CACHE_VALUE_MAX)
		return false;
	memcpy(known->value + known->value_len, bytes, len);
	known->value_len = (uint8_t)(known->value_len + len);
	return true;
}

static bool put_string(struct aa_known *known, const char *s)
{
	return put(known, s, strlen(s) + 1);
}

static bool put_entry(struct aa_known *known, const struct aa_registry_record *e)
{
	const struct aa_account *account = &e->account;
	const uint32_t no_flags = 0;

	if (e->is_group)
		return put(known, &e->group.gid, 4) && put(known, &no_flags, 4) &&
		       put_string(known, e->group.name);
	return put(known, &account->uid, 4) && put(known, &account->flags, 4) &&
	       put_string(known, account->name) && put_string(known, account->gecos) &&
	       put_string(known, account->home) && put_string(known, account->shell);
}

static void keep(const struct aa_nss *nss, const struct question *q, struct aa_known *known)
{
	int64_t now = nss->now();

	if (!aa_stamp_is_settled(&known->registry, now) || !aa_stamp_is_settled(&known->local, now) ||
	    !aa_stamp_is_settled(&known->withheld, now))
		return;
	known->key = q->key;
	aa_nss_cache_keep(nss->cache, known);
}

static void keep_missed(const struct aa_nss *nss, const struct question *q, const struct aa_accounts *a)
{
	const struct aa_missed missed = {.key = q->key, .registry = a->stamp};
	const struct aa_uid_range range = {a->stamp, a->header.uid_min, a->header.uid_max};

	if (!aa_stamp_is_settled(&a->stamp, nss->now()))
		return;
	aa_nss_cache_keep_range(nss->cache, &range);
	aa_nss_cache_keep_missed(nss->cache, &missed);
}

/* ---- the registry --------------------------------------------------------- */

static int look_up_account(const struct aa_accounts *a, const struct question *q, struct aa_account *ret)
{
	if (q->kind == ACCOUNT_BY_NAME || q->kind == GROUP_BY_NAME)
		return aa_account_by_name(a, q->key.bytes + 1, ret);
	return aa_account_by_uid(a, id_of(q), ret);
}

static void group_of_account(const struct aa_account *account, struct aa_group *ret)
{
	ret->gid = account->uid;
	ret->name = memcpy(ret->buf, account->name, strlen(account->name) + 1);
}

static int look_up_group(const struct aa_accounts *a, const struct question *q, struct aa_group *ret)
{
	struct aa_account account;
	int r;

	if (q->kind == AGENTS_GROUP)
		return aa_group_by_name(a, a->header.group, ret);
	r = q->kind == GROUP_BY_NAME ? aa_group_by_name(a, q->key.bytes + 1, ret)
				     : aa_group_by_gid(a, id_of(q), ret);
	if (r != -ENOENT)
		return r;
	r = look_up_account(a, q, &account);
	if (r == 0)
		group_of_account(&account, ret);
	return r;
}

/* Answers -ENOENT where the local file or the list of withheld names has it. */
static int check_others(const struct aa_nss *nss, enum kind kind, const struct aa_registry_record *e,
			struct aa_known *known)
{
	const char *name = e->is_group ? e->group.name : e->account.name;
	uint32_t id = e->is_group ? e->group.gid : e->account.uid;
	int r = aa_local_has_stamped(local_file(nss, kind), name, id, &known->local);

	if (r == 0)
		r = aa_local_has_stamped(withheld_file(nss, kind), name, id, &known->withheld);
	return r == 1 ? -ENOENT : r;
}

static int look_up(const struct aa_accounts *a, const struct question *q, struct aa_registry_record *ret)
{
	ret->is_group = !is_account(q->kind);
	return ret->is_group ? look_up_group(a, q, &ret->group) : look_up_account(a, q, &ret->account);
}

static int find_in_registry(const struct aa_nss *nss, const struct question *q,
			    struct aa_registry_record *ret)
{
	struct aa_known known = {0};
	struct aa_accounts a;
	int r;

	r = aa_accounts_open(nss->statedir, nss->owner, &a);
	if (r < 0)
		return r;
	r = look_up(&a, q, ret);
	if (r == -ENOENT)
		keep_missed(nss, q, &a);
	if (r == 0)
		r = check_others(nss, q->kind, ret, &known);
	known.registry = a.stamp;
	if (r == 0 && put_entry(&known, ret))
		keep(nss, q, &known);
	aa_accounts_close(&a);
	return r;
}

static int find(const struct aa_nss *nss, const struct question *q, struct aa_registry_record *ret)
{
	int64_t tick = nss->tick();
	struct aa_known known;

	if (recall(nss, q, tick, &known)) {
		take(q->kind, &known, ret);
		return 0;
	}
	return recall_missed(nss, q, tick) ? -ENOENT : find_in_registry(nss, q, ret);
}

/* ---- the questions -------------------------------------------------------- */

int aa_find_account_by_name(const struct aa_nss *nss, const char *name, struct aa_registry_record *ret)
{
	struct question q;

	if (!aa_agent_name_is_valid(name))
		return -ENOENT; /* and no file was opened for it */
	q = about_name(ACCOUNT_BY_NAME, name);
	return find(nss, &q, ret);
}

int aa_find_account_by_uid(const struct aa_nss *nss, uint32_t uid, struct aa_registry_record *ret)
{
	struct question q = about_id(ACCOUNT_BY_UID, uid);

	return aa_id_is_servable(uid) ? find(nss, &q, ret) : -ENOENT;
}

int aa_find_group_by_name(const struct aa_nss *nss, const char *name, struct aa_registry_record *ret)
{
	struct question q;

	if (!aa_name_is_valid(name, AA_GROUP_NAME_MAX))
		return -ENOENT;
	q = about_name(GROUP_BY_NAME, name);
	return find(nss, &q, ret);
}

int aa_find_group_by_gid(const struct aa_nss *nss, uint32_t gid, struct aa_registry_record *ret)
{
	struct question q = about_id(GROUP_BY_GID, gid);

	return aa_id_is_servable(gid) ? find(nss, &q, ret) : -ENOENT;
}

int aa_find_agents_group(const struct aa_nss *nss, struct aa_registry_record *ret)
{
	struct question q = about_name(AGENTS_GROUP, "");

	return find(nss, &q, ret);
}

int aa_find_role_gids(const struct aa_nss *nss, const char *name, uint32_t ret[AA_ACCOUNT_ROLES_MAX])
{
	struct aa_accounts a;
	int r;

	r = aa_accounts_open(nss->statedir, nss->owner, &a);
	if (r < 0)
		return r;
	r = aa_account_role_gids(&a, name, ret);
	aa_accounts_close(&a);
	return r == -ENOENT ? 0 : r; /* another generation is published since the account was found */
}

int aa_find_next(const struct aa_nss *nss, const struct aa_accounts *a, bool groups, uint32_t *pos,
		 struct aa_registry_record *ret)
{
	const enum kind kind = groups ? GROUP_BY_NAME : ACCOUNT_BY_NAME;
	uint32_t at = *pos, before;
	struct aa_known unused;
	int r;

	for (;;) {
		before = at;
		r = aa_accounts_next(a, &at, ret);
		if (r == -EBADMSG && at != before)
			continue; /* one bad record does not hide those behind it */
		if (r == 0 && ret->is_group && !groups)
			r = -ENOENT; /* the accounts are behind us */
		if (r < 0)
			return r;
		r = check_others(nss, kind, ret, &unused);
		if (r != -ENOENT)
			break;
	}
	if (r == 0)
		*pos = at;
	return r;
}
