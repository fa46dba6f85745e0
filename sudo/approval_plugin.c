/* SPDX-License-Identifier: Apache-2.0 */
/* approval_plugin.c: the glue to sudo's plugin API, sudo_plugin(5). sudo calls it after the policy said yes, NOPASSWD
 * or not, for every command; not for -l and -v. */
#include "config.h"

#include <stdio.h>

#include <sudo_plugin.h>

#include "common/state/told.h"
#include "sudo/ask.h"
#include "sudo/described.h"

uint32_t agentauth_told, agentauth_refused; /* by the PAM module */

static sudo_printf_t print;
static struct aa_sudo sudo;
static bool asked; /* before, in this process */

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
	if (!aa_described_caller(&sudo, user_info)) {
		*errstr = "agentauth: sudo did not say who calls it";
		return -1;
	}
	sudo.hook = AA_CONFDIR "/hooks/approval-requested";
	sudo.say = say;
	sudo.looks = true;
	return 1;
}

static void close_plugin(void)
{
}

static int check(char *const command_info[], char *const run_argv[], char *const run_envp[],
		 const char **errstr)
{
	static char text[256];
	const char *why = NULL;
	enum aa_reason reason;

	(void)run_envp;
	/* The PAM module has logged the first command alone; a command that an intercepted sudo starts later is asked
	 * about here alone. */
	sudo.within = asked;
	asked = true;
	sudo.logged = sudo.uid && agentauth_told == sudo.uid;
	agentauth_told = 0;
	sudo.audited = sudo.uid && agentauth_audited == sudo.uid;
	if (!aa_described_command(&sudo, command_info, run_argv)) {
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
	return aa_described_version(print, AA_TOLD_APPROVAL);
}

extern struct approval_plugin agentauth_approval;
struct approval_plugin agentauth_approval = {
    SUDO_APPROVAL_PLUGIN, SUDO_API_VERSION, open_plugin, close_plugin, check, show_version,
};
