/* SPDX-License-Identifier: Apache-2.0 */
/* many_agents.h reads what state/ holds of all agents at once, for commands that ask it of each: a folder of names is
 * listed once, and a hundred thousand agents of which it holds nothing cost no system call. */
#ifndef AGENTAUTHCTL_MANY_AGENTS_H
#define AGENTAUTHCTL_MANY_AGENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/state/last_use.h"
#include "common/verify/reason.h"

struct many_agents;

struct many_agents *many_agents_read(const char *statedir);
void many_agents_free(struct many_agents *many);

/* many_agents_decision() answers as aa_decision_agent(), and many_agents_last_use() as aa_last_use(). */
enum aa_reason many_agents_decision(const struct many_agents *many, const char *agent);
int64_t many_agents_last_use(const struct many_agents *many, enum aa_use use, const char *agent);
/* many_agents_may_be_elevated() returns false where the agent has no role for a time. */
bool many_agents_may_be_elevated(const struct many_agents *many, const char *agent);

#endif
