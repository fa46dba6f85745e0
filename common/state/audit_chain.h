/* SPDX-License-Identifier: Apache-2.0 */
/* audit_chain.h: which line the next one of the audit log follows. */
#ifndef AGENTAUTH_STATE_AUDIT_CHAIN_H
#define AGENTAUTH_STATE_AUDIT_CHAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define AA_AUDIT_LINE_MAX 65536 /* bytes of a line */

struct aa_audit_link {
	uint64_t seq; /* of the last line; 0: there is none */
	char hash[65];
};

/* Gives the link that the next line follows: the head where it fits the log (or the log is new), else the log itself.
 * `size` is the log's, which grows by the line feed that closes a torn line. */
bool aa_audit_last_link(int head_fd, int log_fd, uint64_t *size, struct aa_audit_link *ret);

/* Reads LOGDIR/audit.head, for those who do not write. 0 or a negative errno; -EBADMSG: it is damaged. */
int aa_audit_read_head(int dirfd, uid_t owner, struct aa_audit_link *ret);

bool aa_audit_write_head(int head_fd, const struct aa_audit_link *link, uint64_t size);

#endif
