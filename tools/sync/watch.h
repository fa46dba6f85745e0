/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h: the conversation of RFC 4533 over one connection: the search that stays open, and what comes of it, message by
 * message. It does not block, so that one process can have as many as it likes. */
#ifndef AGENTAUTH_SYNC_WATCH_H
#define AGENTAUTH_SYNC_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include <ldap.h>

#include "tools/sync/control.h"
#include "tools/sync/link.h"

struct watch;

/* Each function may answer false, which ends the conversation; watch_refuse() has said why by then. */
struct watch_events {
	/* An entry is new, or is changed: `dn` and the values of CARRIED_CONTENT, NULL where it has none. */
	bool (*entry)(void *context, struct watch *watch, const unsigned char *uuid, const char *dn,
		      struct berval *const *content);
	/* An entry is there, unchanged; or is there no more. */
	bool (*present)(void *context, struct watch *watch, const unsigned char *uuid);
	bool (*gone)(void *context, struct watch *watch, const unsigned char *uuid);
	/* All that there is has been told; `whole`: what was not told of is there no more. */
	bool (*refreshed)(void *context, struct watch *watch, bool whole);
	/* Everything until now is in this state of the server. */
	bool (*cookie)(void *context, struct watch *watch, const struct berval *cookie);
	/* A referral came, and is not followed. */
	void (*referral)(void *context, struct watch *watch);
};

struct watch {
	LDAP *ld;
	const struct watch_events *events;
	void *context;
	int search, probe;  /* message ids; of no probe: -1 */
	bool had_cookie;    /* the search began with one */
	bool refreshed;	    /* what comes is new */
	bool must_refresh;  /* the server does not know the cookie */
	struct berval next; /* a cookie that came within a refresh, from malloc() */
	char why[LINK_WHY_SIZE];
};

enum watch_result {
	WATCH_QUIET, /* nothing more has come */
	WATCH_MORE,  /* something came, and there may be more */
	WATCH_ENDED, /* watch->why says why */
};

/* Begins the search below `base`. `cookie` NULL: all of it. 0, or -1 with a phrase in watch->why. */
int watch_begin(struct watch *watch, LDAP *ld, const char *base, const struct berval *cookie);

/* Takes one message that has come, if one has. */
enum watch_result watch_take(struct watch *watch);

/* Tells whether bytes of the server lie in the program already, which poll() knows nothing of. */
bool watch_pending(const struct watch *watch);

/* Asks the server for a sign of life; the answer ends the wait. false: it cannot be asked. */
bool watch_probe(struct watch *watch);

/* Says why an event ends the conversation, and returns false. */
bool watch_refuse(struct watch *watch, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Frees what the conversation holds; the connection is the caller's. */
void watch_end(struct watch *watch);

#endif
