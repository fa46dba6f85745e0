/* SPDX-License-Identifier: Apache-2.0 */
/* mirror.h: keeps the folder as the directory is: what the conversation of watch.h tells becomes files, within limits that no
 * server can pass.
 *
 * Files and stops are written as they come; the manifest when all files that it names are there, or have not come within
 * MIRROR_PATIENCE. The cookie is kept, with what is held, once everything before it lies in the folder: a daemon that is killed
 * is told the rest again. */
#ifndef AGENTAUTH_SYNC_MIRROR_H
#define AGENTAUTH_SYNC_MIRROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/sync/held.h"
#include "tools/sync/incoming.h"
#include "tools/sync/watch.h"

#define MIRROR_PATIENCE 30000 /* milliseconds */

struct mirror {
	const char *base;
	struct incoming_limits limits;
	struct incoming *incoming;
	int state; /* the folder of state.h */
	/* from here on the mirror's own */
	struct held held;
	struct berval cookie;		   /* from malloc() */
	char manifest[AA_SHA256_HEX_SIZE]; /* that this carrier wrote last; "": none */
	char *pending;			   /* a manifest that waits for its files; NULL: none */
	size_t pending_len;
	int64_t pending_since;
	int64_t now;	  /* milliseconds; of clock_ms() */
	int64_t window;	  /* when `written` began to be counted */
	int64_t written;  /* bytes */
	unsigned refused; /* entries, of this connection */
	bool dirty, refreshed;
	char *others; /* what the other carrier has brought, once it was looked at */
};

extern const struct watch_events mirror_events; /* their context is the mirror */

/* Takes up, in a mirror that holds nothing yet, what was there when the daemon ended: of a text that is cut, or of another base,
 * nothing. */
void mirror_load(struct mirror *mirror);
/* Begins a connection; returns the cookie to ask with, or NULL. */
const struct berval *mirror_begin(struct mirror *mirror, int64_t now);
/* Everything that had come was told: writes what is ripe. 0, or a negative errno. */
int mirror_settle(struct mirror *mirror, int64_t now);
/* When mirror_settle() is due although nothing comes; 0: never. */
int64_t mirror_due(const struct mirror *mirror);
/* Has the next connection begin from nothing: the server does not know the cookie. */
void mirror_forget(struct mirror *mirror);
void mirror_free(struct mirror *mirror);

#endif
