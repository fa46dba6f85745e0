/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: agentauth, its table of commands. Under the names agentauth-askpass and agentauth-ssh the program is that command. */
#include "config.h"

#include <locale.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/commands/completion.h"
#include "tools/cli/library_memory.h"
#include "tools/cli/spawn.h"

static const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "tools/agentauth/commands/commands.def"
#undef COMMAND
    NULL,
};

static const struct option_spec global_options[] = {
    {"help", NULL, "show this, or the help of a command", 0, NULL},
    {"version", NULL, "show the version", 0, NULL},
    {0},
};

static const struct program program = {
    .name = "agentauth",
    .about = "an agent's own side of agentauth: its key, its credentials, and logging in with them",
    .more = "Exit status: 0 done, 1 refused or failed, 2 wrong usage.\nSee agentauth(1).",
    .host_command = "ssh",
    .names_command = true,
    .commands = commands,
    .global = global_options,
    .values = completion_values,
    .list = completion_list,
};

/* Wipes what jansson read or wrote, which is a token more often than not. */
static void wipe_and_free(void *memory)
{
	if (memory)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

/* Runs the command that the program's name stands for. Some programs, as scp -S and SSH_ASKPASS, take the name of one program
 * without arguments. */
static int run_link(const char *command, int argc, char **argv, struct arguments *arguments,
		    struct problems *problems)
{
	char **all = argv_join((const char *const[]){argv[0], command}, 2, argv + 1, (size_t)argc - 1);
	int status = program_main(&program, NULL, argc + 1, all, arguments, problems);

	free(all);
	return status;
}

int main(int argc, char **argv)
{
	static const char *const links[][2] = {{"agentauth-askpass", "askpass"}, {"agentauth-ssh", "ssh"}};
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL, *name = slash	? slash + 1
									     : argc > 0 ? argv[0]
											: "";
	struct arguments arguments = {0};
	struct problems problems = {0};
	const char *linked = NULL;
	int status;

	library_memory(wipe_and_free);
	(void)setlocale(LC_CTYPE, "");
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (strcmp(name, links[i][0]) == 0)
			linked = links[i][1];
	if (linked)
		status = run_link(linked, argc, argv, &arguments, &problems);
	else
		status = program_main(&program, NULL, argc, argv, &arguments, &problems);
	status = program_end(&arguments, status, NULL, &problems);
	arguments_free(&arguments);
	problems_free(&problems);
	return status;
}
