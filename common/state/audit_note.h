/* SPDX-License-Identifier: Apache-2.0 */
/* audit_note.h: what the log says of itself: the event "log", which stands before the line that the writer came for.
 *
 * `found` says what was found, `lines` how many lines are concerned, where that is known.
 */
#ifndef AGENTAUTH_STATE_AUDIT_NOTE_H
#define AGENTAUTH_STATE_AUDIT_NOTE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/state/audit_chain.h"
#include "common/state/audit_unwritten.h"

#define AA_AUDIT_CLOCK_SLACK 1000000 /* microseconds that the clock may be set back unsaid, as it is by NTP */

/* Each makes a record of the caller's; empty, or NULL, where memory is out. */
json_t *aa_audit_note_loss(const struct aa_audit_tail *end);
/* `before_us`: the time of the line before. */
json_t *aa_audit_note_clock(int64_t before_us, int64_t now_us);
json_t *aa_audit_note_unwritten(const struct aa_unwritten *unwritten);

/* Gives the record of a line that is such a note; NULL: the line is another. */
json_t *aa_audit_note_read(const char *line, size_t len);

#endif
