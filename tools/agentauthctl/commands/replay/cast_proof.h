/* SPDX-License-Identifier: Apache-2.0 */
/* cast_proof.h: what the audit log says of recordings, and whether they are still what it says. */
#ifndef AGENTAUTHCTL_CAST_PROOF_H
#define AGENTAUTHCTL_CAST_PROOF_H

#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/replay/cast_read.h"

enum cast_state {
	CAST_SEALED,	 /* as the log has it */
	CAST_UNFINISHED, /* as the log has it; sudo was killed, so that the end may be missing */
	CAST_OPEN,	 /* it is being written, or the next sweep seals it */
	CAST_CHANGED,	 /* its hash is not the one in the log */
	CAST_UNKNOWN,	 /* the log does not name it */
	CAST_UNREADABLE,
};

/* Reads the records of recordings of sessions whose id begins so: an object with each by its name. What cannot be read of the
 * log is reported. */
json_t *cast_records(struct ctl *ctl, const char *session);

/* Compares a recording that was loaded, or could not be, with what the log has. */
enum cast_state cast_compare(const struct cast *cast, const json_t *records);

/* Says it in a word or two for a table. */
const char *cast_state_name(enum cast_state state);

#endif
