/* SPDX-License-Identifier: Apache-2.0 */
/* sudo_plugins.h: finds what keeps sudo from loading our plugins, and says how to mend it. */
#ifndef AGENTAUTHCTL_SUDO_PLUGINS_H
#define AGENTAUTHCTL_SUDO_PLUGINS_H

#include <stdbool.h>

#include "tools/host/sudo_conf.h"

/* Each has a line of sudo.conf; all of them are in one file. */
enum sudo_plugin {
	SUDO_PLUGIN_APPROVAL, /* asks for approvals, and is the second lock */
	SUDO_PLUGIN_AUDIT,    /* records what sudo does */
	SUDO_PLUGIN_COUNT
};

struct sudo_plugin_line {
	enum aa_plugin_answer answer;
	struct aa_plugin_position position;
};

struct sudo_plugins {
	struct sudo_plugin_line lines[SUDO_PLUGIN_COUNT];
	char *conf; /* sudo.conf, from malloc() */
};

/* `sysconfdir` is /etc. */
void sudo_plugins_look(struct sudo_plugins *plugins, const char *sysconfdir);
void sudo_plugins_free(struct sudo_plugins *plugins);

/* Gives the first whose line has sudo run nothing, for nobody; SUDO_PLUGIN_COUNT: there is none. */
enum sudo_plugin sudo_plugins_dead(const struct sudo_plugins *plugins);

/* Describes the fault in a sentence without a full stop, and gives a command for a root shell that mends it, both from
 * malloc(). False: there is no fault. */
bool sudo_plugins_problem(const struct sudo_plugins *plugins, enum sudo_plugin which, char **ret_what,
			  char **ret_cure);

#endif
