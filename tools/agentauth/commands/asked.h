/* SPDX-License-Identifier: Apache-2.0 */
/* asked.h: tells agentauth ssh, by a note, what its askpass did, since ssh passes nothing on. */
#ifndef AGENTAUTH_AGENT_ASKED_H
#define AGENTAUTH_AGENT_ASKED_H

enum asked {
	ASKED_UNKNOWN = 0,
	ASKED_NOTHING = '-', /* askpass was not run */
	ASKED_ANSWERED = 'a',
	ASKED_REFUSED = 'r' /* askpass gave no answer, and said why */
};

/* Makes the note, and names it in the environment for askpass. Returns its descriptor, or -1. */
int asked_begin(void);
/* Reads the note; -1 is ASKED_UNKNOWN. */
enum asked asked_read(int fd);
/* Writes into the note of the agentauth ssh above this askpass, where there is one. */
void asked_note(enum asked what);

#endif
