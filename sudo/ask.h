/* SPDX-License-Identifier: Apache-2.0 */
/* ask.h: what the approval plugin knows of one sudo, and how it asks. */
#ifndef AGENTAUTH_SUDO_ASK_H
#define AGENTAUTH_SUDO_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/state/context.h"

/* One sudo, as its front end describes it. Strings are borrowed from it. */
struct aa_sudo {
	const char *statedir, *rundir, *logdir;
	const char *hook; /* that a request runs; NULL: none */
	bool looks;	  /* this process forks the command: what it forks looks again first */
	uint32_t uid;	  /* of who called it */
	bool logged;	  /* by the PAM module, which let it pass */
	const char *user, *host, *cwd, *tty;
	const char *command; /* resolved */
	char target[256];    /* the user it runs as; "#UID" where the name is not known */
	char group[256];     /* in the same way; "": the target's own */
	const char *chroot;  /* NULL: none */
	char *const *argv;
	void (*say)(void *data, const char *text); /* to the agent */
	void *say_data;
};

/* AA_OK: no approval is needed, or it was given. Anything else is a refusal; *ret_why is a sentence, static or in a buffer
 * that the next call overwrites. It is the second lock, whatever PAM was told to skip: an agent has sudo in a live session
 * only, and who is no agent has none with an agents' group. Both noes are logged, and so is an agent's yes where the PAM
 * module has not. Other people, and registries that cannot be read for them, are let through at once. */
enum aa_reason aa_ask(const struct aa_sudo *sudo, const char **ret_why);

#endif
