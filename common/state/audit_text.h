/* SPDX-License-Identifier: Apache-2.0 */
/* audit_text.h: a line of the audit log as text: what the record holds is written before the lock is taken, and the members of
 * the chain are put before it under the lock. */
#ifndef AGENTAUTH_STATE_AUDIT_TEXT_H
#define AGENTAUTH_STATE_AUDIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define AA_AUDIT_LINE_MAX 65536 /* bytes of a line */

struct aa_audit_text {
	char *buf;  /* from malloc() */
	char *rest; /* in buf: what follows the members of the chain */
	char *line; /* in buf, once it is chained: the line with its line feed and a zero behind it */
	size_t len; /* of the line, with its line feed */
};

/* Writes the host's name and the record's members, but time, seq, prev and host, which are not the record's to set. False:
 * that is too long, or there is no memory. */
bool aa_audit_text_make(struct aa_audit_text *text, const char *host, const json_t *record);

/* Puts time, seq and prev before these; again and again, if it must be. `time_us`: microseconds since 1970. */
void aa_audit_text_chain(struct aa_audit_text *text, int64_t time_us, uint64_t seq, const char *prev);

void aa_audit_text_free(struct aa_audit_text *text);

/* Microseconds of the host's clock, since 1970. */
int64_t aa_audit_clock_us(void);
#define AA_AUDIT_TIME_SIZE 40
/* Prints a time as the log has it. */
void aa_audit_time(int64_t time_us, char ret[AA_AUDIT_TIME_SIZE]);

#endif
