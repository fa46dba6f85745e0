/* SPDX-License-Identifier: Apache-2.0 */
/* caller.h: whose credentials this process has: in sudo, which keeps them until the command starts, those of
 * its caller.
 *
 * sudo matches %GROUP by the real gid and the list, so that a setgid file is enough to have a group's rules.
 * A role's group is therefore looked for wherever a process can have one: what only agents have is nobody
 * else's to ask with.
 */
#ifndef AGENTAUTH_STATE_CALLER_H
#define AGENTAUTH_STATE_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/registry/accounts.h"
#include "common/verify/reason.h"

struct aa_caller {
	uid_t uid; /* the real one */
	size_t n;
	gid_t *gids; /* the list, the real, the effective and the saved one; some of them more than once */
};

/* 0 or -errno. aa_caller_clear() after 0. */
int aa_caller_read(struct aa_caller *ret);
void aa_caller_clear(struct aa_caller *caller);

/* Whether the gid is agents' alone: a role's, with the role in ret_role, that of all agents, an agent's own, or, by its
 * number, one of a role or an agent that was, unless /etc/group has it. `accounts` NULL: the number decides. 1: it is;
 * 0: it is not; negative errno: cannot be told. */
int aa_caller_gid(const struct aa_accounts *accounts, gid_t gid, char ret_role[AA_ROLE_NAME_MAX + 1]);
/* Whether the caller, who is no agent, is without the groups that are agents' alone. What the system's databases give the caller is the caller's, whatever its number. root may have any. `accounts` NULL: the registry cannot
 * be read, and the built-in range decides. AA_OK, or AA_GROUP_DENIED, with the role whose group it is, "" where
 * it is none's, in ret_role. */
enum aa_reason aa_caller_check(const struct aa_caller *caller, const struct aa_accounts *accounts,
			       char ret_role[AA_ROLE_NAME_MAX + 1]);

#endif
