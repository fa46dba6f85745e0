/* SPDX-License-Identifier: Apache-2.0 */
/* turns.h: which server is asked next, and when. A host asks its servers in their order; when it has asked them all in vain it waits,
 * twice as long each time. When a server goes down that ten thousand hosts were connected to they do not come back at once. */
#ifndef AGENTAUTH_SYNC_TURNS_H
#define AGENTAUTH_SYNC_TURNS_H

#include <stddef.h>
#include <stdint.h>

#define TURNS_FIRST 2000  /* milliseconds that a host waits at most at first */
#define TURNS_MOST 300000 /* and at the end */
#define TURNS_GOOD 60000  /* a connection that lasted as long was good */

struct turns {
	size_t n, next;	 /* servers, and which is asked next */
	unsigned rounds; /* that were in vain */
};

/* A connection failed, or ended after `lasted` milliseconds; `random` is any number. Returns the milliseconds to wait. */
int64_t turns_failed(struct turns *turns, int64_t lasted, uint32_t random);

#endif
