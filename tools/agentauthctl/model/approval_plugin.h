/* SPDX-License-Identifier: Apache-2.0 */
/* approval_plugin.h: finds what keeps sudo from asking for approvals, and says how to mend it. */
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

/* Describes the fault in a sentence without a full stop, and gives a command for a root shell that mends it, both from
 * malloc(). False: there is no fault. */
bool approval_plugin_problem(const struct approval_plugin *plugin, char **ret_what, char **ret_cure);

#endif
