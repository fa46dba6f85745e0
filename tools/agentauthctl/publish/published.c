/* SPDX-License-Identifier: Apache-2.0 */
/* published.c reads published policy records, see published.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file/trusted.h"
#include "common/registry/accounts.h"
#include "common/registry/cdb_read.h"
#include "common/registry/generation.h"
#include "common/verify/policy.h"
#include "tools/agentauthctl/publish/published.h"
#include "tools/cli/alloc.h"

struct published {
	int fd;
	struct aa_cdb cdb;
	struct buffer value;
	/* published_next_agent() remembers what it has read of the file, and which record comes next. */
	struct buffer window;
	uint32_t window_at, next;
};

#define WINDOW 262144

/* open_in() takes over `dir`, also when it fails. */
static struct published *open_in(int dir, uid_t owner)
{
	struct published *p = xcalloc(1, sizeof(*p));
	size_t size;
	int r;

	p->fd = -1;
	r = aa_trusted_open(dir, AA_POLICY_FILE, owner, &p->fd, &size);
	if (r == 0)
		r = aa_cdb_init(&p->cdb, p->fd, size);
	close(dir);
	if (r == 0)
		return p;
	published_close(p);
	return NULL;
}

struct published *published_open(const char *statedir, uid_t owner)
{
	int dir;

	return aa_generation_open(statedir, owner, &dir) == 0 ? open_in(dir, owner) : NULL;
}

struct published *published_open_number(int state_fd, uint32_t number, uid_t owner)
{
	char path[AA_GENERATION_PATH_MAX];
	int dir;

	aa_generation_path(path, number);
	dir = openat(state_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return dir < 0 ? NULL : open_in(dir, owner);
}

void published_close(struct published *p)
{
	if (!p)
		return;
	if (p->fd >= 0)
		close(p->fd);
	buffer_free(&p->value);
	buffer_free(&p->window);
	free(p);
}

const char *published_get(struct published *p, const char *key, size_t *ret_len)
{
	size_t len = 0;
	int r;

	grow(&p->value.data, &p->value.cap, 4096, 1);
	r = aa_cdb_get(&p->cdb, key, strlen(key), p->value.data, p->value.cap, &len);
	if (r == -ERANGE && len <= AA_POLICY_VALUE_MAX) {
		grow(&p->value.data, &p->value.cap, len, 1);
		r = aa_cdb_get(&p->cdb, key, strlen(key), p->value.data, p->value.cap, &len);
	}
	*ret_len = len;
	return r == 0 ? p->value.data : NULL;
}

json_t *published_json(struct published *p, const char *prefix, const char *name)
{
	char *key = xasprintf("%s%s", prefix, name);
	const char *text;
	size_t len;

	text = published_get(p, key, &len);
	free(key);
	return text ? json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL) : NULL;
}

/* see() returns bytes [at, at + len) of the file, or NULL where the file does not have them. */
static const unsigned char *see(struct published *p, uint32_t at, uint32_t len)
{
	uint32_t want = len > WINDOW ? len : WINDOW;
	ssize_t n;

	if (at > p->cdb.end || len > p->cdb.end - at)
		return NULL;
	if (at >= p->window_at && at + len <= p->window_at + p->window.len)
		return (const unsigned char *)p->window.data + (at - p->window_at);
	if (want > p->cdb.end - at)
		want = p->cdb.end - at;
	grow(&p->window.data, &p->window.cap, want, 1);
	n = pread(p->fd, p->window.data, want, at);
	p->window.len = n < 0 ? 0 : (size_t)n;
	p->window_at = at;
	return p->window.len >= len ? (const unsigned char *)p->window.data : NULL;
}

static uint32_t number_at(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

/* compare_key() returns less than 0, 0 or more as the record's key comes before, is, or comes after that of the
 * agent. Keys of other kinds come before. */
static int compare_key(const char *key, size_t len, const char *name)
{
	size_t prefix = strlen("agent:"), name_len = strlen(name), least;
	int order;

	if (len < prefix || memcmp(key, "agent:", prefix) != 0)
		return -1;
	key += prefix;
	len -= prefix;
	least = len < name_len ? len : name_len;
	order = memcmp(key, name, least);
	return order ? order : len < name_len ? -1 : len > name_len;
}

const char *published_next_agent(struct published *p, const char *name, size_t *ret_len)
{
	if (p->next == 0)
		p->next = AA_CDB_HEAD;
	for (;;) {
		const unsigned char *head = see(p, p->next, 8), *record;
		uint32_t key_len, len;
		int order;

		if (!head)
			return NULL;
		key_len = number_at(head);
		len = number_at(head + 4);
		if (key_len > AA_POLICY_VALUE_MAX || len > AA_POLICY_VALUE_MAX)
			return NULL;
		record = see(p, p->next, 8 + key_len + len);
		if (!record)
			return NULL;
		order = compare_key((const char *)record + 8, key_len, name);
		if (order > 0)
			return NULL;
		p->next += 8 + key_len + len;
		if (order == 0) {
			*ret_len = len;
			return (const char *)record + 8 + key_len;
		}
	}
}

bool published_walk(struct published *p, const char *prefix,
		    bool (*each)(void *data, const char *name, const char *record, size_t len), void *data)
{
	size_t prefix_len = strlen(prefix), key_len, len;
	bool before = true;
	uint32_t pos = 0;
	char key[2048];
	int r;

	grow(&p->value.data, &p->value.cap, AA_POLICY_VALUE_MAX, 1);
	while ((r = aa_cdb_next(&p->cdb, &pos, key, sizeof(key) - 1, &key_len, p->value.data, p->value.cap,
				&len)) == 0) {
		bool ours = key_len >= prefix_len && memcmp(key, prefix, prefix_len) == 0;

		if (!ours && !before)
			return true; /* records of one kind stand together */
		if (!ours)
			continue;
		before = false;
		key[key_len] = '\0';
		if (!each(data, key + prefix_len, p->value.data, len))
			return true;
	}
	return r == -ENOENT;
}

bool published_accounts_are_whole(const char *statedir, uid_t owner)
{
	struct aa_accounts accounts;
	struct aa_registry_record record;
	uint32_t pos = 0;
	int r = aa_accounts_open(statedir, owner, &accounts);

	if (r < 0)
		return false;
	while ((r = aa_accounts_next(&accounts, &pos, &record)) == 0)
		;
	aa_accounts_close(&accounts);
	return r == -ENOENT;
}

bool published_key_is_good(const struct aa_agent_key *key, int64_t now)
{
	return key->state == AA_KEY_ACTIVE && (!key->not_after || key->not_after > now);
}

/* ---- records as structs ---------------------------------------------------------- */

struct aa_host *published_host(struct published *p)
{
	json_t *json = published_json(p, "host", "");
	struct aa_host *host = json ? aa_host_from_json(json) : NULL;

	json_decref(json);
	return host;
}

struct aa_agent *published_agent(struct published *p, const char *name)
{
	json_t *json = published_json(p, "agent:", name);
	struct aa_agent *agent = json ? aa_agent_from_json(json) : NULL;

	json_decref(json);
	return agent;
}

struct aa_role *published_role(struct published *p, const char *name)
{
	json_t *json = published_json(p, "role:", name);
	struct aa_role *role = json ? aa_role_from_json(json) : NULL;

	json_decref(json);
	return role;
}

struct aa_agent *published_agent_of(const char *record, size_t len)
{
	json_t *json = json_loadb(record, len, JSON_REJECT_DUPLICATES, NULL);
	struct aa_agent *agent = json ? aa_agent_from_json(json) : NULL;

	json_decref(json);
	return agent;
}

struct aa_role *published_role_of(const char *record, size_t len)
{
	json_t *json = json_loadb(record, len, JSON_REJECT_DUPLICATES, NULL);
	struct aa_role *role = json ? aa_role_from_json(json) : NULL;

	json_decref(json);
	return role;
}
