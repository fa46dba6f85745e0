/* SPDX-License-Identifier: Apache-2.0 */
/* newcomers.h holds agents and roles that were never published against what this host already has: other sources of
 * names that know theirs, and what lies under an agent's name. */
#ifndef AGENTAUTHCTL_NEWCOMERS_H
#define AGENTAUTHCTL_NEWCOMERS_H

#include "tools/agentauthctl/names/strangers.h"
#include "tools/agentauthctl/publish/workspace.h"

struct newcomers {
	struct newcomer *v;
	size_t n, cap;
};

/* newcomers_add_agent() adds an agent; one that `returns` is restored, and what lies under its name is its own. */
void newcomers_add_agent(struct newcomers *newcomers, const char *name, uint32_t uid, bool returns);
/* newcomers_add_group() adds the group that `setting` of agentauth.conf names. */
void newcomers_add_group(struct newcomers *newcomers, const char *group, uint32_t gid, const char *setting);
/* newcomers_check() reports an error for each newcomer whose name or id somebody else has, and for each agent that
 * would come into something; with `adopt` the latter is a warning. */
void newcomers_check(struct newcomers *newcomers, const struct workspace *ws, bool adopt);
void newcomers_free(struct newcomers *newcomers);

#endif
