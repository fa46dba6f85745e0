/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_complete.h: agentauthctl --complete, for the shells. */
#ifndef AGENTAUTHCTL_CTL_COMPLETE_H
#define AGENTAUTHCTL_CTL_COMPLETE_H

#include "tools/agentauthctl/commands/ctl.h"

/* Prints what the last of the words may become, as tools/cli/complete.h has it. It says nothing of what cannot be read:
 * whose names they are, agents' and roles', anybody may know; sessions, requests and generations root alone. */
void ctl_complete(const struct ctl_command *const *commands, const struct ctl_option *global, int n,
		  char **words);

#endif
