/* SPDX-License-Identifier: Apache-2.0 */
/* chosen.h finds the agents that a command is about: those it names, or those that --role and --owner choose. */
#ifndef AGENTAUTHCTL_CHOSEN_H
#define AGENTAUTHCTL_CHOSEN_H

#include "tools/agentauthctl/commands/ctl.h"

struct chosen_agent {
	char *name;
	uint32_t uid; /* 0: the registry cannot be read */
};

struct chosen {
	struct chosen_agent *v; /* each once, by name where a filter chose them */
	size_t n, cap;
	bool by_filter;
	size_t unread; /* agents whose record is damaged, so that a filter cannot tell; each is reported */
};

#define CHOSEN_OPTIONS \
	{"role", "ROLE", "the agents that have this role, in the place of names", 0, NULL}, \
	{ \
		"owner", "OWNER", "the agents of this owner: all of it, or what stands before its @", 0, \
		    NULL \
	}

/* chosen_agents() returns CTL_DONE with at least one agent. Otherwise the failure is reported, and the command has nothing to do:
 * a name is unknown or retired, or a filter fits nobody. chosen_free() in any case. */
enum ctl_status chosen_agents(struct ctl *ctl, const struct arguments *arguments, struct chosen *ret);
void chosen_free(struct chosen *chosen);

/* is_of_owner() returns true where an agent's owner is `wanted`, "alice@example.com", or begins with it up to the @, "alice". */
bool is_of_owner(const struct aa_agent *agent, const char *wanted);

/* role_is_published() reports a role that is not published, with the name that was probably meant. */
bool role_is_published(struct ctl *ctl, struct published *published, const char *role);

#endif
