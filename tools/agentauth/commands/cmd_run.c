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
#include "tools/agentauth/local/own_files.h"
#include "tools/cli/say.h"
#include "tools/cli/spawn.h"

#define ENV_FILE_MAX ((size_t)64 * 1024)

struct run {
	const char *agent, *env_file; /* NULL: there is no such file */
	char **command;
	size_t n;
};

/* Becomes sudo; returning means that it cannot be run, and errno says why. */
static void exec_sudo(const struct run *run)
{
	const char *const plain[] = {"sudo", "--", AA_LIBEXECDIR "/start", run->agent, "--"};
	const char *const with_file[] = {
	    "sudo", "--", AA_LIBEXECDIR "/start", run->agent, "--env-file", run->env_file, "--"};
	char **all = run->env_file ? argv_join(with_file, sizeof(with_file) / sizeof(with_file[0]),
					       run->command, run->n)
				   : argv_join(plain, sizeof(plain) / sizeof(plain[0]), run->command, run->n);
	int err;

	(void)execvp(all[0], all);
	err = errno;
	free(all);
	errno = err;
}

/* run0 has its own client say who asks, and polkit cannot admit a person to this one program. */
static int start(const struct run *run)
{
	exec_sudo(run);
	if (errno != ENOENT)
		return say_failed("sudo cannot be run: %s", strerror(errno));
	return say_failed(
	    "sudo is not installed, and it is needed to become %s; run0 will not do, which takes "
	    "the person's own word for who asks. On Debian: apt-get install sudo",
	    run->agent);
}

/* Looks whether others can read the file, and gives its path from the root, since sudo may run the program elsewhere. The
 * caller frees; NULL: the reason was said. */
static char *find_env_file(const char *file)
{
	char *path = own_expand(file), *text = NULL, *ret = NULL;
	size_t len;

	if (path && own_read_secret(path, ENV_FILE_MAX, &text, &len) == 0) {
		ret = realpath(path, NULL);
		if (!ret)
			say("%s cannot be found: %s", path, strerror(errno));
	}
	own_wipe(text);
	free(path);
	return ret;
}

static int run(struct ctl *ctl, const struct arguments *a)
{
	const char *agent = a->n_words && !a->ended ? a->words[0] : NULL;
	char *env_file = NULL;
	int status;

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
	if (arguments_have(a, "env-file")) {
		env_file = find_env_file(arguments_value(a, "env-file"));
		if (!env_file)
			return PROGRAM_FAILED;
	}
	status = start(&(struct run){agent, env_file, a->words + 2, a->n_words - 2});
	free(env_file);
	return status;
}

const struct command command_run = {
    .name = "run",
    .words = "NAME -- COMMAND...",
    .rest = true,
    .values = ":users",
    .summary = "start a command as an agent of this host, on one's own behalf",
    .about = "By sudo, and not by run0. The host's administrator says who may: the agent's "
	     "delegation.local_users, and a line in sudoers.",
    .options =
	(const struct option_spec[]){
	    {"env-file", "FILE", "variables for the command, NAME=VALUE a line: keys and proxies", 0, NULL},
	    {0}},
    .run = run,
};
