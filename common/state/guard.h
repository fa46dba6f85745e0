/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h: while something is decided, the caller can neither stop nor starve the process that decides.
 *
 * sudo and su run our code with the caller's real uid, limits and timers: a signal of the caller's could stop it between a
 * check and what the check was for, and a limit could have a line of the log, or the count of a failure, fail.
 */
#ifndef AGENTAUTH_STATE_GUARD_H
#define AGENTAUTH_STATE_GUARD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct aa_guard {
	bool raised;
	/* a limit stays below what a decision needs: nothing may be let through that is not in the log */
	bool starved;
	uid_t ruid, euid, suid; /* as they were, and will be again */
	bool as_root;		/* the real uid is 0 meanwhile */
	sigset_t mask, pending;
};

/* Blocks signals, raises the limits, and, where the effective uid is 0, makes the real one 0 too: then the caller may not
 * signal us. One guard may stand within another. */
void aa_guard_raise(struct aa_guard *guard);

/* Has all as it was before, and does nothing where the guard is not raised. False: the uids could not be set back. */
bool aa_guard_lower(struct aa_guard *guard);

/* Whose process this is: the real uid as it was before any guard, which getuid() does not tell. */
uid_t aa_guard_caller_uid(void);

#endif
