/* SPDX-License-Identifier: Apache-2.0 */
/* caller.h: whether an agent is behind a command that people alone give. */
#ifndef AGENTAUTHCTL_CALLER_H
#define AGENTAUTHCTL_CALLER_H

#include "tools/agentauthctl/commands/ctl.h"

/* Returns true where an agent's login is behind this process, by its uid, its login uid or sudo's word. */
bool caller_is_agents(const struct ctl *ctl);

#endif
