/* SPDX-License-Identifier: Apache-2.0 */
/* replay_gone.h: the times whose marks were removed from the replay store: RUNDIR/replay/gone/, one empty file a
 * span.
 *
 *   fN    marks that were kept until some second of N * 256 … N * 256 + 255
 *   cN    the same for N * 65536 …
 *
 * With a clock that goes forward these times have passed, and the credentials have expired. Where the clock was ahead
 * and was set right, or goes back, a credential that ends within such a span may have been used, and no other may.
 * Files are made before marks are removed and never name less than was removed, so that no lock is needed.
 */
#ifndef AGENTAUTH_STATE_REPLAY_GONE_H
#define AGENTAUTH_STATE_REPLAY_GONE_H

#include <stdint.h>

/* Gives the number N of a time's file fN, and the first second of that span and the first one behind it. */
int64_t aa_replay_gone_span(int64_t when);
int64_t aa_replay_gone_span_first(int64_t number);
int64_t aa_replay_gone_span_end(int64_t number);
/* Gives the end of the spans that the times `from` to `to` fall into. */
int64_t aa_replay_gone_until(int64_t from, int64_t to);
/* Writes down that a mark kept until some time from `from` to `to` is gone. 0 or -errno. */
int aa_replay_gone_add(int store, int64_t from, int64_t to);
/* Says whether a mark kept until `when` may be gone: 1, 0, or -errno. */
int aa_replay_gone_has(int store, int64_t when);
/* Gives the end of the last span ahead of `now` that a credential of today can fall into; 0: there is none. */
int64_t aa_replay_gone_after(int store, int64_t now);
/* Merges files of times that have passed long since, where there are very many. */
void aa_replay_gone_tidy(int store, int64_t now);

#endif
