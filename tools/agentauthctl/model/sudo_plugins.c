/* SPDX-License-Identifier: Apache-2.0 */
/* sudo_plugins.c: finds what keeps sudo from loading our plugins, see sudo_plugins.h.
 *
 * A line of sudo.conf that names what sudo cannot load stops sudo for everybody. So a path that is printed here is absolute
 * and is there, and a line is taken away only after the rules that it guards. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/agentauthctl/model/sudo_plugins.h"
#include "tools/cli/alloc.h"

#define SHIPPED AA_LIBEXECDIR "/" AA_PLUGIN_FILE

static const char *const symbols[SUDO_PLUGIN_COUNT] = {
    [SUDO_PLUGIN_APPROVAL] = AA_PLUGIN_SYMBOL, [SUDO_PLUGIN_AUDIT] = AA_PLUGIN_AUDIT_SYMBOL};

void sudo_plugins_look(struct sudo_plugins *plugins, const char *sysconfdir)
{
	plugins->conf = xasprintf("%s/sudo.conf", sysconfdir);
	/* sudo wants files of root's; a rehearsal by another user looks at files of that user. */
	for (int i = 0; i < SUDO_PLUGIN_COUNT; i++)
		plugins->lines[i].answer = aa_sudo_conf_find_plugin(plugins->conf, geteuid(), symbols[i],
								    &plugins->lines[i].position);
}

void sudo_plugins_free(struct sudo_plugins *plugins)
{
	free(plugins->conf);
	plugins->conf = NULL;
}

enum sudo_plugin sudo_plugins_dead(const struct sudo_plugins *plugins)
{
	int i = 0;

	while (i < SUDO_PLUGIN_COUNT && !aa_sudo_conf_stops_sudo(plugins->lines[i].answer))
		i++;
	return (enum sudo_plugin)i;
}

static bool shipped_is_there(void)
{
	struct stat st;

	return stat(SHIPPED, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 && (st.st_mode & 022) == 0;
}

static char *cure_missing_line(void)
{
	return xstrdup(shipped_is_there() ? "agentauthctl enable --yes sudo"
					  : "test -f " SHIPPED
					    " && agentauthctl enable --yes sudo  # install agentauth "
					    "with its sudo plugin before");
}

/* Returns a command that mends all such lines at once, since one is enough to stop sudo. It takes the agents' rules away
 * before a line, since without the plugin they would be granted unasked. */
static char *cure_dead_lines(const struct sudo_plugins *p)
{
	bool is_there = shipped_is_there();
	struct buffer b = {0};

	if (!is_there)
		buffer_puts(&b, "rm -f " AA_SYSCONFDIR "/sudoers.d/agentauth && ");
	buffer_puts(&b, "sed -i");
	for (int i = 0; i < SUDO_PLUGIN_COUNT; i++) {
		const struct sudo_plugin_line *line = &p->lines[i];

		if (!aa_sudo_conf_stops_sudo(line->answer))
			continue;
		if (is_there)
			buffer_printf(&b, " -e '%us|.*|Plugin %s " SHIPPED "|'", line->position.line,
				      symbols[i]);
		else
			buffer_printf(&b, " -e '%ud'", line->position.line);
	}
	buffer_printf(&b, " %s%s", p->conf,
		      is_there
			  ? ""
			  : "  # agents have sudo again when the plugin is there and agentauthctl apply has "
			    "run");
	return b.data;
}

static char *describe_dead_line(const struct sudo_plugins *p, const struct sudo_plugin_line *line)
{
	return xasprintf("%s:%u names %s, %s: sudo refuses everybody", p->conf, line->position.line,
			 *line->position.path ? line->position.path : "a file",
			 line->answer == AA_PLUGIN_MISSING ? "which is not there"
							   : "and what it names is not this plugin");
}

bool sudo_plugins_problem(const struct sudo_plugins *p, enum sudo_plugin which, char **ret_what,
			  char **ret_cure)
{
	const struct sudo_plugin_line *line = &p->lines[which];
	const char *path = line->position.path;

	switch (line->answer) {
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
		*ret_cure = cure_missing_line();
		break;
	case AA_PLUGIN_NOT_ROOTS:
		*ret_what = xasprintf(
		    "sudo loads %s as root, which must be root's, and writable by nobody else", path);
		*ret_cure = xasprintf("chown root:root %s && chmod 755 %s", path, path);
		break;
	case AA_PLUGIN_MISSING:
	case AA_PLUGIN_NO_SYMBOL:
		*ret_what = describe_dead_line(p, line);
		*ret_cure = cure_dead_lines(p);
		break;
	}
	return true;
}
