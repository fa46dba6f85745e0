/* SPDX-License-Identifier: Apache-2.0 */
/* place.h: the folder that is shared, its owner, and the agent with whom. */
#ifndef AGENTAUTH_PROJECT_PLACE_H
#define AGENTAUTH_PROJECT_PLACE_H

#include <stdbool.h>
#include <sys/types.h>

struct place {
	char *path;   /* without a symbolic link */
	int fd;	      /* O_PATH */
	uid_t person; /* owns it */
	char *owner;  /* the name of the person */
	char *home;   /* the person's, without a symbolic link; NULL: there is none */
	gid_t group;  /* the folder's */
	uid_t agent;
	char *closed; /* the first folder above it that not everybody may pass; NULL: all may be passed */
	bool closed_by_other; /* that folder is not the person's */
};

/* Opens a folder that the caller may share with this agent. Returns 0, or -1 with the reason said. */
int place_open(struct place *ret, const char *dir, const char *agent);
void place_close(struct place *place);

#endif
