/* SPDX-License-Identifier: Apache-2.0 */
/* command.c: finds the commands that wait for a person, see command.h. */
#include "config.h"

#include "common/verify/command.h"

#include <stdio.h>

#include "common/text/list.h"

const char *aa_command_rule(const struct aa_list *rules, const struct aa_command *command)
{
	for (size_t i = 0; i < rules->n; i++)
		if (aa_sudo_rule_covers(rules->v[i], command->target, command->path, command->argv))
			return rules->v[i];
	return NULL;
}

enum aa_reason aa_command_waits(const struct aa_policy *policy, const struct aa_agent *agent,
				const struct aa_command *command, const struct aa_trace *trace,
				struct aa_command_rule *ret)
{
	enum aa_reason reason = AA_OK;

	*ret = (struct aa_command_rule){.role = "", .text = ""};
	for (size_t i = 0; i < agent->roles.n && reason == AA_OK && !ret->role[0]; i++) {
		struct aa_role *role = NULL;
		const char *rule;

		reason = aa_policy_role(policy, agent->roles.v[i], &role);
		rule = reason == AA_OK ? aa_command_rule(&role->approval, command) : NULL;
		if (rule) {
			(void)snprintf(ret->text, sizeof(ret->text), "%s", rule);
			(void)snprintf(ret->role, sizeof(ret->role), "%s", role->name);
		}
		aa_role_free(role);
	}
	return aa_step(trace, AA_STEP_APPROVAL, ret->role[0] ? ret->role : NULL, reason);
}

bool aa_command_needs_plugin(const struct aa_policy *policy, const struct aa_agent *agent)
{
	bool needed = false, asked = aa_policy_host(policy)->approved;

	for (size_t i = 0; i < agent->roles.n && !needed; i++) {
		struct aa_role *role = NULL;

		needed = aa_policy_role(policy, agent->roles.v[i], &role) != AA_OK ||
			 (role->approval.n > 0 && !asked) || role->max_sudo;
		aa_role_free(role);
	}
	return needed;
}

void aa_command_role(const struct aa_policy *policy, const struct aa_list *roles,
		     const struct aa_command *command, char ret[AA_ROLE_NAME_MAX + 1])
{
	ret[0] = '\0';
	for (size_t i = 0; i < roles->n && !ret[0]; i++) {
		struct aa_role *role = NULL;

		if (aa_policy_role(policy, roles->v[i], &role) == AA_OK &&
		    (aa_command_rule(&role->sudo, command) || aa_command_rule(&role->approval, command)))
			(void)snprintf(ret, AA_ROLE_NAME_MAX + 1, "%s", role->name);
		aa_role_free(role);
	}
}

static bool names(const struct aa_list *rules, const struct aa_command *command)
{
	for (size_t i = 0; i < rules->n; i++)
		if (aa_sudo_rule_names(rules->v[i], command->target, command->path, command->argv))
			return true;
	return false;
}

bool aa_command_is_named(const struct aa_policy *policy, const struct aa_list *roles,
			 const struct aa_command *command)
{
	bool named = false;

	for (size_t i = 0; i < roles->n && !named; i++) {
		struct aa_role *role = NULL;

		named = aa_policy_role(policy, roles->v[i], &role) == AA_OK &&
			(role->services.n == 0 || aa_list_has(&role->services, "sudo")) &&
			names(&role->approval, command);
		aa_role_free(role);
	}
	return named;
}
