/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_elevate.h: gives an agent a role for a time, for the commands elevate and approval, and forgets what is over. */
#ifndef AGENTAUTHCTL_CMD_ELEVATE_H
#define AGENTAUTHCTL_CMD_ELEVATE_H

#include "tools/agentauthctl/commands/ctl.h"

/* elevate_until() reads the text of --for. CTL_USAGE: it is no time, or too long. */
enum ctl_status elevate_until(struct ctl *ctl, const char *text, int64_t *ret);
/* elevate_check() says whether it can be given, before anything is begun. CTL_FAILED: reported. */
enum ctl_status elevate_check(struct ctl *ctl, const char *agent, const char *role);
/* elevate_agent() checks, writes, logs and tells it. */
enum ctl_status elevate_agent(struct ctl *ctl, const char *agent, const char *role, int64_t until,
			      const char *why);
/* elevate_forget_over() logs the end of elevations that are over, and removes their files. */
void elevate_forget_over(struct ctl *ctl);

#endif
