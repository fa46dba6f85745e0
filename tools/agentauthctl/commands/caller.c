/* SPDX-License-Identifier: Apache-2.0 */
/* caller.c looks for an agent behind this process, see caller.h. */
#include "config.h"

#include "tools/agentauthctl/commands/caller.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/state/process.h"
#include "common/state/user.h"
#include "common/text/number.h"

/* is_agent_uid() returns true for a uid that is an agent's, or may be one. */
static bool is_agent_uid(const struct ctl *ctl, uint32_t uid)
{
	struct aa_context ctx = {.statedir = ctl->paths.statedir,
				 .rundir = ctl->rundir,
				 .owner = ctl->paths.owner,
				 .now = ctl->now,
				 .gen_fd = -1,
				 .accounts.fd = -1};
	struct aa_user user;
	bool agents = aa_user_by_uid(&ctx, uid, &user) != AA_USER_OTHER;

	aa_context_close(&ctx);
	return agents;
}

bool caller_is_agents(const struct ctl *ctl)
{
	uint32_t from_sudo = UINT32_MAX;

	(void)aa_number_id(getenv("SUDO_UID"), &from_sudo);
	return is_agent_uid(ctl, getuid()) || is_agent_uid(ctl, aa_login_uid()) ||
	       is_agent_uid(ctl, from_sudo);
}
