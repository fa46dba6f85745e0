/* SPDX-License-Identifier: Apache-2.0 */
/* held.h: remembers which entry of the directory is which file, by its entryUUID: of an entry that is gone, or has another name,
 * the server says nothing else. */
#ifndef AGENTAUTH_SYNC_HELD_H
#define AGENTAUTH_SYNC_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/sync/carried.h"
#include "tools/sync/control.h"

struct held_one {
	unsigned char uuid[CONTROL_UUID_LEN];
	struct carried file;
	uint32_t len; /* bytes of the content */
	bool seen;    /* by the refresh that is going on */
};

struct held {
	void *tree;	/* of tsearch(3) */
	size_t n[3];	/* of each carried_kind */
	uint64_t bytes; /* of all contents */
};

struct held_one *held_find(const struct held *held, const unsigned char *uuid);
/* Adds an entry, which must not be there yet, seen. */
void held_add(struct held *held, const unsigned char *uuid, const struct carried *file, size_t len);
void held_remove(struct held *held, struct held_one *one);

/* Calls `each` for every entry, in no order that matters; it must not add or remove one. */
void held_each(const struct held *held, void (*each)(struct held_one *one, void *context), void *context);
/* Tells whether an entry is this file. */
bool held_has(const struct held *held, const struct carried *file);

void held_free(struct held *held);

#endif
