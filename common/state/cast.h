/* SPDX-License-Identifier: Apache-2.0 */
/* cast.h: writes what a terminal showed, an asciicast (version 2), where the agent cannot reach it.
 *
 * LOGDIR/recordings/AGENT/open/NAME.cast is written to, and locked (flock) meanwhile; cast_store.h seals it. NAME is the
 * session's id and the time in microseconds. Its first line is a JSON object, with `agentauth` beside what asciicast has: the
 * members of the audit record. Each further line is an event, [SECONDS, CODE, TEXT], written by one write(): after a crash
 * the last one may be torn. Nothing is written of what was typed.
 */
#ifndef AGENTAUTH_STATE_CAST_H
#define AGENTAUTH_STATE_CAST_H

#include <stddef.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/state/cast_store.h"

/* Where output comes from: the command's pseudoterminal, or a pipe in the place of what is no terminal. */
enum aa_cast_stream { AA_CAST_TTY, AA_CAST_STDOUT, AA_CAST_STDERR, AA_CAST_STREAMS };

struct aa_cast;

/* Begins a recording. `about` has agent, session and what else its audit record is to have, and stays the caller's. 0 or a
 * negative errno: -EDQUOT where the agent's recordings are too many, -ENOSPC where the disk is nearly full. */
int aa_cast_begin(const char *logdir, uid_t owner, const json_t *about, unsigned columns, unsigned lines,
		  struct aa_cast **ret);
const char *aa_cast_name(const struct aa_cast *cast);

/* Writes what was shown. -EFBIG: the recording has reached its bound. Any failure is of this piece alone: the caller decides
 * whether there is a next one. */
int aa_cast_output(struct aa_cast *cast, enum aa_cast_stream stream, const char *piece, size_t len);
/* Writes another event: 'r' with "80x24" for a new size, 'm' for a marker. The text is JSON as it stands. */
int aa_cast_event(struct aa_cast *cast, char code, const char *text);

/* Writes what is held back, and gives the lock up. The recording is still to be sealed. NULL is none. */
void aa_cast_close(struct aa_cast *cast);

#endif
