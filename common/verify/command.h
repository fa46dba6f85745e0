/* SPDX-License-Identifier: Apache-2.0 */
/* command.h: holds the command of a sudo, and finds the rule by which it waits for a person. */
#ifndef AGENTAUTH_VERIFY_COMMAND_H
#define AGENTAUTH_VERIFY_COMMAND_H

#include "common/registry/accounts.h"
#include "common/verify/policy.h"
#include "common/verify/step.h"
#include "common/verify/sudo_rule.h"

/* The strings are borrowed. */
struct aa_command {
	const char *target; /* the user it runs as; "#UID" where the name is not known */
	const char *path;   /* resolved */
	char *const *argv;
};

/* A rule comes with the role that has it. */
struct aa_command_rule {
	char role[AA_ROLE_NAME_MAX + 1],
	    text[AA_SUDO_RULE_MAX + 1]; /* role "": none; a rule may be "" in a damaged record */
};

/* Finds the first approval rule that covers the command. Every role of the agent's record is looked at, whatever roles the
 * login asked for. Where one role makes the command wait, no other role's plain rule lets it through, and asking for less
 * gives no more. AA_OK, also where there is no such rule, or the reason why that cannot be told. */
enum aa_reason aa_command_waits(const struct aa_policy *policy, const struct aa_agent *agent,
				const struct aa_command *command, const struct aa_trace *trace,
				struct aa_command_rule *ret);

/* Finds the first of these roles that has a rule, of those that wait for a person too, which covers the command. ret "":
 * none has, or that cannot be told. */
void aa_command_role(const struct aa_policy *policy, const struct aa_list *roles,
		     const struct aa_command *command, char ret[AA_ROLE_NAME_MAX + 1]);

/* Says whether one of these roles that admits sudo has an approval rule that names this very command. It is asked where no
 * sudoers has matched the command: sudo has let the program run that asks for it. */
bool aa_command_is_named(const struct aa_policy *policy, const struct aa_list *roles,
			 const struct aa_command *command);

/* Says whether a role of the agent's record has rules that the approval plugin alone holds: a budget, and those that wait for
 * a person where sudoers was not made for the program that asks. What cannot be read may have. */
bool aa_command_needs_plugin(const struct aa_policy *policy, const struct aa_agent *agent);

/* Finds the first of the rules that covers the command; NULL: none does. */
const char *aa_command_rule(const struct aa_list *rules, const struct aa_command *command);

#endif
