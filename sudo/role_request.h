/* SPDX-License-Identifier: Apache-2.0 */
/* role_request.h: an agent's request for a role for a time, which `agentauth request` makes by a sudo of its own.
 *
 * The rule of sudoers for it is shipped beside this: LIBEXECDIR/request as nobody, with any arguments. The plugin makes the
 * request of the arguments, and the program behind it, which runs where a person approved, does nothing. So no privilege is
 * lent to anything that reads what an agent says but the plugin, which reads each command of sudo as it is. */
#ifndef AGENTAUTH_SUDO_ROLE_REQUEST_H
#define AGENTAUTH_SUDO_ROLE_REQUEST_H

#include "common/verify/policy.h"

struct aa_role_request {
	const char *role, *why; /* borrowed from sudo's argv */
	bool lasts;		/* beyond this sudo, which does not wait */
};

/* Says whether a sudo of this command is such a request, whatever its arguments are. */
bool aa_role_request_is(const char *command);
/* Reads its arguments: AA_OK, or the reason for which it is refused, with a sentence for the agent. */
enum aa_reason aa_role_request_read(char *const argv[], const struct aa_policy *policy,
				    const struct aa_agent *agent, struct aa_role_request *ret,
				    const char **ret_said);

#endif
