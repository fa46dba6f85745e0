/* SPDX-License-Identifier: Apache-2.0 */
/* role_request.c: reads an agent's request for a role, see role_request.h. */
#include "config.h"

#include "sudo/role_request.h"

#include <string.h>

#include "common/text/list.h"
#include "common/text/name.h"

#define PROGRAM AA_LIBEXECDIR "/request"

bool aa_role_request_is(const char *command)
{
	return strcmp(command, PROGRAM) == 0;
}

static bool is_published(const struct aa_policy *policy, const char *name)
{
	struct aa_role *role = NULL;
	bool published = aa_policy_role(policy, name, &role) == AA_OK;

	aa_role_free(role);
	return published;
}

/* Takes "wait|no-wait ROLE WHY". */
static bool take_words(char *const argv[], struct aa_role_request *ret)
{
	for (size_t i = 0; i < 4; i++)
		if (!argv[i])
			return false;
	*ret = (struct aa_role_request){argv[2], argv[3], strcmp(argv[1], "no-wait") == 0};
	return !argv[4] && *ret->why && (ret->lasts || strcmp(argv[1], "wait") == 0);
}

enum aa_reason aa_role_request_read(char *const argv[], const struct aa_policy *policy,
				    const struct aa_agent *agent, struct aa_role_request *ret,
				    const char **ret_said)
{
	*ret_said = NULL;
	if (!take_words(argv, ret) || !aa_name_is_valid(ret->role, AA_ROLE_NAME_MAX))
		*ret_said = "agentauth: a role is asked for by: agentauth request ROLE --why TEXT\n";
	else if (!is_published(policy, ret->role))
		*ret_said = "agentauth: there is no such role on this host\n";
	else if (aa_list_has(&agent->roles, ret->role))
		*ret_said = "agentauth: the agent has this role: a new login has it, unless it asks for "
			    "others, or the role does not admit it\n";
	return *ret_said ? AA_ROLE_DENIED : AA_OK;
}
