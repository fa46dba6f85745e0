/* SPDX-License-Identifier: Apache-2.0 */
/* approval_plugin.h: what keeps sudo from asking for approvals, and what to do about it. */
#ifndef AGENTAUTHCTL_APPROVAL_PLUGIN_H
#define AGENTAUTHCTL_APPROVAL_PLUGIN_H

#include <stdbool.h>

#include "tools/host/sudo_conf.h"

struct approval_plugin {
	enum aa_plugin_answer answer;
	struct aa_plugin_position position;
	char *conf; /* sudo.conf, from malloc() */
};

/* `sysconfdir` is /etc. */
void approval_plugin_look(struct approval_plugin *plugin, const char *sysconfdir);
void approval_plugin_free(struct approval_plugin *plugin);

/* What is wrong, as a sentence without a full stop, and a command for a root shell that mends it, both from
 * malloc(). false: nothing is. */
bool approval_plugin_problem(const struct approval_plugin *plugin, char **ret_what, char **ret_cure);

#endif
