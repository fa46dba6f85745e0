/* SPDX-License-Identifier: Apache-2.0 */
/* build_agents.h puts the agents into a generation, retired ones too. */
#ifndef AGENTAUTHCTL_BUILD_AGENTS_H
#define AGENTAUTHCTL_BUILD_AGENTS_H

#include "tools/agentauthctl/publish/build_work.h"

/* build_agents_find_retired() finds the agents that are retired, and those that are going to be since their files are
 * gone. */
void build_agents_find_retired(struct build_work *w);

/* build_agents_put() checks and puts all agents, in the order of their names. */
void build_agents_put(struct build_work *w);

/* A credential that two agents have lets its holder choose which of them did something. A shared key is only warned
 * of, since the way out is a rotation of one agent after the other. */
void build_agents_check_overlaps(struct build_work *w);

#endif
