/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_login.c: reads what `ssh -G` says of a login. */
#include "config.h"

#include "tools/agentauth/commands/ssh_login.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/agentauth/commands/ssh_program.h"
#include "tools/cli/say.h"

static void take_line(char *line, struct ssh_login *login)
{
	const struct {
		const char *name;
		char *value;
	} wanted[] = {{"user ", login->user}, {"hostname ", login->host}, {"hostkeyalias ", login->alias}};

	line[strcspn(line, "\r\n")] = 0;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		size_t len = strlen(wanted[i].name);

		if (strncmp(line, wanted[i].name, len) == 0)
			(void)snprintf(wanted[i].value, sizeof(login->user), "%s", line + len);
	}
}

/* Finds an option of ours that ssh got, since it stands behind one of ssh's. */
static const char *misplaced(char **args, int n)
{
	static const char *const ours[] = {"--profile", "--scope", "--task"};

	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof(ours) / sizeof(ours[0]); k++)
			if (strncmp(args[i], ours[k], strlen(ours[k])) == 0)
				return ours[k];
	return NULL;
}

static void say_refused(const struct ssh_said *said, char **args, int n)
{
	const char *own = misplaced(args, n);

	say_plain("%s", said->err);
	if (own)
		say("%s must stand before all that is ssh's: agentauth ssh %s VALUE HOST", own, own);
	else
		say("ssh refuses its arguments or its configuration, as it says above; nothing was tried");
}

bool ssh_login_ask(char **args, int n, struct ssh_login *ret)
{
	struct ssh_said said;
	char *save = NULL;
	int status = ssh_program_ask("-G", args, (size_t)n, &said);

	if (status < 0)
		return say("ssh cannot be run: %s", strerror(errno)), false;
	if (status > 0)
		return say_refused(&said, args, n), false;
	*ret = (struct ssh_login){0};
	for (char *line = strtok_r(said.out, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take_line(line, ret);
	return true;
}

const char *ssh_login_host(const struct ssh_login *login)
{
	return *login->alias ? login->alias : login->host;
}

const char *ssh_login_port(const char *host)
{
	const char *colon = strchr(host, ':');

	return colon && colon[1] && !colon[1 + strspn(colon + 1, "0123456789")] ? colon + 1 : NULL;
}
