/* SPDX-License-Identifier: Apache-2.0 */
/* program.h: runs a program that is made of commands, from the tables of command.h.
 *
 * PROGRAM [OPTIONS] COMMAND [SUB-COMMAND] WORDS OPTIONS. `PROGRAM help COMMAND` and `PROGRAM COMMAND --help` print the
 * same; `PROGRAM --complete WORD...` is for the shells (complete.h). A wrong command line is reported with the name that
 * was probably meant, and is exit status 2. With --json, where a command has it, an error is one JSON object. */
#ifndef AGENTAUTH_CLI_PROGRAM_H
#define AGENTAUTH_CLI_PROGRAM_H

#include <jansson.h>

#include "tools/cli/arguments.h"
#include "tools/cli/command.h"
#include "tools/cli/complete.h"
#include "tools/cli/problems.h"

/* Finds the command, parses its words and options, and runs it. Errors go into `problems` where the program gathers or
 * --json is given, else to standard error. Returns the exit status. */
int program_main(const struct program *program, struct ctl *ctl, int argc, char **argv,
		 struct arguments *ret_arguments, struct problems *problems);

/* Prints the gathered problems. With --json they are one object: `answer` (stolen), or an object of their own where
 * `answer` is NULL and a command that failed has printed none. Returns the exit status, which is a failure where standard
 * output cannot be written. */
int program_end(const struct arguments *arguments, int status, json_t *answer,
		const struct problems *problems);

#endif
