/* SPDX-License-Identifier: Apache-2.0 */
/* cache.h: keeps the answers that this process got lately, in its own memory.
 *
 * A program that lists a directory or a process table asks for the same few agents again and again. An answer is kept
 * beside the stamps of the three files that it depends on, and is served again only while all three are as they were.
 * It asks for people, too, whom a source behind us knows: that the registry lacks a name or an id is kept beside the
 * registry's stamp alone.
 *
 * There is no lock that a thread could hold while it is stopped, or while another thread forks: every cell has a
 * sequence number that is odd while it is written to (a seqlock). A reader that finds it odd, or changed after
 * reading, goes to the file. The cache holds public data only.
 */
#ifndef AGENTAUTH_NSS_CACHE_H
#define AGENTAUTH_NSS_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/file/stamp.h"

#define AA_NSS_CACHE_KEY_MAX 40
#define AA_NSS_CACHE_VALUE_MAX 216

/* A question, with zeros behind its end. */
struct aa_cache_key {
	uint8_t len, unused[7];
	char bytes[AA_NSS_CACHE_KEY_MAX];
};

/* A kept answer. This and what follows is moved as whole 64-bit words. */
struct aa_known {
	struct aa_cache_key key;
	struct aa_stamp registry, local; /* of accounts.cdb, and of /etc/passwd or /etc/group */
	struct aa_stamp withheld;	 /* of the list of what is not served */
	uint8_t value_len, unused[7];
	char value[AA_NSS_CACHE_VALUE_MAX];
};

/* A question to which this registry has no answer. */
struct aa_missed {
	struct aa_cache_key key;
	struct aa_stamp registry;
};

/* The range in which this registry has its agents' uids. */
struct aa_uid_range {
	struct aa_stamp registry;
	uint32_t min, max;
};

/* A file was seen with this stamp at one tick of the clock. */
struct aa_seen {
	int64_t tick;
	struct aa_stamp stamp;
};

struct aa_cell_seen {
	_Atomic uint32_t seq;
	_Atomic uint64_t words[sizeof(struct aa_seen) / 8];
};

struct aa_cell_range {
	_Atomic uint32_t seq;
	_Atomic uint64_t words[sizeof(struct aa_uid_range) / 8];
};

/* A table is mapped when the first thing is kept in it, and never unmapped. */
struct aa_cells;
typedef _Atomic(struct aa_cells *) aa_table;

/* A process has one cache; zeros are an empty one. */
struct aa_nss_cache {
	aa_table known, missed;
	struct aa_cell_range uids;
	struct aa_cell_seen registry, passwd, group, withheld_passwd, withheld_group;
};

/* Finds the answer to this key. false: there is none. The caller compares the stamps. */
bool aa_nss_cache_find(struct aa_nss_cache *cache, const struct aa_cache_key *key, struct aa_known *ret);
/* Keeps the answer in place of another, or does not. */
void aa_nss_cache_keep(struct aa_nss_cache *cache, const struct aa_known *known);

/* The two do the same for a question without an answer. There is room for fewer of them, so that a program that asks
 * for many of them does not grow by it. */
bool aa_nss_cache_find_missed(struct aa_nss_cache *cache, const struct aa_cache_key *key,
			      struct aa_missed *ret);
void aa_nss_cache_keep_missed(struct aa_nss_cache *cache, const struct aa_missed *missed);

/* The range that was kept last. false: there is none. The caller compares the stamp. */
bool aa_nss_cache_find_range(struct aa_nss_cache *cache, struct aa_uid_range *ret);
void aa_nss_cache_keep_range(struct aa_nss_cache *cache, const struct aa_uid_range *range);

/* Says whether the file at `path` has this stamp. The file is asked once for each `tick`, for files of which an
 * answer that is one tick late does no harm. A negative tick: it is asked in any case. */
bool aa_nss_cache_still(struct aa_cell_seen *seen, const char *path, bool follow, int64_t tick,
			const struct aa_stamp *stamp);

/* Gives the mapped memory back: for tests. */
void aa_nss_cache_forget(struct aa_nss_cache *cache);

#endif
