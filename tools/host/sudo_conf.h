/* SPDX-License-Identifier: Apache-2.0 */
/* sudo_conf.h: whether sudo loads our plugins, looked at as sudo does when it starts. */
#ifndef AGENTAUTH_HOST_SUDO_CONF_H
#define AGENTAUTH_HOST_SUDO_CONF_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define AA_PLUGIN_SYMBOL "agentauth_approval"
#define AA_PLUGIN_AUDIT_SYMBOL "agentauth_audit" /* in the same file, as is the next */
#define AA_PLUGIN_IO_SYMBOL "agentauth_io"
#define AA_PLUGIN_FILE "agentauth_approval.so"

enum aa_plugin_answer {
	AA_PLUGIN_CONF_UNREADABLE,
	AA_PLUGIN_CONF_OPEN, /* sudo passes sudo.conf over, since others may write to it */
	AA_PLUGIN_NOT_NAMED, /* no line loads it */
	AA_PLUGIN_NOT_ROOTS, /* or others may write to it: sudo 1.9.13 loads it all the same, as root */
	/* With these a line names the plugin and sudo runs nothing, for nobody. */
	AA_PLUGIN_MISSING,
	AA_PLUGIN_NO_SYMBOL, /* the line names another symbol, or the file is no plugin */
	AA_PLUGIN_LOADED
};

struct aa_plugin_position {
	unsigned line;	     /* of sudo.conf; 0: none */
	char path[PATH_MAX]; /* of the file that the line names */
};

/* Finds the line of the plugin with this symbol. `conf` is sudo.conf; root or `owner` must own what sudo believes. */
enum aa_plugin_answer aa_sudo_conf_find_plugin(const char *conf, uid_t owner, const char *symbol,
					       struct aa_plugin_position *ret_position);

/* Says whether the line is there and sudo cannot load what it names: then nobody has sudo. */
bool aa_sudo_conf_stops_sudo(enum aa_plugin_answer answer);

#endif
