/* SPDX-License-Identifier: Apache-2.0 */
/* replay.h: which credentials were used: RUNDIR/replay/, one file a credential.
 *
 *   since            its mtime: when this boot began; a credential that was issued before cannot be told from a used one
 *   due/             which marks end when, see replay_due.h
 *   gone/            the times whose marks may have been removed, see replay_gone.h: a credential that ends then is refused
 *   XX/SHA256HEX     of SPACE NUL JTI, made with O_EXCL: its mtime is when it may be forgotten
 *
 * No lock is held, so nobody waits for a process that is stopped. A mark that has not expired is never removed: where
 * there is no room, the credential is refused, while the rest of the host still has some (replay_room.h). A login looks
 * at a bounded number of marks that are over, and at none that is not.
 */
#ifndef AGENTAUTH_STATE_REPLAY_H
#define AGENTAUTH_STATE_REPLAY_H

#include <stdint.h>
#include <sys/types.h>

#include "common/verify/reason.h"

/* Makes the store where it is not there. That is done at boot and at install, so that the first login finds it. 0 or
 * -errno. */
int aa_replay_init(const char *rundir);

/* Marks (space, jti) as used until `keep_until`, which is the same for a credential whatever the settings are. AA_OK:
 * it was unused; AA_REPLAYED; AA_REPLAY_FULL; AA_REPLAY_UNAVAILABLE: cannot be told. */
enum aa_reason aa_replay_mark(const char *rundir, const char *space, const char *jti, int64_t iat,
			      int64_t keep_until, int64_t now);

/* Answers as aa_replay_mark() would, and writes nothing. */
enum aa_reason aa_replay_check(const char *rundir, const char *space, const char *jti, int64_t iat,
			       int64_t keep_until);

/* Reports what a wrong clock left behind. *ret_since is the stamp: it lies ahead of `now` where the clock was ahead
 * when the store was made, so that every credential issued before it is refused. *ret_refused is the time until which
 * some of the credentials that end from now on are refused (0: none). 0 or -errno. */
int aa_replay_look(const char *rundir, int64_t now, int64_t *ret_since, int64_t *ret_refused);
/* Makes the store as young as `now`: a credential issued before is refused until it ends by itself. The caller has to
 * know that every credential used before this boot was issued before `now`. 0 or -errno. */
int aa_replay_restart(const char *rundir, int64_t now);

/* Removes the expired marks that due/ names, and those it does not name of some shards, in turn. Their number, or
 * -errno. */
long aa_replay_purge(const char *rundir, int64_t now);

#endif
