/* SPDX-License-Identifier: Apache-2.0 */
/* help.h: what --help prints, from the table of commands. */
#ifndef AGENTAUTH_CLI_HELP_H
#define AGENTAUTH_CLI_HELP_H

#include <stdio.h>

#include "tools/cli/command.h"

void help_program(const struct program *program, FILE *to);
/* Of a command, or of a family with all that is in it; `path` is the words that lead to it, each behind a blank. */
void help_command(const struct program *program, const char *path, const struct command *command);

#endif
