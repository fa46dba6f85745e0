/* SPDX-License-Identifier: Apache-2.0 */
/* approval_plugin.c: finds what keeps sudo from asking for approvals, see approval_plugin.h.
 *
 * A line of sudo.conf that names what sudo cannot load stops sudo for everybody. So a path that is printed here is absolute
 * and is there, and a line is taken away only after the rules that it guards. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/agentauthctl/model/approval_plugin.h"
#include "tools/cli/alloc.h"

#define SHIPPED AA_LIBEXECDIR "/" AA_PLUGIN_FILE
#define SHIPPED_LINE "Plugin " AA_PLUGIN_SYMBOL " " SHIPPED

void approval_plugin_look(struct approval_plugin *plugin, const char *sysconfdir)
{
	plugin->conf = xasprintf("%s/sudo.conf", sysconfdir);
	/* sudo wants files of root's; a rehearsal by another user looks at files of that user. */
	plugin->answer =
	    aa_sudo_conf_find_plugin(plugin->conf, geteuid(), AA_PLUGIN_SYMBOL, &plugin->position);
}

void approval_plugin_free(struct approval_plugin *plugin)
{
	free(plugin->conf);
	*plugin = (struct approval_plugin){0};
}

static bool shipped_is_there(void)
{
	struct stat st;

	return stat(SHIPPED, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 && (st.st_mode & 022) == 0;
}

/* Returns a command that begins the line with a line feed. Where the last line of the file has no end, the appended text
 * would become a part of that line, and where that loads a plugin nobody would have sudo. */
static char *cure_missing_line(const struct approval_plugin *p)
{
	if (shipped_is_there())
		return xasprintf("printf '\\n%%s\\n' '%s' >>%s", SHIPPED_LINE, p->conf);
	return xasprintf("test -f " SHIPPED
			 " && printf '\\n%%s\\n' '%s' >>%s  # install agentauth with its sudo plugin before",
			 SHIPPED_LINE, p->conf);
}

/* Returns a command that takes the agents' rules away before the line, since without the plugin they would be granted
 * unasked. */
static char *cure_dead_line(const struct approval_plugin *p)
{
	if (shipped_is_there())
		return xasprintf("sed -i '%us|.*|%s|' %s", p->position.line, SHIPPED_LINE, p->conf);
	return xasprintf(
	    "rm -f " AA_SYSCONFDIR
	    "/sudoers.d/agentauth && sed -i '%ud' %s  # agents have sudo again when the plugin is "
	    "there and agentauthctl apply has run",
	    p->position.line, p->conf);
}

static char *describe_dead_line(const struct approval_plugin *p)
{
	return xasprintf("%s:%u names %s, %s: sudo refuses everybody", p->conf, p->position.line,
			 *p->position.path ? p->position.path : "a file",
			 p->answer == AA_PLUGIN_MISSING ? "which is not there"
							: "and what it names is not this plugin");
}

bool approval_plugin_problem(const struct approval_plugin *p, char **ret_what, char **ret_cure)
{
	switch (p->answer) {
	case AA_PLUGIN_LOADED:
		return false;
	case AA_PLUGIN_CONF_UNREADABLE:
		*ret_what = xasprintf("%s cannot be read", p->conf);
		*ret_cure = xasprintf("ls -ld %s shows why", p->conf);
		break;
	case AA_PLUGIN_CONF_OPEN:
		*ret_what =
		    xasprintf("sudo does not read %s, since others than root may write to it", p->conf);
		*ret_cure = xasprintf("chown root:root %s && chmod 644 %s", p->conf, p->conf);
		break;
	case AA_PLUGIN_NOT_NAMED:
		*ret_what = xasprintf("%s does not load it", p->conf);
		*ret_cure = cure_missing_line(p);
		break;
	case AA_PLUGIN_NOT_ROOTS:
		*ret_what =
		    xasprintf("sudo loads %s as root, which must be root's, and writable by nobody else",
			      p->position.path);
		*ret_cure =
		    xasprintf("chown root:root %s && chmod 755 %s", p->position.path, p->position.path);
		break;
	case AA_PLUGIN_MISSING:
	case AA_PLUGIN_NO_SYMBOL:
		*ret_what = describe_dead_line(p);
		*ret_cure = cure_dead_line(p);
		break;
	}
	return true;
}
