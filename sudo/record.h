/* SPDX-License-Identifier: Apache-2.0 */
/* record.h: whether a sudo's terminal is recorded, and what follows where it cannot be. */
#ifndef AGENTAUTH_SUDO_RECORD_H
#define AGENTAUTH_SUDO_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/state/cast.h"
#include "sudo/described.h"

struct aa_record;

enum aa_record_answer {
	AA_RECORD_REFUSED, /* it was to be recorded, and cannot be: a sentence was said */
	AA_RECORD_NONE,	   /* it is not to be, or goes on without */
	AA_RECORD_BEGUN,
};

/* Decides by the roles of the agent (common/verify/recording.h). A person's sudo is never recorded, whatever fails. */
enum aa_record_answer aa_record_begin(const struct aa_sudo *sudo, unsigned columns, unsigned lines,
				      struct aa_record **ret);
/* Gives the name that the log has for the recording. */
const char *aa_record_name(const struct aa_record *record);

/* Records what was shown. Where it cannot be, and the host denies what it cannot record, all that the sudo has started is
 * ended; a sentence is said, and the log has a line. */
void aa_record_output(struct aa_record *record, enum aa_cast_stream stream, const char *piece, size_t len);
/* Records another event, cast.h. */
void aa_record_event(struct aa_record *record, char code, const char *text);

/* Ends and seals the recording. NULL is none. */
void aa_record_end(struct aa_record *record);

#endif
