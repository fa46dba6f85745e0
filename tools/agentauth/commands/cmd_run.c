/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_run.c: agentauth run, which starts a command as an agent, on behalf of the person who types the command. The host decides
 * whether that person may. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text/name.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/cli/say.h"
#include "tools/cli/spawn.h"

/* Tries to become the program by which an agent is started; returning means that it cannot be run. True says why, unless the
 * program is not installed, so that another may be tried. */
static bool exec_by(const char *program, const char *agent, char **command, size_t n)
{
	const char *const front[] = {program, "--", AA_LIBEXECDIR "/start", agent, "--"};
	char **all = argv_join(front, sizeof(front) / sizeof(front[0]), command, n);
	int err;

	(void)execvp(all[0], all);
	err = errno;
	free(all);
	if (err != ENOENT)
		say("%s cannot be run: %s", program, strerror(err));
	return err != ENOENT;
}

static int start(const char *agent, char **command, size_t n)
{
	if (exec_by("sudo", agent, command, n) || exec_by("run0", agent, command, n))
		return PROGRAM_FAILED;
	return say_failed("neither sudo nor run0 is installed, and one of them is needed to become %s. On "
			  "Debian: apt-get install sudo",
			  agent);
}

static int run(struct ctl *ctl, const struct arguments *a)
{
	const char *agent = a->n_words && !a->ended ? a->words[0] : NULL;

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
