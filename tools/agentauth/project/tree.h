/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h: gives an agent its rights in a folder of a person and in all that is below it, and takes them away again. */
#ifndef AGENTAUTH_PROJECT_TREE_H
#define AGENTAUTH_PROJECT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define TREE_NAMED_MAX 5 /* of what is left as it is, so many are named for each reason */

enum tree_left {
	TREE_LEFT_LINKED,  /* a file that has another name, perhaps outside */
	TREE_LEFT_SETID,   /* a program that runs as its owner or group */
	TREE_LEFT_FOREIGN, /* of neither the person nor the agent */
	TREE_LEFT_MOUNTED, /* another file system, or a part of one */
	TREE_LEFT_AGENTS,  /* the agent's own, which the person cannot change */
	TREE_LEFT_FAILED,  /* the kernel refused */
	TREE_LEFT_COUNT
};

struct tree {
	uid_t person, agent;
	gid_t group; /* the folder's */
	bool read;   /* the agent may read, and not write */
	bool take;   /* its rights are taken away */
	bool dry;    /* nothing is written */
	size_t seen, changed;
	size_t n_left[TREE_LEFT_COUNT];
	char *left[TREE_LEFT_COUNT][TREE_NAMED_MAX]; /* paths from the folder */
	int err;				     /* of the last that failed */
};

/* Does so in the folder of this descriptor, which is O_PATH. Symbolic links are not followed, nor is any path walked twice.
 * What cannot or should not be changed is left as it is, and told in `tree`. Returns 0, or a negative errno where the folder
 * itself could not be changed. */
int tree_walk(struct tree *tree, int fd);
void tree_free(struct tree *tree);

#endif
