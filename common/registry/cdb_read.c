/* SPDX-License-Identifier: Apache-2.0 */
/* cdb_read.c: a cdb reader that believes nothing of what it reads. */
#include "common/registry/cdb_read.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include <cdb.h>

#define SLOT 8u	       /* hash, position of the record */
#define RECORD_HEAD 8u /* length of the key, length of the value */
#define SLOTS_AT_ONCE 16u
#define READ_AHEAD 512u

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Reads whole or not at all. The file's end was checked, so a short answer means that the file was cut meanwhile. */
static int read_at(const struct aa_cdb *cdb, void *buf, size_t len, uint32_t pos)
{
	int saved = errno, r = 0;
	uint8_t *p = buf;
	ssize_t n;

	if (pos > cdb->size || len > cdb->size - pos)
		return -EBADMSG;
	while (len > 0 && r == 0) {
		n = pread(cdb->fd, p, len, (off_t)pos);
		if (n > 0) {
			p += n;
			len -= (size_t)n;
			pos += (uint32_t)n;
		} else if (n == 0) {
			r = -EBADMSG;
		} else if (errno != EINTR) {
			r = -errno;
		}
	}
	errno = saved;
	return r;
}

/* The hash table that a hash belongs to. */
struct table {
	uint32_t pos, n_slots;
};

static struct table table_of(const struct aa_cdb *cdb, uint32_t hash)
{
	const uint8_t *p = cdb->head + (hash & 0xff) * 8;
	struct table t = {get32(p), get32(p + 4)};

	return t;
}

static bool table_is_inside(const struct aa_cdb *cdb, struct table t)
{
	return t.n_slots == 0 ||
	       (t.pos >= cdb->end && t.pos <= cdb->size && t.n_slots <= (cdb->size - t.pos) / SLOT);
}

int aa_cdb_init(struct aa_cdb *cdb, int fd, size_t size)
{
	int r;

	if (size < AA_CDB_HEAD || size > UINT32_MAX)
		return -EBADMSG;
	cdb->fd = fd;
	cdb->size = (uint32_t)size;
	r = read_at(cdb, cdb->head, sizeof(cdb->head), 0);
	if (r < 0)
		return r;
	cdb->end = get32(cdb->head);
	if (cdb->end < AA_CDB_HEAD || cdb->end > cdb->size)
		return -EBADMSG;
	for (uint32_t i = 0; i < 256; i++) {
		if (!table_is_inside(cdb, table_of(cdb, i)))
			return -EBADMSG;
	}
	return 0;
}

/* A record's lengths and the bytes behind them, as many as one pread() brings: for nearly every record all of it. */
struct record {
	uint32_t key_len, len; /* of key and value */
	uint32_t key_pos, pos; /* where they stand */
	uint32_t n_ahead;      /* bytes of ahead, from key_pos on */
	uint8_t ahead[READ_AHEAD];
};

static int read_record(const struct aa_cdb *cdb, uint32_t pos, struct record *rec)
{
	uint32_t n;
	int r;

	if (pos < AA_CDB_HEAD || pos > cdb->end || cdb->end - pos < RECORD_HEAD)
		return -EBADMSG;
	n = cdb->end - pos < READ_AHEAD ? cdb->end - pos : READ_AHEAD;
	r = read_at(cdb, rec->ahead, n, pos);
	if (r < 0)
		return r;
	rec->key_len = get32(rec->ahead);
	rec->len = get32(rec->ahead + 4);
	rec->n_ahead = n - RECORD_HEAD;
	memmove(rec->ahead, rec->ahead + RECORD_HEAD, rec->n_ahead);
	rec->key_pos = pos + RECORD_HEAD;
	if (rec->key_len > cdb->end - rec->key_pos)
		return -EBADMSG;
	rec->pos = rec->key_pos + rec->key_len;
	return rec->len > cdb->end - rec->pos ? -EBADMSG : 0;
}

/* Reads `len` bytes at `pos`, which lie within the record. */
static int read_part(const struct aa_cdb *cdb, const struct record *rec, void *buf, uint32_t len,
		     uint32_t pos)
{
	uint32_t from = pos - rec->key_pos;

	if (from > rec->n_ahead || len > rec->n_ahead - from)
		return read_at(cdb, buf, len, pos);
	memcpy(buf, rec->ahead + from, len);
	return 0;
}

/* Says whether the record has this key: 1 or 0. */
static int has_key(const struct aa_cdb *cdb, const struct record *rec, const void *key, size_t key_len)
{
	const uint8_t *want = key;
	uint32_t n, done;
	uint8_t part[64];
	int r;

	if (rec->key_len != key_len)
		return 0;
	for (done = 0; done < rec->key_len; done += n) {
		n = rec->key_len - done < sizeof(part) ? rec->key_len - done : (uint32_t)sizeof(part);
		r = read_part(cdb, rec, part, n, rec->key_pos + done);
		if (r < 0)
			return r;
		if (memcmp(part, want + done, n) != 0)
			return 0;
	}
	return 1;
}

/* Looks at one slot. 1: *ret is the record that was sought; 0: go on; -ENOENT: the slot is empty, so there is no such
 * record. */
static int try_slot(const struct aa_cdb *cdb, const uint8_t *slot, uint32_t hash, const void *key,
		    size_t key_len, struct record *ret)
{
	uint32_t pos = get32(slot + 4);
	int r;

	if (pos == 0)
		return -ENOENT;
	if (get32(slot) != hash)
		return 0;
	r = read_record(cdb, pos, ret);
	return r < 0 ? r : has_key(cdb, ret, key, key_len);
}

static int find(const struct aa_cdb *cdb, const void *key, size_t key_len, struct record *ret)
{
	uint8_t slots[SLOTS_AT_ONCE * SLOT];
	uint32_t hash, i, left, n;
	struct table t;
	int r;

	if (key_len > cdb->size)
		return -ENOENT;
	hash = cdb_hash(key, (unsigned)key_len);
	t = table_of(cdb, hash);
	if (t.n_slots == 0)
		return -ENOENT;
	/* The search goes from the hash's own slot round to it again, a few slots at a time. */
	i = (hash >> 8) % t.n_slots;
	left = t.n_slots < AA_CDB_PROBES_MAX ? t.n_slots : AA_CDB_PROBES_MAX;
	while (left > 0) {
		n = t.n_slots - i < SLOTS_AT_ONCE ? t.n_slots - i : SLOTS_AT_ONCE;
		r = read_at(cdb, slots, n * SLOT, t.pos + i * SLOT);
		for (uint32_t k = 0; r == 0 && k < n && left > 0; k++, left--)
			r = try_slot(cdb, slots + k * SLOT, hash, key, key_len, ret);
		if (r != 0)
			return r < 0 ? r : 0;
		i = i + n == t.n_slots ? 0 : i + n;
	}
	return t.n_slots > AA_CDB_PROBES_MAX ? -EBADMSG : -ENOENT;
}

int aa_cdb_get(const struct aa_cdb *cdb, const void *key, size_t key_len, void *buf, size_t cap,
	       size_t *ret_len)
{
	struct record rec;
	int r;

	r = find(cdb, key, key_len, &rec);
	if (r < 0)
		return r;
	if (rec.len <= cap)
		r = read_part(cdb, &rec, buf, rec.len, rec.pos);
	else
		r = -ERANGE;
	if (r == 0 || r == -ERANGE)
		*ret_len = rec.len;
	return r;
}

int aa_cdb_get_alloc(const struct aa_cdb *cdb, const void *key, size_t key_len, size_t max, char **ret,
		     size_t *ret_len)
{
	int saved = errno, r;
	struct record rec;
	char *value;

	r = find(cdb, key, key_len, &rec);
	if (r < 0)
		return r;
	if (rec.len > max)
		return -ERANGE;
	value = malloc((size_t)rec.len + 1);
	if (value == NULL) {
		errno = saved;
		return -ENOMEM;
	}
	r = read_part(cdb, &rec, value, rec.len, rec.pos);
	if (r < 0) {
		free(value);
		return r;
	}
	value[rec.len] = '\0';
	*ret = value;
	*ret_len = rec.len;
	return 0;
}

int aa_cdb_next(const struct aa_cdb *cdb, uint32_t *pos, void *key, size_t key_cap, size_t *ret_key_len,
		void *buf, size_t cap, size_t *ret_len)
{
	uint32_t at = *pos == 0 ? AA_CDB_HEAD : *pos;
	struct record rec;
	int r;

	if (at == cdb->end)
		return -ENOENT;
	r = read_record(cdb, at, &rec);
	if (r < 0)
		return r;
	if (rec.key_len > key_cap || rec.len > cap) {
		r = -ERANGE;
	} else {
		r = read_part(cdb, &rec, key, rec.key_len, rec.key_pos);
		if (r == 0)
			r = read_part(cdb, &rec, buf, rec.len, rec.pos);
		if (r < 0)
			return r;
		*pos = rec.pos + rec.len;
	}
	*ret_key_len = rec.key_len;
	*ret_len = rec.len;
	return r;
}
