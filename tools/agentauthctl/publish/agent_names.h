/* SPDX-License-Identifier: Apache-2.0 */
/* agent_names.h lists the agents that have a file in agents.d, sorted by name. */
#ifndef AGENTAUTHCTL_AGENT_NAMES_H
#define AGENTAUTHCTL_AGENT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/cli/alloc.h"
#include "tools/cli/problems.h"

struct agent_names {
	const char **v;
	size_t n, cap;
	struct arena arena;
};

/* agent_names_read() takes each file of agents.d that is named *.conf and does not begin with a dot. It returns 0, or
 * -1 where the failure was reported. */
int agent_names_read(struct agent_names *names, int agents_fd, const char *dir, struct problems *problems);
void agent_names_free(struct agent_names *names);
bool agent_names_have(const struct agent_names *names, const char *name);
/* The list stays sorted. The name is copied. */
void agent_names_add(struct agent_names *names, const char *name);
void agent_names_remove(struct agent_names *names, const char *name);

#endif
