/* SPDX-License-Identifier: Apache-2.0 */
/* log_index.h: says in which parts of the audit log a record can be that somebody asks for.
 *
 * LOGDIR/index holds files of which each is about a segment of one file of the log, some 64 MiB of its text: which blocks
 * of the segment have lines of an agent, a session, a jti and so on, and of which time. The index is a hint: nothing is
 * answered out of it, verify does not look at it, and where it is missing, damaged or about another file than the one that
 * is there the log itself is read, with the same answers. */
#ifndef AGENTAUTHCTL_LOG_INDEX_H
#define AGENTAUTHCTL_LOG_INDEX_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/agentauthctl/audit/log_file.h"

#define INDEX_FOLDER "index"
#define INDEX_MAGIC "AAINDEX1"
#define INDEX_NAME "%" PRIu64 ".%u" /* of a segment: the inode of its file, and the number */
#define INDEX_BLOCKS_MAX 65535
#define INDEX_TERM_SIZE 16 /* bits of a term's end, which number its block */

struct index_block {
	uint32_t offset;     /* in the segment */
	uint32_t any;	     /* it has a line that no writer of ours wrote, and is always read */
	int64_t first, last; /* of the lines' times, in seconds */
};

/* A file of the index: this, the blocks, and the terms in their order. */
struct index_head {
	char magic[8];
	uint64_t head_sum; /* of the rest of the head */
	uint64_t sum;	   /* of what is behind the head */
	uint64_t inode, file_size;
	int64_t file_mtime;	  /* in nanoseconds */
	uint64_t begin, end;	  /* in the file's text, unpacked */
	uint64_t whole;		  /* nothing was behind it */
	uint64_t guard;		  /* of the text before the end; of a packed file 0 */
	int64_t first, last;	  /* of all blocks */
	uint64_t first_seq, anew; /* of the file */
	char first_time[32];
	uint64_t n_blocks, n_terms;
};

struct index_segment {
	const struct index_head *head;
	const struct index_block *blocks;
	const uint64_t *terms; /* a hash, whose end is the number of a block that has it */
	size_t size;
};

/* Hashes a member with its value, as it stands between its quotation marks in a line. */
uint64_t index_term(const char *member, size_t member_len, const char *value, size_t len);
uint64_t index_sum(const void *data, size_t len);
/* Hashes the text of a plain file before the offset. */
uint64_t index_guard(const struct log_file *file, uint64_t end);

/* Maps the segment of this number where it is about this file, as it stands, and begins at `begin`. False: the text from
 * there on is to be read. index_segment_close() follows where it is true. */
bool index_segment_open(const struct log_files *files, const struct log_file *file, unsigned number,
			uint64_t begin, struct index_segment *ret);
void index_segment_close(struct index_segment *segment);
/* Says whether what is behind the head is what was written, before it is used. */
bool index_segment_check(const struct index_segment *segment);
/* Says of each block whether it has the term, by setting a byte. */
void index_segment_mark(const struct index_segment *segment, uint64_t term, uint8_t *blocks);

/* Writes at most `most` segments that are missing, and removes those of files that are gone. Returns how many were written,
 * or a negative errno. */
struct progress;
int index_refresh(const struct log_files *files, size_t most, struct progress *progress);

#endif
