/* SPDX-License-Identifier: Apache-2.0 */
/* help.h: prints what --help shows, from the table of commands. */
#ifndef AGENTAUTH_CLI_HELP_H
#define AGENTAUTH_CLI_HELP_H

#include <stdio.h>

#include "tools/cli/command.h"

void help_program(const struct program *program, FILE *to);
/* Prints the help of a command, or of a family with all its commands. `path` is the words that lead to it, each behind a
 * blank. */
void help_command(const struct program *program, const char *path, const struct command *command);

#endif
