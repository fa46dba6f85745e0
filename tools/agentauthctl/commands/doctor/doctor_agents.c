/* SPDX-License-Identifier: Apache-2.0 */
/* doctor_agents.c checks which agents no login could let in, and whether anybody can approve what waits. */
#include "config.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "common/verify/sources.h"
#include "tools/agentauthctl/commands/agent_view.h"
#include "tools/agentauthctl/commands/doctor/doctor.h"

#define NAMES_SHOWN 3
#define APPROVERS "agentauth-approvers"

static const struct {
	const char *what, *cure;
} hopeless[HOPELESS_N] = {
    [HOPELESS_EXPIRED] = {"expired", "agentauthctl set NAME --expires TIME"},
    [HOPELESS_NO_ROLE] = {"without a role", "agentauthctl set NAME --role ROLE"},
    [HOPELESS_NO_CREDENTIAL] = {"without a key, a binding, or a person who may start it",
				"agentauthctl set NAME --key FILE"},
    [HOPELESS_KEYS_ENDED] = {"all keys have ended or are disabled", "agentauthctl rotate NAME --key FILE"},
    [HOPELESS_NO_SSHD] = {"without a role that is good for sshd",
			  "agentauthctl role set ROLE --service sshd"},
    [HOPELESS_NO_SOURCE] = {"without a network from which both the agent and such a role may come",
			    "agentauthctl set NAME --sources NETWORK"},
};

/* ---- whether a login could be let in ------------------------------------------------ */

static const struct aa_role *find_role(const struct doctor *d, const char *name)
{
	for (size_t i = 0; i < d->n_roles; i++)
		if (strcmp(d->roles[i]->name, name) == 0)
			return d->roles[i];
	return NULL;
}

/* An agent that a person starts on this host needs neither sshd nor an address. */
static enum doctor_hopeless by_roles(const struct doctor *d, const struct aa_agent *agent)
{
	enum doctor_hopeless ret = HOPELESS_NO_SSHD;

	if (agent->delegation.local_users.n)
		return HOPELESS_N;
	for (size_t i = 0; i < agent->roles.n; i++) {
		const struct aa_role *role = find_role(d, agent->roles.v[i]);

		if (!role || (role->services.n && !aa_list_has(&role->services, "sshd")))
			continue;
		if (aa_sources_meet(&agent->sources, &role->sources))
			return HOPELESS_N;
		ret = HOPELESS_NO_SOURCE;
	}
	return ret;
}

/* why_hopeless() returns HOPELESS_N where a login could be let in. */
static enum doctor_hopeless why_hopeless(const struct doctor *d, const struct aa_agent *agent)
{
	if (agent->expires && agent->expires <= d->ctl->now)
		return HOPELESS_EXPIRED;
	if (agent->roles.n == 0)
		return HOPELESS_NO_ROLE;
	if (!view_has_credential(d->ctl, agent))
		return agent->keys.n ? HOPELESS_KEYS_ENDED : HOPELESS_NO_CREDENTIAL;
	return by_roles(d, agent);
}

void doctor_keep_hopeless(struct doctor *d, const char *name, const struct aa_agent *agent)
{
	enum doctor_hopeless why = why_hopeless(d, agent);

	if (why != HOPELESS_N && d->hopeless[why].n++ < NAMES_SHOWN)
		buffer_printf(&d->hopeless[why].names, "%s%s", d->hopeless[why].names.len ? ", " : "", name);
}

void doctor_agents(struct doctor *d)
{
	bool any = false;

	for (size_t i = 0; i < HOPELESS_N; i++) {
		size_t n = d->hopeless[i].n;

		if (n == 0)
			continue;
		any = true;
		doctor_note(d, "no login can let in %zu agent%s (%s%s): %s; %s", n, n == 1 ? "" : "s",
			    d->hopeless[i].names.data, n > NAMES_SHOWN ? ", ..." : "", hopeless[i].what,
			    hopeless[i].cure);
	}
	if (!any && d->n_agents)
		doctor_fine(d, "each agent has a credential, and a role with which it can log in");
}

/* ---- who approves ------------------------------------------------------------------- */

static bool has_member(struct doctor *d, const struct group *group)
{
	for (char **member = group->gr_mem; *member; member++)
		if (getpwnam(*member) && !doctor_knows_agent(d, *member))
			return true;
	for (size_t i = 0; i < d->facts.users.n; i++) {
		const struct passwd *pw = getpwnam(d->facts.users.by_name[i].name);

		if (pw && pw->pw_gid == group->gr_gid)
			return true;
	}
	return false;
}

/* root can answer in any case, and may be asleep. */
void doctor_approvers(struct doctor *d)
{
	char *roles = doctor_roles_with(d, true);
	const struct group *group = getgrnam(APPROVERS);

	if (!roles)
		doctor_fine(d, "no role has commands that wait for a person");
	else if (!group)
		doctor_note(d,
			    "commands of %s wait for a person, and root alone can answer, since there is no "
			    "group " APPROVERS ": groupadd --system " APPROVERS " && usermod -aG " APPROVERS
			    " NAME",
			    roles);
	else if (!has_member(d, group))
		doctor_note(d,
			    "commands of %s wait for a person, and root alone can answer, since nobody is in "
			    "the group " APPROVERS ": usermod -aG " APPROVERS " NAME",
			    roles);
	else
		doctor_fine(d, "the group " APPROVERS " has somebody who can answer");
	free(roles);
}
