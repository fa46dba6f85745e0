/* SPDX-License-Identifier: Apache-2.0 */
/* agent.c: reads one agent's file, and checks it beside agentauth.conf. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/registry/accounts.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/model/model.h"
#include "tools/agentauthctl/model/power.h"
#include "tools/agentauthctl/model/settings.h"
#include "tools/cli/guess.h"

static void check_name(const struct model *model, const struct aa_agent *agent, const struct conf_file *file,
		       struct problems *problems)
{
	char why[256];

	if (!check_agent_name(agent->name, why, sizeof(why)))
		conf_error(file, problems, "", "the file is named after an agent, and %s %s",
			   quoted(agent->name), why);
	else if (strcmp(agent->name, model->host.accounts.group) == 0)
		conf_error(file, problems, "", "%s is the group of all agents (accounts.group)", agent->name);
	else if (power_of_name(agent->name))
		conf_error(
		    file, problems, "",
		    "the name %s carries power on a host: %s, and the agent's own group has its name. Choose "
		    "another name; where the agent is registered already, agentauthctl retire %s ends it",
		    quoted(agent->name), power_of_name(agent->name), agent->name);
	if (local_by_name(&model->facts->users, agent->name))
		conf_error(
		    file, problems, "",
		    "there is an account %s in /etc/passwd already, who keeps the name; the agent "
		    "would never be served. Choose another name; where the agent is registered already, "
		    "agentauthctl retire %s ends it and leaves the account as it is",
		    quoted(agent->name), agent->name);
	else if (local_by_name(&model->facts->groups, agent->name))
		conf_error(file, problems, "",
			   "there is a group %s in /etc/group already, and the agent's own group has its "
			   "name. Choose another name; where the agent is registered already, agentauthctl "
			   "retire %s "
			   "ends it and leaves the group as it is",
			   quoted(agent->name), agent->name);
}

static void check_uid(const struct model *model, const struct aa_agent *agent, const struct conf_file *file,
		      struct problems *problems)
{
	const struct local_name *user = local_by_id(&model->facts->users, (uint32_t)agent->uid);
	const struct local_name *group = local_by_id(&model->facts->groups, (uint32_t)agent->uid);
	char why[256];

	if (agent->uid == 0)
		return; /* missing, which has been reported */
	if (!model_uid_allowed(model, agent->uid, why, sizeof(why)))
		conf_error(file, problems, "uid", "%s", why);
	if (user || group)
		conf_error(
		    file, problems, "uid",
		    "%lld belongs to %s in /etc/%s already, and the agent is not served. Give one of them "
		    "another; an agent that is registered already keeps its own, and agentauthctl retire %s "
		    "ends it",
		    (long long)agent->uid, quoted(user ? user->name : group->name), user ? "passwd" : "group",
		    agent->name);
	if (agent->uid == model->host.accounts.gid)
		conf_error(file, problems, "uid",
			   "%lld is the gid of the group %s, and an agent's own group has its uid as gid",
			   (long long)agent->uid, model->host.accounts.group);
}

static void check_roles(const struct model *model, const struct aa_agent *agent, const struct conf_file *file,
			struct problems *problems)
{
	struct guess near;
	char path[64];

	for (size_t i = 0; i < agent->roles.n; i++) {
		if (model_role(model, agent->roles.v[i]))
			continue;
		snprintf(path, sizeof(path), "roles[%zu]", i);
		near = (struct guess){.word = agent->roles.v[i]};
		for (size_t k = 0; k < model->roles.n; k++)
			guess_try(&near, model->roles.v[k].name);
		conf_error_as(file, problems, "unknown-role", path,
			      "there is no role %s%s; agentauthctl role list shows those that there are",
			      quoted(agent->roles.v[i]), guess_asked(&near, ""));
	}
}

static void check_bindings(const struct model *model, const struct aa_agent *agent,
			   const struct conf_file *file, struct problems *problems)
{
	struct guess near;
	char path[64];

	for (size_t i = 0; i < agent->bindings.n; i++) {
		const char *issuer = agent->bindings.v[i].issuer;

		if (!issuer || model_issuer(model, issuer))
			continue;
		snprintf(path, sizeof(path), "bindings[%zu].issuer", i);
		near = (struct guess){.word = issuer};
		for (size_t k = 0; k < model->issuers.n; k++)
			guess_try(&near, model->issuers.v[k].name);
		conf_error_as(file, problems, "unknown-issuer", path,
			      "there is no issuer %s in " CONF_FILE "%s", quoted(issuer),
			      guess_asked(&near, ""));
	}
}

int agent_read(const struct model *model, const char *name, struct conf_file *file, struct arena *arena,
	       struct problems *problems, struct aa_agent *ret)
{
	size_t errors_before = problems->errors;

	*ret = (struct aa_agent){.name = name};
	conf_read(file, agent_settings, ret, arena, problems);
	if (!file->has_config)
		return -1;
	check_name(model, ret, file, problems);
	if (!model->file.has_config)
		return -1; /* an agentauth.conf that cannot be read has been reported, and says nothing of agents */
	check_uid(model, ret, file, problems);
	check_roles(model, ret, file, problems);
	check_bindings(model, ret, file, problems);
	return problems->errors > errors_before ? -1 : 0;
}
