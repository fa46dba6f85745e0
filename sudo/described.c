/* SPDX-License-Identifier: Apache-2.0 */
/* described.c: see described.h. */
#include "config.h"

#include "sudo/described.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/text/number.h"
#include "common/text/shown.h"

int aa_described_version(sudo_printf_t print, const char *words)
{
	(void)print(SUDO_CONV_INFO_MSG, "%s %s\n", words, PACKAGE_VERSION);
	return 1;
}

const char *aa_described_value(char *const list[], const char *name)
{
	size_t n = strlen(name);

	for (; list && *list; list++)
		if (strncmp(*list, name, n) == 0 && (*list)[n] == '=')
			return *list + n + 1;
	return NULL;
}

bool aa_described_caller(struct aa_sudo *sudo, char *const user_info[])
{
	*sudo = (struct aa_sudo){.statedir = AA_STATEDIR,
				 .rundir = AA_RUNDIR,
				 .logdir = AA_LOGDIR,
				 .user = aa_described_value(user_info, "user"),
				 .host = aa_described_value(user_info, "host"),
				 .cwd = aa_described_value(user_info, "cwd"),
				 .tty = aa_described_value(user_info, "tty")};
	return sudo->user && aa_number_id(aa_described_value(user_info, "uid"), &sudo->uid);
}

/* Finds the name of the group that the command will run with, where it is not the target's own; its gid where it has
 * no name. */
static void find_group(struct aa_sudo *sudo, char *const command_info[], const struct passwd *target)
{
	char buf[16384];
	struct group group, *found = NULL;
	uint32_t gid;

	sudo->group[0] = '\0';
	if ((!aa_number_id(aa_described_value(command_info, "runas_egid"), &gid) &&
	     !aa_number_id(aa_described_value(command_info, "runas_gid"), &gid)) ||
	    (target && target->pw_gid == gid))
		return;
	if (getgrgid_r(gid, &group, buf, sizeof(buf), &found) == 0 && found)
		(void)snprintf(sudo->group, sizeof(sudo->group), "%s", group.gr_name);
	else
		(void)snprintf(sudo->group, sizeof(sudo->group), "#%u", gid);
}

/* Finds the name of the user that the command will run as; the uid where it has no name. */
static bool find_target(struct aa_sudo *sudo, char *const command_info[])
{
	char buf[4096];
	struct passwd pw, *found = NULL;
	uint32_t uid;

	if (!aa_number_id(aa_described_value(command_info, "runas_euid"), &uid) &&
	    !aa_number_id(aa_described_value(command_info, "runas_uid"), &uid))
		return false;
	if (getpwuid_r(uid, &pw, buf, sizeof(buf), &found) == 0 && found)
		(void)snprintf(sudo->target, sizeof(sudo->target), "%s", pw.pw_name);
	else
		(void)snprintf(sudo->target, sizeof(sudo->target), "#%u", uid);
	find_group(sudo, command_info, found);
	return true;
}

bool aa_described_command(struct aa_sudo *sudo, char *const command_info[], char *const argv[])
{
	const char *cwd = aa_described_value(command_info, "cwd");

	sudo->command = aa_described_value(command_info, "command");
	sudo->argv = argv;
	sudo->chroot = aa_described_value(command_info, "chroot");
	if (cwd)
		sudo->cwd = cwd;
	return find_target(sudo, command_info) && sudo->command && argv;
}

size_t aa_described_line(const struct aa_sudo *sudo, char *ret, size_t cap)
{
	return aa_shown_line(ret, cap, sudo->command, sudo->argv && sudo->argv[0] ? sudo->argv + 1 : NULL);
}

struct aa_audit_command aa_described_record(const struct aa_sudo *sudo, struct aa_described *texts)
{
	struct aa_audit_command command = {.line = sudo->command ? texts->line : NULL,
					   .directory = sudo->cwd,
					   .chroot = sudo->chroot,
					   .runas = texts->runas,
					   .recording = sudo->recording,
					   .tty = sudo->tty && *sudo->tty ? sudo->tty : "none",
					   .pid = getpid(),
					   .within = sudo->within};

	command.length = aa_described_line(sudo, texts->line, sizeof(texts->line));
	(void)snprintf(texts->runas, sizeof(texts->runas), "%s%s%s", sudo->target, sudo->group[0] ? ":" : "",
		       sudo->group);
	return command;
}
