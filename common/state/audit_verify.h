/* SPDX-License-Identifier: Apache-2.0 */
/* audit_verify.h: whether the chain of a log holds. */
#ifndef AGENTAUTH_STATE_AUDIT_VERIFY_H
#define AGENTAUTH_STATE_AUDIT_VERIFY_H

#include <stdint.h>

struct aa_audit_check {
	uint64_t lines, first_seq, last_seq;
	uint64_t unchained; /* lines that went round the lock */
	uint64_t
	    torn; /* lines that were cut short, by a crash or a full disk; what follows holds their hash */
	uint64_t bad_line; /* 0: the chain holds */
	const char *why;   /* a sentence, static, when bad_line */
	char last_hash[65];
};
/* Reads a log from its beginning. `expect_prev` NULL: the first line's prev is taken as it stands. 0, or a negative
 * errno where the file cannot be read. */
int aa_audit_verify(const char *path, const char *expect_prev, struct aa_audit_check *ret);

#endif
