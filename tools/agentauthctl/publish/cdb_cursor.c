/* SPDX-License-Identifier: Apache-2.0 */
/* cdb_cursor.c reads records in the order of their names, see cdb_cursor.h. */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "common/registry/cdb_read.h"
#include "common/verify/policy.h"
#include "tools/agentauthctl/publish/cdb_cursor.h"

#define WINDOW 262144

/* see() returns bytes [at, at + len) of the file, or NULL where the file does not have them. */
static const unsigned char *see(struct cdb_cursor *c, uint32_t at, uint32_t len)
{
	uint32_t want = len > WINDOW ? len : WINDOW;
	ssize_t n;

	if (at > c->end || len > c->end - at)
		return NULL;
	if (at >= c->window_at && at + len <= c->window_at + c->window.len)
		return (const unsigned char *)c->window.data + (at - c->window_at);
	if (want > c->end - at)
		want = c->end - at;
	grow(&c->window.data, &c->window.cap, want, 1);
	n = pread(c->fd, c->window.data, want, at);
	c->window.len = n < 0 ? 0 : (size_t)n;
	c->window_at = at;
	return c->window.len >= len ? (const unsigned char *)c->window.data : NULL;
}

static uint32_t number_at(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

/* compare_key() returns less than 0, 0 or more as the record's key comes before, is, or comes after PREFIX NAME. Keys
 * of other kinds come before. */
static int compare_key(const char *key, size_t len, const char *prefix, const char *name)
{
	size_t prefix_len = strlen(prefix), name_len = strlen(name), least;
	int order;

	if (len < prefix_len || memcmp(key, prefix, prefix_len) != 0)
		return -1;
	key += prefix_len;
	len -= prefix_len;
	least = len < name_len ? len : name_len;
	order = memcmp(key, name, least);
	return order ? order : len < name_len ? -1 : len > name_len;
}

const char *cdb_cursor_next(struct cdb_cursor *c, const char *prefix, const char *name, size_t *ret_len)
{
	if (c->next == 0)
		c->next = AA_CDB_HEAD;
	for (;;) {
		const unsigned char *head = see(c, c->next, 8), *record;
		uint32_t key_len, len;
		int order;

		if (!head)
			return NULL;
		key_len = number_at(head);
		len = number_at(head + 4);
		if (key_len > AA_POLICY_VALUE_MAX || len > AA_POLICY_VALUE_MAX)
			return NULL;
		record = see(c, c->next, 8 + key_len + len);
		if (!record)
			return NULL;
		order = compare_key((const char *)record + 8, key_len, prefix, name);
		if (order > 0)
			return NULL;
		c->next += 8 + key_len + len;
		if (order == 0) {
			*ret_len = len;
			return (const char *)record + 8 + key_len;
		}
	}
}

void cdb_cursor_free(struct cdb_cursor *c)
{
	buffer_free(&c->window);
}
