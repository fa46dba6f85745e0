/* SPDX-License-Identifier: Apache-2.0 */
/* failures.h: how often credentials for an agent failed from one source lately. This is a brake, and no gate.
 *
 * RUNDIR/failures is a table of a fixed size that does not grow whatever strangers send. A cell is found by a hash of
 * (agent, source) under a secret of this boot, so that nobody can choose another's cell; where a set of cells is
 * full, the oldest gives way. No lock is held: of failures at the same moment one may go uncounted. Each source has
 * its own count, so that failing at one address shuts nobody out at another.
 */
#ifndef AGENTAUTH_STATE_FAILURES_H
#define AGENTAUTH_STATE_FAILURES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define AA_FAILURES_WINDOW 60 /* seconds from the first failure of a count */

/* Says whether `most` or more failed within the window. `source` is a numeric address, of which IPv6 counts as its
 * /64 network, or any other text. `most` 0: there is no limit. A table that cannot be read answers false; the replay
 * store, which lies in the same directory, then denies. */
bool aa_failures_reached(const char *rundir, uid_t owner, const char *agent, const char *source, int64_t most,
			 int64_t now);

/* Gives the text that counts together: of an IPv6 address its network, "…/64", since whoever has one address there
 * has them all; any other text as it is. */
void aa_failures_source(const char *source, char *ret, size_t cap);

/* Counts one failure. False: it could not be counted. */
bool aa_failures_count(const char *rundir, uid_t owner, const char *agent, const char *source, int64_t now);
/* Says whether one more failure could be counted: a caller's limits may leave no descriptor, or no file that may be
 * written. It writes a cell once more as it is, so it is asked only where there are such limits. */
bool aa_failures_can_count(const char *rundir, uid_t owner, const char *agent, const char *source);

#endif
