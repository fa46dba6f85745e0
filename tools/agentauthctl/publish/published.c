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
#include "tools/agentauthctl/publish/cdb_cursor.h"
#include "tools/agentauthctl/publish/published.h"
#include "tools/cli/alloc.h"

struct published {
	int dir, fd;
	struct aa_cdb cdb;
	struct buffer value;
	struct cdb_cursor agents; /* of published_next_agent() */
};

/* open_in() takes over `dir`, also when it fails. */
static struct published *open_in(int dir, uid_t owner)
{
	struct published *p = xcalloc(1, sizeof(*p));
	size_t size;
	int r;

	p->dir = dir;
	p->fd = -1;
	r = aa_trusted_open(dir, AA_POLICY_FILE, owner, &p->fd, &size);
	if (r == 0)
		r = aa_cdb_init(&p->cdb, p->fd, size);
	p->agents = (struct cdb_cursor){.fd = p->fd, .end = p->cdb.end};
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
	close(p->dir);
	buffer_free(&p->value);
	cdb_cursor_free(&p->agents);
	free(p);
}

int published_dir(const struct published *p)
{
	return p->dir;
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

const char *published_next_agent(struct published *p, const char *name, size_t *ret_len)
{
	return cdb_cursor_next(&p->agents, "agent:", name, ret_len);
}

static bool is_of_agent(const char *key, size_t len)
{
	return len >= strlen("agent:") && memcmp(key, "agent:", strlen("agent:")) == 0;
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

		/* Records of one kind stand together, and those of agents last. */
		if (!ours && (!before || is_of_agent(key, key_len)))
			return true;
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
