/* SPDX-License-Identifier: Apache-2.0 */
/* cdb_read.h: looks a key up in a cdb file with pread() alone.
 *
 * libcdb's own reader maps the file. A file that is cut short under a mapping raises SIGBUS in the process that
 * asked, and for NSS that is any process of the machine. Here every length and position is checked against the file's
 * size before it is used, so that a damaged file gives -EBADMSG. Only libcdb's hash function is used. Format:
 * https://cr.yp.to/cdb/cdb.txt
 *
 * Every function answers 0 or a negative errno value and leaves errno as it was.
 */
#ifndef AGENTAUTH_REGISTRY_CDB_READ_H
#define AGENTAUTH_REGISTRY_CDB_READ_H

#include <stddef.h>
#include <stdint.h>

#define AA_CDB_HEAD 2048u /* bytes before the first record: 256 hash tables' positions and lengths */

/* A look-up goes through so many slots before it calls the file damaged. Half of a table's slots are empty, so that
 * the longest run in a genuine file of millions of keys is a few hundred. */
#define AA_CDB_PROBES_MAX 65536u

struct aa_cdb {
	int fd;			   /* borrowed */
	uint32_t size;		   /* of the file */
	uint32_t end;		   /* of the records: where the first hash table begins */
	uint8_t head[AA_CDB_HEAD]; /* as in the file */
};

/* Reads the head and checks that it is one that a cdb file of this size can have. `fd` stays the caller's. */
int aa_cdb_init(struct aa_cdb *cdb, int fd, size_t size);

/* Copies the value of `key` into buf[0..cap) and gives its length. -ENOENT: no such key. -ERANGE: it is
 * longer than `cap` (*ret_len is set to what is needed). -EBADMSG: the file is damaged. */
int aa_cdb_get(const struct aa_cdb *cdb, const void *key, size_t key_len, void *buf, size_t cap,
	       size_t *ret_len);

/* Copies the value into memory from malloc(), with a zero byte behind it, of at most `max` bytes. The caller frees. */
int aa_cdb_get_alloc(const struct aa_cdb *cdb, const void *key, size_t key_len, size_t max, char **ret,
		     size_t *ret_len);

/* Walks over the records in the order in which they were written. *pos starts as 0 and is moved on to the
 * next record. -ENOENT: the end. Key and value are copied; -ERANGE as above, for either, and *pos stays. */
int aa_cdb_next(const struct aa_cdb *cdb, uint32_t *pos, void *key, size_t key_cap, size_t *ret_key_len,
		void *buf, size_t cap, size_t *ret_len);

#endif
