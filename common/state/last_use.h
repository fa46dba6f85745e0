/* SPDX-License-Identifier: Apache-2.0 */
/* last_use.h: when an agent was last used, STATEDIR/state/last-login/NAME and last-sudo/NAME, and each of its keys, in last-key:
 * empty files with that time.
 *
 * The files are for people who look for agents that nobody uses, and decide nothing: where one cannot be written the login
 * or the sudo goes on, and the earlier time stays.
 */
#ifndef AGENTAUTH_STATE_LAST_USE_H
#define AGENTAUTH_STATE_LAST_USE_H

#include <stdint.h>

enum aa_use {
	AA_USE_LOGIN, /* a session was opened */
	AA_USE_SUDO, /* sudo ran a command; where that is not recorded, PAM let a sudo through, that of sudo -l too */
};

/* Notes that the agent was used so at `now`. This is one system call, but for an agent's first use. */
void aa_last_use_note(const char *statedir, enum aa_use use, const char *agent, int64_t now);
/* These do so for one of the agent's keys, by the file state/last-key/SHA256HEX of AGENT NUL KID. */
void aa_last_use_note_key(const char *statedir, const char *agent, const char *kid, int64_t now);
int64_t aa_last_use_of_key(const char *statedir, const char *agent, const char *kid);
/* Gives the time that was noted last; 0: there is none. */
int64_t aa_last_use(const char *statedir, enum aa_use use, const char *agent);

#endif
