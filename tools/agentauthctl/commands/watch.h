/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h shows a list again and again, for --watch. */
#ifndef AGENTAUTHCTL_WATCH_H
#define AGENTAUTHCTL_WATCH_H

#include "tools/agentauthctl/commands/ctl.h"

/* ctl_watch() shows the list once, or with the option --watch every `seconds` until interrupted, or until it cannot
 * be shown. */
enum ctl_status ctl_watch(struct ctl *ctl, const struct arguments *arguments, unsigned seconds,
			  enum ctl_status (*show)(struct ctl *ctl));

#endif
