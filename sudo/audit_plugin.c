/* SPDX-License-Identifier: Apache-2.0 */
/* audit_plugin.c: the glue to sudo's plugin API, sudo_plugin(5), of what is recorded. sudo opens it before its policy is
 * asked, tells it of the policy's answer and of each other plugin's, and then that the command runs.
 *
 * Where an audit plugin has a close function sudo waits for its command, instead of becoming it. A person's sudo becomes
 * its command as before, since open_plugin() has sudo take the plugin away. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <sudo_plugin.h>

#include "common/state/told.h"
#include "sudo/described.h"
#include "sudo/io_plugin.h"
#include "sudo/ran.h"

uint32_t agentauth_audited;

static sudo_printf_t print;
static struct aa_sudo caller; /* as sudo began */
static struct aa_ran ran;
static char *const *asked, *const *settings; /* what the agent typed, and the options of that */

/* Says whether sudo is to print its version, and its plugins': nothing will run, and whoever asks is told of this one. */
static bool is_version(char *const argv[], int optind)
{
	bool is = false;

	for (int i = 1; i < optind && !is; i++)
		is = strcmp(argv[i], "-V") == 0 || strcmp(argv[i], "--version") == 0;
	return is;
}

/* Answers 0, "take me away", for whoever is no agent, and where sudo says too little: after an error sudo would refuse
 * everybody. */
static int open_plugin(unsigned int version, sudo_conv_t conversation, sudo_printf_t plugin_printf,
		       char *const plugin_settings[], char *const user_info[], int submit_optind,
		       char *const submit_argv[], char *const submit_envp[], char *const plugin_options[],
		       const char **errstr)
{
	(void)conversation;
	(void)submit_envp;
	(void)plugin_options;
	(void)errstr;
	print = plugin_printf;
	if (SUDO_API_VERSION_GET_MAJOR(version) != SUDO_API_VERSION_MAJOR ||
	    !aa_described_caller(&caller, user_info) ||
	    !(is_version(submit_argv, submit_optind) || aa_ran_is_agents(&caller)))
		return 0;
	asked = submit_argv + submit_optind;
	settings = plugin_settings;
	agentauth_audited = caller.uid;
	return 1;
}

/* ---- what sudo decides ----------------------------------------------------------------------- */

static int accept_command(const char *plugin_name, unsigned int plugin_type, char *const command_info[],
			  char *const run_argv[], char *const run_envp[], const char **errstr)
{
	struct aa_sudo sudo = caller;
	enum aa_reason reason;

	(void)plugin_name;
	(void)run_envp;
	if (plugin_type != SUDO_FRONT_END) /* others may still refuse */
		return 1;
	(void)aa_described_command(&sudo, command_info, run_argv);
	sudo.recording = agentauth_io_recording();
	reason = aa_ran_begin(&ran, &sudo);
	if (reason == AA_OK)
		return 1;
	*errstr = aa_reason_sentence(reason);
	return 0;
}

/* Says whether sudo was asked what would be allowed (-l), or to remember the user (-v): nothing was to run. */
static bool is_question(char *const command_info[])
{
	const char *command = aa_described_value(command_info, "command");

	return command && !command_info[1] &&
	       (strcmp(command, "list") == 0 || strcmp(command, "validate") == 0);
}

/* Says whether the words that the agent typed are no argv: a shell gets them in one, or they are files to edit. */
static bool is_no_argv(void)
{
	static const char *const modes[] = {"run_shell", "login_shell", "sudoedit"};
	bool is = false;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]) && !is; i++)
		is = aa_described_value(settings, modes[i]) != NULL;
	return is;
}

/* Describes a refused command as far as sudo knows it, and else as the agent asked for it. sudo tells no arguments of a
 * refused one, and these are not known where another command has started it. */
static void describe_asked(struct aa_sudo *sudo, char *const command_info[])
{
	const char *user = aa_described_value(settings, "runas_user"),
		   *group = aa_described_value(settings, "runas_group"),
		   *directory = aa_described_value(settings, "cmnd_cwd");

	if (directory)
		sudo->cwd = directory;
	(void)aa_described_command(sudo, command_info, sudo->within ? NULL : asked);
	if (!sudo->target[0])
		(void)snprintf(sudo->target, sizeof(sudo->target), "%s",
			       user    ? user
			       : group ? sudo->user
				       : "root");
	if (group && !sudo->group[0])
		(void)snprintf(sudo->group, sizeof(sudo->group), "%s", group);
	if (is_no_argv() && !sudo->within)
		sudo->command = NULL; /* sudo's own arguments stand for it */
	else if (!sudo->command)
		sudo->command = asked[0];
}

/* The PAM module and the approval plugin have logged what they refuse, with a reason of theirs. */
static void record_refusal(const char *plugin_name, unsigned int plugin_type, enum aa_reason reason,
			   const char *why, char *const command_info[])
{
	struct aa_sudo sudo = caller;
	bool is_logged = agentauth_refused == caller.uid ||
			 (reason == AA_SUDO_DENIED && strcmp(plugin_name, "agentauth_approval") == 0);

	agentauth_refused = 0;
	if (is_logged || is_question(command_info))
		return;
	/* sudo asks these about what its command starts, too, where sudoers has it intercept that. */
	sudo.within =
	    ran.record && (plugin_type == SUDO_POLICY_PLUGIN || plugin_type == SUDO_APPROVAL_PLUGIN);
	describe_asked(&sudo, command_info);
	aa_ran_refused(&sudo, reason, why);
}

static int reject_command(const char *plugin_name, unsigned int plugin_type, const char *audit_msg,
			  char *const command_info[], const char **errstr)
{
	(void)errstr;
	record_refusal(plugin_name, plugin_type, AA_SUDO_DENIED, audit_msg, command_info);
	return 1;
}

static int command_failed(const char *plugin_name, unsigned int plugin_type, const char *audit_msg,
			  char *const command_info[], const char **errstr)
{
	(void)errstr;
	record_refusal(plugin_name, plugin_type, AA_SUDO_FAILED, audit_msg, command_info);
	return 1;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void close_plugin(int status_type, int status)
{
	switch (status_type) {
	case SUDO_PLUGIN_WAIT_STATUS:
		aa_ran_end(&ran, &caller, status, NULL);
		break;
	case SUDO_PLUGIN_EXEC_ERROR:
	case SUDO_PLUGIN_SUDO_ERROR:
		aa_ran_end(&ran, &caller, 0, strerror(status));
		break;
	default: /* nothing ran */
		break;
	}
}

static int show_version(int verbose)
{
	(void)verbose;
	return aa_described_version(print, AA_TOLD_AUDIT);
}

extern struct audit_plugin agentauth_audit;
struct audit_plugin agentauth_audit = {
    SUDO_AUDIT_PLUGIN, SUDO_API_VERSION, open_plugin, close_plugin, accept_command, reject_command,
    command_failed,    show_version,	 NULL,	      NULL,	    NULL,
};
