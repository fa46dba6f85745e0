/* SPDX-License-Identifier: Apache-2.0 */
/* cache.c: cells that are read and written without a lock, see cache.h. */
#include "nss/cache.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <cdb.h>

#define WAYS 4u
#define KNOWN_SETS 512u	 /* 4 * 512 cells are 800 KiB, touched as they are used */
#define MISSED_SETS 128u /* 4 * 128 cells are 48 KiB */

_Static_assert(sizeof(struct aa_known) % 8 == 0, "a cell is moved as whole words");
_Static_assert(sizeof(struct aa_missed) % 8 == 0, "a cell is moved as whole words");
_Static_assert(sizeof(struct aa_uid_range) % 8 == 0, "a cell is moved as whole words");
_Static_assert(sizeof(struct aa_seen) % 8 == 0, "a cell is moved as whole words");
_Static_assert(sizeof(struct aa_stamp) == 40, "a stamp has no padding: it is compared as bytes");
_Static_assert(sizeof(struct aa_cache_key) == 8 + AA_NSS_CACHE_KEY_MAX, "a key is compared as bytes");

/* A cell's words are a struct that begins with its key. */
struct cell {
	_Atomic uint32_t seq;
	_Atomic uint32_t hash; /* of the key; a hint: what counts is the key itself */
	_Atomic uint64_t words[];
};

struct aa_cells {
	_Atomic uint32_t next_way;
	uint32_t unused;
	_Atomic uint64_t cells[];
};

struct shape {
	size_t words; /* of the struct in a cell */
	uint32_t sets;
};

static const struct shape known_shape = {sizeof(struct aa_known) / 8, KNOWN_SETS};
static const struct shape missed_shape = {sizeof(struct aa_missed) / 8, MISSED_SETS};

/* ---- one cell: a seqlock ------------------------------------------------- */

static bool read_cell(const _Atomic uint32_t *seq, const _Atomic uint64_t *words, size_t n, void *ret)
{
	uint32_t before = atomic_load_explicit(seq, memory_order_acquire);
	uint64_t word;

	if (before % 2 != 0 || before == 0) /* being written, never written */
		return false;
	for (size_t i = 0; i < n; i++) {
		word = atomic_load_explicit(&words[i], memory_order_relaxed);
		memcpy((char *)ret + i * 8, &word, 8);
	}
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(seq, memory_order_relaxed) == before;
}

/* A writer that finds another one writing leaves the cell to that one, which may be a thread that a fork left behind. */
static bool begin_write(_Atomic uint32_t *seq, uint32_t *ret_before)
{
	uint32_t before = atomic_load_explicit(seq, memory_order_relaxed);

	if (before % 2 != 0)
		return false;
	if (!atomic_compare_exchange_strong_explicit(seq, &before, before + 1, memory_order_acquire,
						     memory_order_relaxed))
		return false;
	atomic_thread_fence(memory_order_release);
	*ret_before = before;
	return true;
}

static void write_words(_Atomic uint64_t *words, size_t n, const void *from)
{
	uint64_t word;

	for (size_t i = 0; i < n; i++) {
		memcpy(&word, (const char *)from + i * 8, 8);
		atomic_store_explicit(&words[i], word, memory_order_relaxed);
	}
}

static void end_write(_Atomic uint32_t *seq, uint32_t before)
{
	uint32_t after = before + 2;

	atomic_store_explicit(seq, after != 0 ? after : 2, memory_order_release); /* 0: never written */
}

/* ---- tables of cells ------------------------------------------------------ */

static size_t table_size(const struct shape *shape)
{
	return sizeof(struct aa_cells) +
	       shape->sets * WAYS * (sizeof(struct cell) + shape->words * sizeof(uint64_t));
}

static struct aa_cells *map_cells(aa_table *table, const struct shape *shape)
{
	struct aa_cells *cells, *others = NULL;
	int saved = errno;

	cells = mmap(NULL, table_size(shape), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (cells == MAP_FAILED) {
		cells = NULL;
	} else if (!atomic_compare_exchange_strong(table, &others, cells)) {
		munmap(cells, table_size(shape));
		cells = others;
	}
	errno = saved;
	return cells;
}

static uint32_t hash_of(const struct aa_cache_key *key)
{
	return cdb_hash(key->bytes, key->len);
}

/* Gives the cell of this way of the hash's set. */
static struct cell *cell_at(struct aa_cells *cells, const struct shape *shape, uint32_t hash, uint32_t way)
{
	size_t at = (hash ^ hash >> 16) % shape->sets * WAYS + way;

	return (struct cell *)(void *)&cells->cells[at * (1 + shape->words)];
}

static bool find(aa_table *table, const struct shape *shape, const struct aa_cache_key *key, void *ret)
{
	struct aa_cells *cells = atomic_load_explicit(table, memory_order_acquire);
	struct cell *cell;
	uint32_t hash;

	if (cells == NULL)
		return false;
	hash = hash_of(key);
	for (uint32_t way = 0; way < WAYS; way++) {
		cell = cell_at(cells, shape, hash, way);
		if (atomic_load_explicit(&cell->hash, memory_order_relaxed) == hash &&
		    read_cell(&cell->seq, cell->words, shape->words, ret) &&
		    memcmp(ret, key, sizeof(*key)) == 0)
			return true;
	}
	return false;
}

/* Chooses the cell that holds the key already, else an empty one, else the next in turn. */
static struct cell *cell_for(struct aa_cells *cells, const struct shape *shape, uint32_t hash)
{
	struct cell *cell, *empty = NULL;

	for (uint32_t way = 0; way < WAYS; way++) {
		cell = cell_at(cells, shape, hash, way);
		if (atomic_load_explicit(&cell->seq, memory_order_relaxed) == 0)
			empty = cell;
		else if (atomic_load_explicit(&cell->hash, memory_order_relaxed) == hash)
			return cell;
	}
	if (empty != NULL)
		return empty;
	return cell_at(cells, shape, hash,
		       atomic_fetch_add_explicit(&cells->next_way, 1, memory_order_relaxed) % WAYS);
}

static void keep(aa_table *table, const struct shape *shape, const void *kept)
{
	struct aa_cells *cells = atomic_load_explicit(table, memory_order_acquire);
	uint32_t hash = hash_of(kept), before;
	struct cell *cell;

	if (cells == NULL)
		cells = map_cells(table, shape);
	if (cells == NULL)
		return;
	cell = cell_for(cells, shape, hash);
	if (!begin_write(&cell->seq, &before))
		return;
	write_words(cell->words, shape->words, kept);
	atomic_store_explicit(&cell->hash, hash, memory_order_relaxed);
	end_write(&cell->seq, before);
}

static void forget(aa_table *table, const struct shape *shape)
{
	struct aa_cells *cells = atomic_exchange(table, NULL);

	if (cells != NULL)
		munmap(cells, table_size(shape));
}

/* ---- what is kept -------------------------------------------------------- */

bool aa_nss_cache_find(struct aa_nss_cache *cache, const struct aa_cache_key *key, struct aa_known *ret)
{
	return find(&cache->known, &known_shape, key, ret) && ret->value_len <= AA_NSS_CACHE_VALUE_MAX;
}

void aa_nss_cache_keep(struct aa_nss_cache *cache, const struct aa_known *known)
{
	keep(&cache->known, &known_shape, known);
}

bool aa_nss_cache_find_missed(struct aa_nss_cache *cache, const struct aa_cache_key *key,
			      struct aa_missed *ret)
{
	return find(&cache->missed, &missed_shape, key, ret);
}

void aa_nss_cache_keep_missed(struct aa_nss_cache *cache, const struct aa_missed *missed)
{
	keep(&cache->missed, &missed_shape, missed);
}

bool aa_nss_cache_find_range(struct aa_nss_cache *cache, struct aa_uid_range *ret)
{
	return read_cell(&cache->uids.seq, cache->uids.words, sizeof(*ret) / 8, ret);
}

void aa_nss_cache_keep_range(struct aa_nss_cache *cache, const struct aa_uid_range *range)
{
	uint32_t before;

	if (!begin_write(&cache->uids.seq, &before))
		return;
	write_words(cache->uids.words, sizeof(*range) / 8, range);
	end_write(&cache->uids.seq, before);
}

void aa_nss_cache_forget(struct aa_nss_cache *cache)
{
	forget(&cache->known, &known_shape);
	forget(&cache->missed, &missed_shape);
	atomic_store(&cache->uids.seq, 0);
	atomic_store(&cache->registry.seq, 0);
	atomic_store(&cache->passwd.seq, 0);
	atomic_store(&cache->group.seq, 0);
	atomic_store(&cache->withheld_passwd.seq, 0);
	atomic_store(&cache->withheld_group.seq, 0);
}

/* ---- files that were looked at in this tick ------------------------------ */

bool aa_nss_cache_still(struct aa_cell_seen *cell, const char *path, bool follow, int64_t tick,
			const struct aa_stamp *stamp)
{
	const size_t words = sizeof(struct aa_seen) / 8;
	struct aa_seen seen;
	uint32_t before;

	if (tick >= 0 && read_cell(&cell->seq, cell->words, words, &seen) && seen.tick == tick)
		return aa_stamp_equal(&seen.stamp, stamp);
	seen.tick = tick;
	if (aa_stamp_path(path, follow, &seen.stamp) < 0)
		return false;
	if (begin_write(&cell->seq, &before)) {
		write_words(cell->words, words, &seen);
		end_write(&cell->seq, before);
	}
	return aa_stamp_equal(&seen.stamp, stamp);
}
