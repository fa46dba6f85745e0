/* SPDX-License-Identifier: Apache-2.0 */
/* kill.h: an agent's processes, or those of some sessions: found in /proc, signalled by pidfd.
 *
 * An agent's are those of its uid in any of the four places, those whose login uid it is (what its sudo runs is uid 0 and
 * keeps it), and their descendants. A session's are those of its audit session, its opener and the opener's descendants.
 * A process is looked at again after its pidfd is open, so that a pid that went to another is not signalled.
 */
#ifndef AGENTAUTH_STATE_KILL_H
#define AGENTAUTH_STATE_KILL_H

#include <stddef.h>
#include <stdint.h>

#include "common/state/session.h"

struct aa_quarry {
	uint32_t uid;			    /* of the agent; not asked where there are sessions */
	struct aa_session *const *sessions; /* NULL: every process of the agent */
	size_t n_sessions;
};

/* How many there are now, without this process. Negative errno: /proc cannot be read. */
long aa_quarry_count(const struct aa_quarry *quarry);
/* How many of the agent's processes are none of these sessions', without this process, without its user manager (pid 0: it
 * has none) and the child in which that keeps its PAM session. Negative errno. */
long aa_quarry_strays(uint32_t uid, struct aa_session *const *sessions, size_t n,
		      const struct aa_process *manager);
/* One pass with a signal: how many got it. */
long aa_quarry_signal(const struct aa_quarry *quarry, int signal);
/* SIGKILL, until a pass finds none or `limit_ms` have passed. What forks faster than /proc can be read ends too: an
 * agent's whole uid is signalled at one stroke; for a session that is stopped first, and the agent's other sessions go on
 * a moment later. 0: none is left; else how many are, or a negative errno. *ret_killed: how many there were when it
 * began. */
long aa_quarry_kill(const struct aa_quarry *quarry, int64_t limit_ms, long *ret_killed);

/* Counts for many sessions at once, from one look at /proc: ret[i] is for sessions[i]. 0 or -errno. */
int aa_quarry_counts(struct aa_session *const *sessions, size_t n, long *ret);

/* Writes a line to the terminals of the session's processes; those of others are not touched. How many. */
long aa_quarry_tell(struct aa_session *session, const char *text);

#endif
