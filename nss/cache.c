/* SPDX-License-Identifier: Apache-2.0 */
/* cache.c: cells that are read and written without a lock, see cache.h. */
#include "nss/cache.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <cdb.h>

#define WORDS (sizeof(struct aa_known) / 8)
#define WAYS 4u
#define SETS 512u /* 4 * 512 cells are 750 KiB, touched as they are used */

_Static_assert(sizeof(struct aa_known) % 8 == 0, "a cell is moved as whole words");
_Static_assert(sizeof(struct aa_seen) % 8 == 0, "a cell is moved as whole words");
_Static_assert(sizeof(struct aa_stamp) == 40, "a stamp has no padding: it is compared as bytes");

struct cell {
	_Atomic uint32_t seq;
	_Atomic uint32_t hash; /* of the key; a hint: what counts is the key itself */
	_Atomic uint64_t words[WORDS];
};

struct aa_cache_cells {
	_Atomic uint32_t next_way;
	struct cell cells[SETS * WAYS];
};

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

/* ---- the cells ----------------------------------------------------------- */

static struct aa_cache_cells *map_cells(struct aa_nss_cache *cache)
{
	struct aa_cache_cells *cells, *others = NULL;
	int saved = errno;

	cells = mmap(NULL, sizeof(*cells), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (cells == MAP_FAILED) {
		cells = NULL;
	} else if (!atomic_compare_exchange_strong(&cache->cells, &others, cells)) {
		munmap(cells, sizeof(*cells));
		cells = others;
	}
	errno = saved;
	return cells;
}

static struct cell *set_of(struct aa_cache_cells *cells, uint32_t hash)
{
	return &cells->cells[(hash ^ hash >> 16) % SETS * WAYS];
}

static bool has_key(const struct aa_known *known, const void *key, size_t key_len)
{
	return known->key_len == key_len && memcmp(known->key, key, key_len) == 0 &&
	       known->value_len <= AA_NSS_CACHE_VALUE_MAX;
}

bool aa_nss_cache_find(struct aa_nss_cache *cache, const void *key, size_t key_len, struct aa_known *ret)
{
	struct aa_cache_cells *cells = atomic_load_explicit(&cache->cells, memory_order_acquire);
	uint32_t hash;
	struct cell *set;

	if (cells == NULL || key_len > AA_NSS_CACHE_KEY_MAX)
		return false;
	hash = cdb_hash(key, (unsigned)key_len);
	set = set_of(cells, hash);
	for (uint32_t i = 0; i < WAYS; i++) {
		if (atomic_load_explicit(&set[i].hash, memory_order_relaxed) != hash)
			continue;
		if (read_cell(&set[i].seq, set[i].words, WORDS, ret) && has_key(ret, key, key_len))
			return true;
	}
	return false;
}

/* Chooses the cell that holds the key already, else an empty one, else the next in turn. */
static struct cell *cell_for(struct aa_cache_cells *cells, uint32_t hash)
{
	struct cell *set = set_of(cells, hash), *empty = NULL;

	for (uint32_t i = 0; i < WAYS; i++) {
		if (atomic_load_explicit(&set[i].seq, memory_order_relaxed) == 0)
			empty = &set[i];
		else if (atomic_load_explicit(&set[i].hash, memory_order_relaxed) == hash)
			return &set[i];
	}
	if (empty != NULL)
		return empty;
	return &set[atomic_fetch_add_explicit(&cells->next_way, 1, memory_order_relaxed) % WAYS];
}

void aa_nss_cache_keep(struct aa_nss_cache *cache, const struct aa_known *known)
{
	struct aa_cache_cells *cells = atomic_load_explicit(&cache->cells, memory_order_acquire);
	uint32_t hash, before;
	struct cell *cell;

	if (cells == NULL)
		cells = map_cells(cache);
	if (cells == NULL)
		return;
	hash = cdb_hash(known->key, known->key_len);
	cell = cell_for(cells, hash);
	if (!begin_write(&cell->seq, &before))
		return;
	write_words(cell->words, WORDS, known);
	atomic_store_explicit(&cell->hash, hash, memory_order_relaxed);
	end_write(&cell->seq, before);
}

void aa_nss_cache_forget(struct aa_nss_cache *cache)
{
	struct aa_cache_cells *cells = atomic_exchange(&cache->cells, NULL);

	if (cells != NULL)
		munmap(cells, sizeof(*cells));
	atomic_store(&cache->registry.seq, 0);
	atomic_store(&cache->group.seq, 0);
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
