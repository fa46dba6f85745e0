/* SPDX-License-Identifier: Apache-2.0 */
/* audit_unwritten.h: how many lines the audit log could not take, so that the first that it takes again says so.
 *
 * RUNDIR/audit.unwritten has the time of each, eight bytes a line: a log that cannot be written has no place for them. It is
 * gone after a restart of the host.
 */
#ifndef AGENTAUTH_STATE_AUDIT_UNWRITTEN_H
#define AGENTAUTH_STATE_AUDIT_UNWRITTEN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define AA_UNWRITTEN_MAX 131072 /* lines that are counted */

struct aa_unwritten {
	uint64_t count;		   /* AA_UNWRITTEN_MAX: or more */
	int64_t first_us, last_us; /* when, microseconds since 1970 */
};

/* Adds one. */
void aa_audit_unwritten_add(const char *rundir, uid_t owner, int64_t time_us);

/* Reads how many there are. False: there are none. */
bool aa_audit_unwritten_read(const char *rundir, uid_t owner, struct aa_unwritten *ret);

/* Forgets them, once the log has them. */
void aa_audit_unwritten_forget(const char *rundir);

#endif
