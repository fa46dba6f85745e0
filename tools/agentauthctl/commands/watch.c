/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c shows a list again and again. */
#include "config.h"

#include "tools/agentauthctl/commands/watch.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum ctl_status ctl_watch(struct ctl *ctl, const struct arguments *arguments, unsigned seconds,
			  enum ctl_status (*show)(struct ctl *ctl))
{
	bool watch = arguments_have(arguments, "watch"), terminal = isatty(STDOUT_FILENO);
	enum ctl_status status;

	if (watch && ctl->json)
		return ctl_usage(ctl, "--watch is for people and --json for programs: one of them");
	do {
		if (watch && terminal)
			fputs("\033[H\033[2J", stdout);
		ctl->now = time(NULL);
		status = show(ctl);
		fflush(stdout);
		if (watch && status == CTL_DONE)
			(void)sleep(seconds);
	} while (watch && status == CTL_DONE);
	return status;
}
