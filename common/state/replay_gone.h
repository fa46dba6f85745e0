/* SPDX-License-Identifier: Apache-2.0 */
/* replay_gone.h: the times whose marks were removed from the replay store: RUNDIR/replay/gone/, one empty file a span.
 *
 *   fN    marks that were kept until some second of N * 256 … N * 256 + 255
 *   cN    the same for N * 65536 …
 *
 * With a clock that goes forward all of them have passed, and so has what was marked. Where the clock was ahead and was
 * set right, or goes back, a credential that ends within such a span may have been used, and only such a one may.
 * Files are made before marks are removed and never name less than was removed, so that no lock is needed.
 */
#ifndef AGENTAUTH_STATE_REPLAY_GONE_H
#define AGENTAUTH_STATE_REPLAY_GONE_H

#include <stdint.h>

/* When the spans that the times `from` to `to` fall into are over. */
int64_t aa_replay_gone_until(int64_t from, int64_t to);
/* Writes down that a mark kept until some time from `from` to `to` is gone. 0 or -errno. */
int aa_replay_gone_add(int store, int64_t from, int64_t to);
/* Whether a mark kept until `when` may be gone: 1, 0, or -errno. */
int aa_replay_gone_has(int store, int64_t when);
/* The end of the last span that lies ahead of `now`, of those that a credential of today can fall into; 0: there is none. */
int64_t aa_replay_gone_after(int store, int64_t now);
/* Where there are very many files, makes few of those that have passed long since. */
void aa_replay_gone_tidy(int store, int64_t now);

#endif
