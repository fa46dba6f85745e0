/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_agents.h finds which agents' files a release changes on this host. */
#ifndef AGENTAUTHCTL_FLEET_AGENTS_H
#define AGENTAUTHCTL_FLEET_AGENTS_H

#include "tools/agentauthctl/fleet/fleet_conf.h"
#include "tools/agentauthctl/fleet/refusal.h"
#include "tools/agentauthctl/fleet/taken.h"
#include "tools/agentauthctl/publish/text_change.h"
#include "tools/agentauthctl/publish/workspace.h"

/* fleet_agent_fn hears of each agent of the release that is for this host, in the order of their names; `local` where the
 * host has an agent of its own under that name. It returns false, with a refusal, to have the release refused. */
typedef bool fleet_agent_fn(void *data, const struct aa_agent *agent, bool local,
			    struct fleet_refusal *refusal);

/* fleet_source is what the agents are made of. */
struct fleet_source {
	struct workspace *ws;
	const struct model *model; /* that they are held against, with the release's roles */
	const struct fleet_conf *conf;
	const struct taken *own;
	const struct release *release;
	int dirfd; /* that holds files/ */
	fleet_agent_fn *each;
	void *data;
};

struct fleet_agents {
	struct agent_texts texts; /* that are written or taken away */
	size_t n;		  /* agents of the release on this host */
	char **names;		  /* of all agents of the release, sorted */
	size_t n_names, cap;
};

/* fleet_agents_make() returns false with a refusal. fleet_agents_free() in any case. */
bool fleet_agents_make(const struct fleet_source *source, struct fleet_agents *ret,
		       struct fleet_refusal *refusal);
void fleet_agents_free(struct fleet_agents *agents);

#endif
