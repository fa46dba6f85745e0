/* SPDX-License-Identifier: Apache-2.0 */
/* run_as.h: starts a program as an agent of this host, as agentauth run does. */
#ifndef AGENTAUTH_AGENT_RUN_AS_H
#define AGENTAUTH_AGENT_RUN_AS_H

#include <stddef.h>

#include "tools/cli/alloc.h"

/* Runs a command to its end as the agent, where the host lets the caller without asking for a password, and appends what it
 * says to `said`. Returns its exit status, or a negative errno value where sudo cannot be run. */
int run_as(const char *agent, const char *const *command, size_t n, struct buffer *said);

#endif
