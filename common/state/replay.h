/* replay.h: which credentials were used: RUNDIR/replay/, one file a credential.
 *
 *   since            its mtime: when this boot began; what was issued before cannot be told from used
 *   horizon          its mtime: marks that ended before it may have been removed; a clock before it is refused
 *   XX/SHA256HEX     of SPACE NUL JTI, made with O_EXCL: its mtime is when it may be forgotten
 *
 * No lock is held, so nobody waits for a process that is stopped. What has not expired is never removed: where there is
 * no room, the credential is refused.
 */
#ifndef AGENTAUTH_STATE_REPLAY_H
#define AGENTAUTH_STATE_REPLAY_H

#include <stdint.h>
#include <sys/types.h>

#include "../verify/reason.h"

/* Makes the store where it is not there; at boot and at install, so that the first login finds it. 0 or -errno. */
int aa_replay_init(const char *rundir);

/* Marks (space, jti) as used until `keep_until`. AA_OK: it was not; AA_REPLAYED; AA_REPLAY_UNAVAILABLE: cannot be told. */
enum aa_reason aa_replay_mark(const char *rundir, const char *space, const char *jti, int64_t iat, int64_t keep_until,
			      int64_t now);

/* Removes what has expired, everywhere. The number of marks removed, or -errno. */
long aa_replay_purge(const char *rundir, int64_t now);

#endif
