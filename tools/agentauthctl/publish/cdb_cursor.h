/* SPDX-License-Identifier: Apache-2.0 */
/* cdb_cursor.h reads one agent's record after another of a generation's file, in the order of their names, from front to
 * back once. */
#ifndef AGENTAUTHCTL_CDB_CURSOR_H
#define AGENTAUTHCTL_CDB_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "tools/cli/alloc.h"

/* A cursor that is all zero but for its file stands before the first record. */
struct cdb_cursor {
	int fd;	      /* borrowed */
	uint32_t end; /* of the records: aa_cdb's */
	struct buffer window;
	uint32_t window_at, next;
};

/* cdb_cursor_next() returns the value of the key PREFIX NAME, until the next call, or NULL where there is none. Keys with
 * another prefix are passed over; those with this one stand in the order of their names, and are asked for in it. */
const char *cdb_cursor_next(struct cdb_cursor *cursor, const char *prefix, const char *name, size_t *ret_len);
void cdb_cursor_free(struct cdb_cursor *cursor);

#endif
