/* SPDX-License-Identifier: Apache-2.0 */
/* audit_chain.h: which line the next one of the audit log follows, and what became of the log since the last one.
 *
 * LOGDIR/audit.head says where the last writer left the log. A log that is shorter than that, or gone and not turned away
 * (logrotate), has lost lines: the next line goes on with the number that the head names, so that the lines are missed.
 */
#ifndef AGENTAUTH_STATE_AUDIT_CHAIN_H
#define AGENTAUTH_STATE_AUDIT_CHAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The files of the audit log, and of the log of programs, which is chained in the same way. */
#define AA_AUDIT_LOG "audit.jsonl"
#define AA_AUDIT_HEAD "audit.head"
#define AA_EXEC_LOG "exec.jsonl"
#define AA_EXEC_HEAD "exec.head"

struct aa_audit_link {
	uint64_t seq; /* of the last line; 0: there is none */
	char hash[65];
};

enum aa_audit_loss {
	AA_AUDIT_NO_LOSS,
	AA_AUDIT_LOG_GONE, /* the log was deleted, or emptied */
	AA_AUDIT_LOG_CUT,  /* lines are missing at its end */
	AA_AUDIT_LINE_CUT, /* the last line was cut short, and is closed */
	AA_AUDIT_HEAD_GONE,
};

/* Where the log ends. */
struct aa_audit_tail {
	struct aa_audit_link link; /* which the next line follows */
	uint64_t size, inode;	   /* of the log */
	int64_t time_us;	   /* of the last line; 0: not known */
	enum aa_audit_loss loss;
	uint64_t lost; /* how many lines; 0: not known */
};

/* Finds the end of the log of this name. A torn line is closed with a line feed. -ESTALE: `log_fd` is not the log any more, which the caller
 * opens anew; not where `again`. Else 0 or a negative errno. Under the lock. */
int aa_audit_find_end(int dirfd, const char *name, int head_fd, int log_fd, uid_t owner, bool again,
		      struct aa_audit_tail *ret);

/* Reads the head of a log, for those who do not write. 0 or a negative errno; -EBADMSG: it is damaged. */
int aa_audit_read_head(int dirfd, const char *name, uid_t owner, struct aa_audit_link *ret);

bool aa_audit_write_head(int head_fd, const struct aa_audit_tail *end);

#endif
