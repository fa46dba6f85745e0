/* SPDX-License-Identifier: Apache-2.0 */
/* build_agents.h: the agents in a generation, those that are retired too. */
#ifndef AGENTAUTHCTL_BUILD_AGENTS_H
#define AGENTAUTHCTL_BUILD_AGENTS_H

#include "tools/agentauthctl/publish/build_work.h"

/* Finds those that are retired, and those that are going to be since their files are gone. */
void build_agents_find_retired(struct build_work *w);

/* Checks and puts all agents, in the order of their names. */
void build_agents_put(struct build_work *w);

/* What is of two agents leaves it to whoever has it which of them did something. A key is only warned of: the way out
 * of a shared one is a rotation of one agent after the other. */
void build_agents_check_overlaps(struct build_work *w);

#endif
