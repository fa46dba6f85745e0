/* audit.h: the audit log, LOGDIR/audit.jsonl: one JSON object a line, each holding the SHA-256 of the line before. */
#ifndef AGENTAUTH_STATE_AUDIT_H
#define AGENTAUTH_STATE_AUDIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "../verify/reason.h"

struct aa_audit {
	const char *logdir;
	const char *host;     /* name of this host */
	uid_t owner;          /* who must own the log, beside uid 0 */
	bool sync;            /* fsync each line */
	bool unchained_after_wait; /* administrative commands: a lock that is held too long is gone round, and the line says so */
	bool quiet;           /* no copy to syslog (tests) */
};

/* Completes `record` (event, service, agent, … : see DESIGN, audit record; its reference is stolen) with time, seq,
 * prev and host, appends it as one line and sends a copy to syslog (authpriv). Strings may hold anything: they are
 * escaped, and cut at 1024 bytes. AA_OK or AA_AUDIT_UNAVAILABLE; what follows from that is the caller's policy. */
enum aa_reason aa_audit_append(const struct aa_audit *audit, json_t *record);

/* What aa_audit_verify() found. */
struct aa_audit_check {
	uint64_t lines, first_seq, last_seq;
	uint64_t bad_line;        /* 0: the chain holds */
	const char *why;          /* a sentence, static, when bad_line */
	char last_hash[65];
};
/* Reads a log from its beginning. `expect_prev` NULL: the first line's prev is taken as it stands. */
int aa_audit_verify(const char *path, const char *expect_prev, struct aa_audit_check *ret);

#endif
