/* SPDX-License-Identifier: Apache-2.0 */
/* wanted.h: issuers whose keys a login could not do with: the token names a key that the set does not have,
 * or the set is stale. RUNDIR/refresh/ISSUER, an empty file, asks `agentauthctl issuer refresh --due` to
 * fetch it; a login itself asks nobody. There is one name for each configured issuer, so that whoever sends
 * what makes marks makes no more of them.
 */
#ifndef AGENTAUTH_STATE_WANTED_H
#define AGENTAUTH_STATE_WANTED_H

#include <stdbool.h>
#include <stdint.h>

#define AA_WANTED_DIR "refresh"	      /* in RUNDIR */
#define AA_WANTED_PAUSE 60	      /* seconds between two refreshes that marks asked for */
#define AA_WANTED_STAMP "refreshed"   /* in RUNDIR: its time of change is that of the last one */
#define AA_WANTED_LOCK "refresh.lock" /* in RUNDIR */

/* Leaves the mark; one that is there already is as good. Nothing is said of a failure: the login is refused
 * anyway. */
void aa_wanted_mark(const char *rundir, const char *issuer);

bool aa_wanted_is(const char *rundir, const char *issuer);
bool aa_wanted_any(const char *rundir);
/* Takes the marks away, of issuers that are gone too: before the keys are fetched, so that one that comes
 * meanwhile is not lost. */
void aa_wanted_clear(const char *rundir);

/* Waits until no other refresh by marks is under way. A descriptor, whose closing ends it, or a negative
 * errno. */
int aa_wanted_lock(const char *rundir);
/* How many seconds of the pause are left at `now`; a stamp from the future counts as none. */
int64_t aa_wanted_pause(const char *rundir, int64_t now);
/* The pause begins. 0 or a negative errno. */
int aa_wanted_begin(const char *rundir, int64_t now);

#endif
