/* SPDX-License-Identifier: Apache-2.0 */
/* audit_verify.h: proves that an audit log is whole: each line holds the hash and the number of the line before.
 *
 * The lines are given one after another, over all files of the log, and take constant memory. What does not fit is
 * told apart by the two lines around it: a line that was changed keeps its place, one that was put in has a place that
 * another line has, too, one that was removed leaves a number out, and one that was moved does both.
 */
#ifndef AGENTAUTH_STATE_AUDIT_VERIFY_H
#define AGENTAUTH_STATE_AUDIT_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AA_AUDIT_FAULTS_MAX 100 /* that are told apart; a log with more of them is no log */

enum aa_audit_fault_kind {
	AA_AUDIT_CHANGED,   /* the line is not what was written */
	AA_AUDIT_PUT_IN,    /* `count` lines that nobody wrote there */
	AA_AUDIT_REMOVED,   /* `count` lines are missing before this one, from `seq` on */
	AA_AUDIT_MOVED,	    /* the line stood elsewhere */
	AA_AUDIT_RESTARTED, /* the numbers begin anew: audit.head was removed with the log */
	AA_AUDIT_CUT_OFF,   /* `count` lines are missing behind this one, which audit.head knows of */
	AA_AUDIT_TORN,	    /* the last line was cut short */
};

struct aa_audit_fault {
	enum aa_audit_fault_kind kind;
	uint64_t line; /* counted from 1 over all lines that were given */
	uint64_t seq, count;
};

struct aa_audit_line {
	char hash[65]; /* "": there is no such line */
	uint64_t line, seq;
};

/* A walk begins zeroed, but for last.hash, where the hash of the line before the first is known. */
struct aa_audit_walk {
	uint64_t lines, first_seq;
	uint64_t unchained; /* lines that went round the lock */
	uint64_t
	    torn; /* lines that were cut short, by a crash or a full disk; what follows holds their hash */
	struct aa_audit_line last, before; /* of the chain, as far as it holds */
	struct aa_audit_fault faults[AA_AUDIT_FAULTS_MAX];
	size_t n_faults;
	uint64_t more_faults; /* that found no room */

	/* The next line decides on these. */
	struct aa_audit_line jumped_from, twin;
	bool unsure;		      /* of the last fault */
	struct aa_audit_line in_head; /* before the unchained lines at the end: these are not in audit.head */
	bool ends_torn, ends_nameless, ends_unchained;
	bool after_torn;    /* the line before was, or had no number */
	char with_prev[65]; /* the hash that the last line would have if it held that of the line before */
};

/* Takes the next line, without its line feed. 0, or -EIO where OpenSSL fails. */
int aa_audit_walk_line(struct aa_audit_walk *walk, const char *line, size_t len);
/* Ends a walk. `head_seq` and `head_hash` are of audit.head; NULL: it is not there. */
void aa_audit_walk_end(struct aa_audit_walk *walk, uint64_t head_seq, const char *head_hash);
/* Adds a fault that the caller has found. */
void aa_audit_walk_fault(struct aa_audit_walk *walk, enum aa_audit_fault_kind kind, uint64_t line,
			 uint64_t seq, uint64_t count);

#endif
