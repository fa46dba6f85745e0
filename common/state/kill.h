/* SPDX-License-Identifier: Apache-2.0 */
/* kill.h: the processes of an agent, or of some sessions, are signalled by pidfd.
 *
 * A process is looked at again after its pidfd is open, so that a pid that went to another is not signalled.
 */
#ifndef AGENTAUTH_STATE_KILL_H
#define AGENTAUTH_STATE_KILL_H

#include "common/state/process_table.h"

/* One pass with a signal: how many got it. */
long aa_kill_signal(const struct aa_process_set *set, int signal);
/* SIGKILL, until a pass finds none or `limit_ms` have passed. What forks faster than /proc can be read ends too: an
 * agent's whole uid is signalled at one stroke; for a session that is stopped first, and the agent's other sessions go on
 * a moment later. 0: none is left; else how many are, or a negative errno. *ret_killed: how many there were when it
 * began. */
long aa_kill(const struct aa_process_set *set, int64_t limit_ms, long *ret_killed);

/* Writes a line to the terminals of the session's processes; those of others are not touched. How many. */
long aa_kill_warn(struct aa_session *session, const char *text);

#endif
