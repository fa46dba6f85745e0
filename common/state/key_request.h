/* SPDX-License-Identifier: Apache-2.0 */
/* key_request.h: marks that ask for an issuer's keys.
 *
 * A login cannot use the keys of an issuer where the token names a key that the set does not have, or where the set
 * is stale. RUNDIR/refresh/ISSUER, an empty file, then asks `agentauthctl issuer refresh --due` to fetch the set; a
 * login itself asks nobody. There is one name for each configured issuer, so that strangers cannot make more marks.
 */
#ifndef AGENTAUTH_STATE_KEY_REQUEST_H
#define AGENTAUTH_STATE_KEY_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#define AA_KEY_REQUEST_DIR "refresh"	   /* in RUNDIR */
#define AA_KEY_REQUEST_PAUSE 60		   /* seconds between two refreshes that marks asked for */
#define AA_KEY_REQUEST_STAMP "refreshed"   /* in RUNDIR: its time of change is that of the last one */
#define AA_KEY_REQUEST_LOCK "refresh.lock" /* in RUNDIR */

/* Leaves the mark, unless it is there. A failure is not reported: the login is refused anyway. */
void aa_key_request_mark(const char *rundir, const char *issuer);

bool aa_key_request_is(const char *rundir, const char *issuer);
bool aa_key_request_any(const char *rundir);
/* Removes the marks, those of former issuers too. The caller fetches the keys afterwards, so that a mark that comes
 * meanwhile is not lost. */
void aa_key_request_clear(const char *rundir);

/* Waits until no other refresh by marks is under way. Closing the descriptor ends this one. Or a negative errno. */
int aa_key_request_lock(const char *rundir);
/* Gives the seconds of the pause that remain at `now`; a stamp from the future counts as none. */
int64_t aa_key_request_pause(const char *rundir, int64_t now);
/* Begins the pause. 0 or a negative errno. */
int aa_key_request_begin(const char *rundir, int64_t now);

#endif
