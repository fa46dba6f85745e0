/* SPDX-License-Identifier: Apache-2.0 */
/* last_login.h: when an agent's last session was opened, STATEDIR/state/last-login/NAME: an empty file with that time.
 *
 * The file is for people who look for agents that nobody uses, and decides nothing: where it cannot be written the login
 * goes on, and the earlier time stays.
 */
#ifndef AGENTAUTH_STATE_LAST_LOGIN_H
#define AGENTAUTH_STATE_LAST_LOGIN_H

#include <stdint.h>

/* Notes that a session of the agent was opened at `now`. This is one system call, but for an agent's first session. */
void aa_last_login_note(const char *statedir, const char *agent, int64_t now);
/* Gives the time that was noted last; 0: there is none. */
int64_t aa_last_login(const char *statedir, const char *agent);

#endif
