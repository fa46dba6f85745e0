/* SPDX-License-Identifier: Apache-2.0 */
/* own_rules.h: what this session may know of its roles' sudo rules: the files in the published generation that the kernel
 * lets it read, by the groups that the login was given. */
#ifndef AGENTAUTH_AGENT_OWN_RULES_H
#define AGENTAUTH_AGENT_OWN_RULES_H

#include <stdbool.h>

/* A rule that has the command; all NULL: none has. */
struct own_rule {
	char *role, *rule;
	bool waits;	/* for a person */
	char *max_sudo; /* the role's budget, over which it waits; NULL: none */
};

/* The rule of the session's roles that has the command `path` with these arguments, as this user: one that waits before one
 * that does not, as the host decides it. False: none of the files can be read. */
bool own_rules_find(const char *folder, const char *target, const char *path, char *const argv[],
		    struct own_rule *ret);
/* A rule that names the program, with other arguments or another user. */
bool own_rules_near(const char *folder, const char *path, struct own_rule *ret);
void own_rule_free(struct own_rule *rule);

#endif
