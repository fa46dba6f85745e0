/* SPDX-License-Identifier: Apache-2.0 */
/* replay.h: which credentials were used: RUNDIR/replay/, one file a credential.
 *
 *   since            its mtime: when this boot began; what was issued before cannot be told from used
 *   gone/            the times whose marks may have been removed, see replay_gone.h: a credential that ends then is refused
 *   XX/SHA256HEX     of SPACE NUL JTI, made with O_EXCL: its mtime is when it may be forgotten
 *
 * No lock is held, so nobody waits for a process that is stopped. What has not expired is never removed: where there is
 * no room, the credential is refused.
 */
#ifndef AGENTAUTH_STATE_REPLAY_H
#define AGENTAUTH_STATE_REPLAY_H

#include <stdint.h>
#include <sys/types.h>

#include "common/verify/reason.h"

/* Makes the store where it is not there; at boot and at install, so that the first login finds it. 0 or -errno. */
int aa_replay_init(const char *rundir);

/* Marks (space, jti) as used until `keep_until`, which is the same for a credential whatever the settings are. AA_OK: it was not; AA_REPLAYED; AA_REPLAY_UNAVAILABLE: cannot be told. */
enum aa_reason aa_replay_mark(const char *rundir, const char *space, const char *jti, int64_t iat,
			      int64_t keep_until, int64_t now);

/* What aa_replay_mark() would say; nothing is marked, and nothing is written. */
enum aa_reason aa_replay_check(const char *rundir, const char *space, const char *jti, int64_t iat,
			       int64_t keep_until);

/* What a clock that was wrong left behind: *ret_since, the stamp, which lies ahead of `now` where the clock was ahead when
 * the store was made, so that all that was issued before is refused; and *ret_refused, until when of the credentials that
 * end from now on some are refused (0: none). 0 or -errno. */
int aa_replay_look(const char *rundir, int64_t now, int64_t *ret_since, int64_t *ret_refused);
/* Makes the store as young as `now`: what was issued before is refused until it ends by itself. What was used before this
 * boot must all have been issued before `now`, which the caller has to know. 0 or -errno. */
int aa_replay_restart(const char *rundir, int64_t now);

/* Removes what has expired, everywhere. The number of marks removed, or -errno. */
long aa_replay_purge(const char *rundir, int64_t now);

#endif
