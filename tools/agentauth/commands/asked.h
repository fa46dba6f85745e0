/* SPDX-License-Identifier: Apache-2.0 */
/* asked.h: what agentauth ssh learns of the askpass that worked for it: ssh itself passes nothing on. */
#ifndef AGENTAUTH_AGENT_ASKED_H
#define AGENTAUTH_AGENT_ASKED_H

enum asked {
	ASKED_UNKNOWN = 0,   /* it cannot be told */
	ASKED_NOTHING = '-', /* askpass was not run */
	ASKED_ANSWERED = 'a',
	ASKED_REFUSED = 'r' /* askpass gave no answer, and said why */
};

/* Makes the note, and names it in the environment for askpass. Its descriptor, or -1. */
int asked_begin(void);
/* What askpass wrote into the note of the agentauth ssh that it works for; -1 is ASKED_UNKNOWN. */
enum asked asked_read(int fd);
/* For askpass: writes into the note, where there is one. */
void asked_note(enum asked what);

#endif
