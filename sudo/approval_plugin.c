/* SPDX-License-Identifier: Apache-2.0 */
/* approval_plugin.c: the glue to sudo's plugin API, sudo_plugin(5). sudo calls it after the policy said yes, NOPASSWD
 * or not, for every command; not for -l and -v. */
#include "config.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include <sudo_plugin.h>

#include "common/state/told.h"
#include "common/text/number.h"
#include "sudo/ask.h"

uint32_t agentauth_told; /* by the PAM module */

static sudo_printf_t print;
static struct aa_sudo sudo;

/* Finds the value of NAME= in one of sudo's lists, or NULL. */
static const char *value_of(char *const list[], const char *name)
{
	size_t n = strlen(name);

	for (; list && *list; list++)
		if (strncmp(*list, name, n) == 0 && (*list)[n] == '=')
			return *list + n + 1;
	return NULL;
}

static void say(void *data, const char *text)
{
	(void)data;
	(void)print(SUDO_CONV_ERROR_MSG, "%s", text); /* standard output is the command's */
}

static int open_plugin(unsigned int version, sudo_conv_t conversation, sudo_printf_t plugin_printf,
		       char *const settings[], char *const user_info[], int submit_optind,
		       char *const submit_argv[], char *const submit_envp[], char *const plugin_options[],
		       const char **errstr)
{
	(void)conversation;
	(void)settings;
	(void)submit_optind;
	(void)submit_argv;
	(void)submit_envp;
	(void)plugin_options;
	print = plugin_printf;
	if (SUDO_API_VERSION_GET_MAJOR(version) != SUDO_API_VERSION_MAJOR) {
		*errstr =
		    "agentauth: this sudo has another plugin API; agentauth_approval.so must be built for it";
		return -1;
	}
	sudo = (struct aa_sudo){.statedir = AA_STATEDIR,
				.rundir = AA_RUNDIR,
				.logdir = AA_LOGDIR,
				.hook = AA_CONFDIR "/hooks/approval-requested",
				.user = value_of(user_info, "user"),
				.host = value_of(user_info, "host"),
				.cwd = value_of(user_info, "cwd"),
				.tty = value_of(user_info, "tty"),
				.say = say,
				.looks = true};
	if (!sudo.user || !aa_number_id(value_of(user_info, "uid"), &sudo.uid)) {
		*errstr = "agentauth: sudo did not say who calls it";
		return -1;
	}
	return 1;
}

static void close_plugin(void)
{
}

/* Finds the name of the group that the command will run with, where it is not the target's own; its gid where it has
 * no name. */
static void find_group(char *const command_info[], const struct passwd *target)
{
	char buf[16384];
	struct group group, *found = NULL;
	uint32_t gid;

	sudo.group[0] = '\0';
	if ((!aa_number_id(value_of(command_info, "runas_egid"), &gid) &&
	     !aa_number_id(value_of(command_info, "runas_gid"), &gid)) ||
	    (target && target->pw_gid == gid))
		return;
	if (getgrgid_r(gid, &group, buf, sizeof(buf), &found) == 0 && found)
		(void)snprintf(sudo.group, sizeof(sudo.group), "%s", group.gr_name);
	else
		(void)snprintf(sudo.group, sizeof(sudo.group), "#%u", gid);
}

/* Finds the name of the user that the command will run as; the uid where it has no name. */
static bool find_target(char *const command_info[])
{
	char buf[4096];
	struct passwd pw, *found = NULL;
	uint32_t uid;

	if (!aa_number_id(value_of(command_info, "runas_euid"), &uid) &&
	    !aa_number_id(value_of(command_info, "runas_uid"), &uid))
		return false;
	if (getpwuid_r(uid, &pw, buf, sizeof(buf), &found) == 0 && found)
		(void)snprintf(sudo.target, sizeof(sudo.target), "%s", pw.pw_name);
	else
		(void)snprintf(sudo.target, sizeof(sudo.target), "#%u", uid);
	find_group(command_info, found);
	return true;
}

static int check(char *const command_info[], char *const run_argv[], char *const run_envp[],
		 const char **errstr)
{
	static char text[256];
	const char *why = NULL, *cwd = value_of(command_info, "cwd");
	enum aa_reason reason;

	(void)run_envp;
	sudo.command = value_of(command_info, "command");
	sudo.argv = run_argv;
	/* The PAM module has logged the first command alone; a command that an intercepted sudo starts later is asked
	 * about here alone. */
	sudo.logged = sudo.uid && agentauth_told == sudo.uid;
	agentauth_told = 0;
	sudo.chroot = value_of(command_info, "chroot");
	if (cwd)
		sudo.cwd = cwd;
	if (!sudo.command || !run_argv || !find_target(command_info)) {
		*errstr = "agentauth: sudo did not say what it is to run";
		return -1;
	}
	reason = aa_ask(&sudo, &why);
	if (reason == AA_OK)
		return 1;
	(void)snprintf(text, sizeof(text), "agentauth: refused: %s", why);
	*errstr = text;
	(void)print(SUDO_CONV_ERROR_MSG, "%s\n", text);
	return 0;
}

static int show_version(int verbose)
{
	(void)verbose;
	(void)print(SUDO_CONV_INFO_MSG, "agentauth approval plugin %s\n", PACKAGE_VERSION);
	return 1;
}

extern struct approval_plugin agentauth_approval;
struct approval_plugin agentauth_approval = {
    SUDO_APPROVAL_PLUGIN, SUDO_API_VERSION, open_plugin, close_plugin, check, show_version,
};
