/* SPDX-License-Identifier: Apache-2.0 */
/* kill.h: signals the processes of some agents, or of some sessions, by pidfd.
 *
 * A process is looked at again after its pidfd is open, so that a pid that went to another process is not signalled.
 */
#ifndef AGENTAUTH_STATE_KILL_H
#define AGENTAUTH_STATE_KILL_H

#include "common/state/process_table.h"

/* Signals every process of the set once, and returns how many there were. */
long aa_kill_signal(const struct aa_process_set *set, int signal);
/* Sends SIGKILL until a pass over /proc finds no process or `limit_ms` have passed. A process that forks faster than
 * /proc can be read ends too: an agent's whole uid is signalled at one stroke; for the sake of one session the uid is
 * stopped first, and the agent's other sessions go on a moment later. 0: no process is left; else their number, or a
 * negative errno. *ret_killed: their number at the beginning. */
long aa_kill(const struct aa_process_set *set, int64_t limit_ms, long *ret_killed);

/* Writes a line to the terminals of the session's processes, and to no terminal of another user. The number of
 * terminals. */
long aa_kill_warn(struct aa_session *session, const char *text);

#endif
