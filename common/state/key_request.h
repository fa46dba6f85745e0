/* SPDX-License-Identifier: Apache-2.0 */
/* key_request.h: issuers whose keys a login could not do with: the token names a key that the set does not have,
 * or the set is stale. RUNDIR/refresh/ISSUER, an empty file, asks `agentauthctl issuer refresh --due` to
 * fetch it; a login itself asks nobody. There is one name for each configured issuer, so that whoever sends
 * what makes marks makes no more of them.
 */
#ifndef AGENTAUTH_STATE_KEY_REQUEST_H
#define AGENTAUTH_STATE_KEY_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#define AA_KEY_REQUEST_DIR "refresh"	   /* in RUNDIR */
#define AA_KEY_REQUEST_PAUSE 60		   /* seconds between two refreshes that marks asked for */
#define AA_KEY_REQUEST_STAMP "refreshed"   /* in RUNDIR: its time of change is that of the last one */
#define AA_KEY_REQUEST_LOCK "refresh.lock" /* in RUNDIR */

/* Leaves the mark; one that is there already is as good. Nothing is said of a failure: the login is refused
 * anyway. */
void aa_key_request_mark(const char *rundir, const char *issuer);

bool aa_key_request_is(const char *rundir, const char *issuer);
bool aa_key_request_any(const char *rundir);
/* Takes the marks away, of issuers that are gone too: before the keys are fetched, so that one that comes
 * meanwhile is not lost. */
void aa_key_request_clear(const char *rundir);

/* Waits until no other refresh by marks is under way. A descriptor, whose closing ends it, or a negative
 * errno. */
int aa_key_request_lock(const char *rundir);
/* How many seconds of the pause are left at `now`; a stamp from the future counts as none. */
int64_t aa_key_request_pause(const char *rundir, int64_t now);
/* The pause begins. 0 or a negative errno. */
int aa_key_request_begin(const char *rundir, int64_t now);

#endif
