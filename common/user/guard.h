/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h: keeps the caller from stopping or starving the process that decides.
 *
 * sudo and su run our code with the caller's real uid, limits and timers. A signal of the caller's could stop it
 * between a check and the act that the check was for, and a limit could make a line of the log, or the count of a
 * failure, fail.
 */
#ifndef AGENTAUTH_USER_GUARD_H
#define AGENTAUTH_USER_GUARD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct aa_guard {
	bool raised;
	/* a limit stays below the need of a decision: nothing may be let through that is not in the log */
	bool starved;
	uid_t ruid, euid, suid; /* as they were, and will be again */
	bool as_root;		/* the real uid is 0 meanwhile */
	sigset_t mask, pending;
};

/* Blocks signals, raises the limits, and, where the effective uid is 0, makes the real one 0 too: then the caller may
 * not signal us. A guard may stand within another. */
void aa_guard_raise(struct aa_guard *guard);

/* Restores everything, and does nothing where the guard is not raised. False: the uids could not be set back. */
bool aa_guard_lower(struct aa_guard *guard);

/* Gives the real uid as it was before any guard, which getuid() does not tell: that of the process's caller. */
uid_t aa_guard_caller_uid(void);

#endif
