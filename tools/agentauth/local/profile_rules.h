/* SPDX-License-Identifier: Apache-2.0 */
/* profile_rules.h: which settings of a profile go together. */
#ifndef AGENTAUTH_AGENT_PROFILE_RULES_H
#define AGENTAUTH_AGENT_PROFILE_RULES_H

#include "tools/agentauth/local/profile.h"

/* What is wrong with a profile whose settings are all read, behind its name, or NULL. It gets the client_auth that goes
 * without saying. */
const char *profile_rule_broken(struct profile *profile);

#endif
