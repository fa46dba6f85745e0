/* SPDX-License-Identifier: Apache-2.0 */
/* incoming.h: the folder that a release is carried into, as carried.h says it is laid out. Each file is written whole, beside its
 * name, and renamed; what a killed writer left beside is removed when the folder is opened. */
#ifndef AGENTAUTH_SYNC_INCOMING_H
#define AGENTAUTH_SYNC_INCOMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/sync/carried.h"

/* Of each carrier, what it may write at the most. */
struct incoming_limits {
	int64_t file, manifest; /* bytes of one; a stop is a file */
	int64_t files, stops;	/* how many */
	int64_t disk;		/* bytes of all */
};

struct incoming {
	int folder, files, stops; /* descriptors */
	bool stops_changed;	  /* since the index was written */
};

/* Opens the folder, which must be there, and makes files/ and stops/ in it. 0 or a negative errno. */
int incoming_open(const char *path, struct incoming *ret);
void incoming_close(struct incoming *incoming);

/* Tells whether the file is there, and is what its name says. */
bool incoming_has(const struct incoming *incoming, const struct carried *file);
/* Tells whether a file of this name is there. */
bool incoming_there(const struct incoming *incoming, const struct carried *file);
/* 0 or a negative errno. */
int incoming_put(struct incoming *incoming, const struct carried *file, const void *content, size_t len);
void incoming_drop(struct incoming *incoming, const struct carried *file);
/* Writes stops/index anew where a stop came or went. 0 or a negative errno. */
int incoming_index(struct incoming *incoming);
/* Has all that was written outlast a loss of power. 0 or a negative errno. */
int incoming_sync(const struct incoming *incoming);
/* Removes the files and stops that `keep` says no to. */
void incoming_sweep(struct incoming *incoming, bool (*keep)(const struct carried *file, void *context),
		    void *context);

#endif
