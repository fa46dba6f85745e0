/* SPDX-License-Identifier: Apache-2.0 */
/* caller.h: the ids that a sudo's caller brings, which sudo keeps until the command starts. kind.h says whose user a
 * uid is.
 *
 * sudo matches %GROUP by the real gid and the list, so that a setgid file is enough to have a group's rules. A role's
 * group is therefore looked for wherever a process can have one: a group that only agents have is nobody else's to
 * ask with.
 */
#ifndef AGENTAUTH_USER_CALLER_H
#define AGENTAUTH_USER_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/registry/accounts.h"

struct aa_caller {
	uid_t uid; /* the real one */
	size_t n;
	gid_t *gids; /* the list, the real, the effective and the saved one; some of them more than once */
};

/* Reads the ids of this process, whose real uid was `uid` before any guard. 0 or -errno; after 0 the caller calls
 * aa_caller_clear(). */
int aa_caller_read(uid_t uid, struct aa_caller *ret);
void aa_caller_clear(struct aa_caller *caller);

/* Says whether the gid belongs to agents alone. It does where it is a role's (then the role is in ret_role), the
 * group of all agents or an agent's own; and by its number alone where it was one of a former role or agent, unless
 * /etc/group has it. `accounts` NULL: the number decides. 1: it does; 0: it does not; negative errno: cannot be told. */
int aa_caller_gid(const struct aa_accounts *accounts, gid_t gid, char ret_role[AA_ROLE_NAME_MAX + 1]);
/* Says whether a caller who is no agent has a group of agents alone, and gives its role, "" where it is no role's. A
 * group that the system's databases give the caller is the caller's, whatever its number, and root may have any.
 * `accounts` NULL: the registry cannot be read, and the built-in range decides. */
bool aa_caller_has_agents_group(const struct aa_caller *caller, const struct aa_accounts *accounts,
				char ret_role[AA_ROLE_NAME_MAX + 1]);

#endif
