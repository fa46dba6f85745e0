/* SPDX-License-Identifier: Apache-2.0 */
/* audit.h: the audit log, LOGDIR/audit.jsonl: one JSON object a line, each holding the SHA-256 of the line before.
 *
 * LOGDIR/audit.lock is held (flock) while a line is written. LOGDIR/audit.head holds the last line's seq, hash and
 * time, and the log's size and inode, so that the chain goes on after a rotation and a writer reads no more than it
 * must. Where the log is behind the head, lines are missing, and the next writer says so before its own line
 * (audit_note.h); where it is ahead, a writer was killed between the two, and the log decides.
 */
#ifndef AGENTAUTH_STATE_AUDIT_H
#define AGENTAUTH_STATE_AUDIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/verify/reason.h"

#define AA_AUDIT_WAIT_MS 5000 /* for the lock */

struct aa_audit {
	const char *logdir;
	const char *host;   /* name of this host */
	const char *rundir; /* where lines are counted that cannot be written; NULL: they are not */
	const char
	    *statedir; /* where it is remembered that the log was begun (audit_begun.h); NULL: nowhere */
	uid_t owner;   /* who must own the log, beside uid 0 */
	bool sync;     /* fsync each line */
	bool go_round; /* writes past a lock that is held too long, and the line says so */
	bool quiet;    /* no copy to the machine's own logs (tests) */
	/* how many lines identical refusals have in a minute before they are counted (audit_brake.h); 0: no counting */
	unsigned brake;
	int64_t now; /* seconds since 1970, for the counting; 0: the clock's */
};

/* Completes `record` (event, service, agent, …; the reference is stolen) with time, seq, prev and host, appends it as
 * one line of ASCII, and sends a copy to the machine's own logs (audit_copy.h). An emptied record is not written. What the
 * log cannot take goes there alone. AA_OK or AA_AUDIT_UNAVAILABLE; the caller's policy decides what follows from that. Runs
 * under a guard (guard.h): an agent whose sudo this is can neither stop it while it holds the lock, nor make the line
 * fail by its own limits. */
enum aa_reason aa_audit_append(const struct aa_audit *audit, json_t *record);

/* Says whether a line could be appended, as far as that can be told without writing one. */
bool aa_audit_can_append(const struct aa_audit *audit);

/* Writes the lines of counts whose minute is over. AA_OK, or AA_AUDIT_UNAVAILABLE: some are still to be written. */
enum aa_reason aa_audit_settle(const struct aa_audit *audit);

#endif
