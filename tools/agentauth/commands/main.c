/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: agentauth: choosing the command. Under the names agentauth-askpass and agentauth-ssh it is that command. */
#include "config.h"

#include <errno.h>
#include <jansson.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/commands/completion.h"
#include "tools/cli/guess.h"
#include "tools/cli/say.h"

static const struct command *const commands[] = {
    &command_keygen, &command_profile, &command_ssh, &command_askpass, &command_answer,
    &command_assert, &command_token,   &command_run, &command_verify,  &command_whoami,
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct {
	const char *program;
	const struct command *command;
} links[] = {
    {"agentauth-askpass", &command_askpass},
    {"agentauth-ssh", &command_ssh},
};

static void usage(FILE *to)
{
	fputs("Usage: agentauth COMMAND [OPTION]...\n\n"
	      "An agent's own side of agentauth: its key, its credentials, and logging in with them.\n\n",
	      to);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\nagentauth COMMAND --help tells more, agentauth(1) all; agentauth --version shows the "
	      "version.\n",
	      to);
}

/* What was printed must have arrived: a token cut short by a full disk is worse than none. */
static int finish(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return say_failed("standard output cannot be written: %s", strerror(errno));
	return status;
}

static int run(const struct command *command, int argc, char **argv)
{
	static char name[64];

	(void)snprintf(name, sizeof(name), "agentauth %s", command->name);
	say_as(name);
	argv[0] = name; /* getopt's messages begin with it */
	return finish(command->run(command, argc, argv));
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

/* A login without the word ssh is what a word with an @ was meant to be. */
static int no_such_command(const char *name)
{
	struct guess guess = {.word = name};

	for (size_t i = 0; i < N_COMMANDS; i++)
		guess_try(&guess, commands[i]->name);
	if (strchr(name, '@'))
		return say_usage("there is no command \"%s\" (did you mean agentauth ssh %s?)", name, name);
	return say_usage("there is no command \"%s\"%s", name, guess_asked(&guess, ""));
}

static int help(int argc, char **argv)
{
	const struct command *command = argc > 2 ? find(argv[2]) : NULL;

	if (argc > 2 && !command)
		return no_such_command(argv[2]);
	if (command)
		cmdline_help(command);
	else
		usage(stdout);
	return finish(0);
}

/* What jansson reads and writes here are tokens more often than not. */
static void wipe_and_free(void *memory)
{
	if (memory)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

int main(int argc, char **argv)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL, *program = slash	   ? slash + 1
										: argc > 0 ? argv[0]
											   : "";
	const struct command *command;

	json_set_alloc_funcs(malloc, wipe_and_free);
	(void)setlocale(LC_CTYPE, "");
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (strcmp(program, links[i].program) == 0)
			return run(links[i].command, argc, argv);
	if (argc < 2) {
		usage(stderr);
		return 2;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help(argc, argv);
	if (strcmp(argv[1], "--version") == 0) {
		puts(PACKAGE_STRING);
		return finish(0);
	}
	if (strcmp(argv[1], "--complete") == 0) {
		completion(commands, N_COMMANDS, argc - 2, argv + 2);
		return finish(0);
	}
	command = find(argv[1]);
	if (!command)
		return no_such_command(argv[1]);
	return run(command, argc - 1, argv + 1);
}
