/* SPDX-License-Identifier: Apache-2.0 */
/* lines.h: reads a configuration file of the host line by line, as PAM and sudo join them. */
#ifndef AGENTAUTH_HOST_LINES_H
#define AGENTAUTH_HOST_LINES_H

#include <limits.h>
#include <stdio.h>

struct aa_lines {
	FILE *f;
	char path[PATH_MAX];
	unsigned line; /* the last one that was read, from 1 */
};

/* Opens a regular file; a FIFO would be waited for. The path is in lines->path already. 0, or a negative errno, and
 * then there is nothing to close. */
int aa_lines_open(struct aa_lines *lines);
void aa_lines_close(struct aa_lines *lines);

/* Reads the next line with those that a backslash at the end joins to it, without comments and without white space at
 * the ends of lines. 1: there is one, 0: the end, or a negative errno. *ret is from malloc(). */
int aa_lines_next(struct aa_lines *lines, char **ret);

#endif
