/* SPDX-License-Identifier: Apache-2.0 */
/* ask.h: what the approval plugin knows of one sudo, and its decision. */
#ifndef AGENTAUTH_SUDO_ASK_H
#define AGENTAUTH_SUDO_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/state/context.h"

/* One sudo, as its front end describes it. Strings are borrowed from it. */
struct aa_sudo {
	const char *statedir, *rundir, *logdir;
	const char *hook; /* the program that a request runs; NULL: none */
	bool looks;	  /* this process forks the command: the child looks again first */
	uint32_t uid;	  /* of the caller */
	bool logged;	  /* by the PAM module, which let it pass */
	bool audited;	  /* the audit plugin records what sudo does */
	const char *user, *host, *cwd, *tty;
	const char *command;   /* resolved */
	char target[256];      /* the user it runs as; "#UID" where the name is not known */
	char group[256];       /* in the same way; "": the target's own */
	const char *chroot;    /* NULL: none */
	const char *recording; /* of what the command shows; NULL: none */
	char *const *argv;
	void (*say)(void *data, const char *text); /* to the agent */
	void *say_data;
};

/* Decides on a sudo. AA_OK: no approval is needed, or it was given. Any other reason is a refusal; *ret_why is a
 * sentence, static or in a buffer that the next call overwrites. This is the second lock, whatever PAM was told to
 * skip: an agent has sudo in a live session only, and a user that is no agent has none with an agents' group. Both
 * refusals are logged, and so is an agent's sudo that was let through, where the PAM module has not logged it. Other
 * people are let through at once, also where the registry cannot be read for them. */
enum aa_reason aa_ask(const struct aa_sudo *sudo, const char **ret_why);

#endif
