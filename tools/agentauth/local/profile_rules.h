/* SPDX-License-Identifier: Apache-2.0 */
/* profile_rules.h: holds the settings of a profile against each other. */
#ifndef AGENTAUTH_AGENT_PROFILE_RULES_H
#define AGENTAUTH_AGENT_PROFILE_RULES_H

#include "tools/agentauth/local/profile.h"
#include "tools/conf/conf_read.h"

/* Reports which settings of a profile do not go together, each where it stands in the file. The profile gets the values that
 * follow from the others, such as its client_auth. */
void profile_rules_apply(const struct conf_file *file, struct profile *profile, struct problems *problems);

#endif
