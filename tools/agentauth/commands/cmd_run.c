/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_run.c: agentauth run: starts a command as an agent, on behalf of the person who types it. The host decides whether
 * it may. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text/name.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/cli/say.h"

/* Comes back only where there is no such program; then errno says why. */
static int exec_with(char *const *front, size_t n_front, char **command, size_t n)
{
	char **all = calloc(n_front + n + 1, sizeof(all[0]));

	if (!all)
		return -1;
	memcpy(all, front, n_front * sizeof(front[0]));
	memcpy(all + n_front, command, n * sizeof(command[0]));
	(void)execvp(all[0], all);
	free(all);
	return -1;
}

static int start(char *agent, char **command, size_t n)
{
	static char sudo[] = "sudo", run0[] = "run0", end[] = "--", helper[] = AA_LIBEXECDIR "/start";
	char *const with_sudo[] = {sudo, end, helper, agent, end};
	char *const with_run0[] = {run0, end, helper, agent, end};

	if (exec_with(with_sudo, 5, command, n) < 0 && errno != ENOENT)
		return say_failed("sudo cannot be run: %s", strerror(errno));
	if (exec_with(with_run0, 5, command, n) < 0 && errno != ENOENT)
		return say_failed("run0 cannot be run: %s", strerror(errno));
	return say_failed("neither sudo nor run0 is installed, and one of them is needed to become %s. On "
			  "Debian: apt-get install sudo",
			  agent);
}

static int run(struct ctl *ctl, const struct arguments *a)
{
	char *agent = a->n_words && !a->ended ? a->words[0] : NULL;

	(void)ctl;
	if (!agent)
		return say_usage("which agent? agentauth run NAME -- COMMAND");
	if (!aa_agent_name_is_valid(agent))
		return say_usage("\"%s\" is no agent's name", agent);
	if (a->n_words < 2 || strcmp(a->words[1], "--") != 0)
		return say_usage(
		    "-- must stand between the agent and the command: agentauth run %s -- COMMAND", agent);
	if (a->n_words < 3)
		return say_usage("there is no command after --");
	return start(agent, a->words + 2, a->n_words - 2);
}

const struct command command_run = {
    .name = "run",
    .words = "NAME -- COMMAND...",
    .rest = true,
    .values = ":users",
    .summary = "start a command as an agent of this host, on one's own behalf",
    .about = "By sudo, or by run0 where there is no sudo. The host's administrator says who may: the "
	     "agent's delegation.local_users, and a line in sudoers.",
    .run = run,
};
