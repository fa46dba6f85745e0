/* SPDX-License-Identifier: Apache-2.0 */
/* program.h: a program that is made of commands: one table says how each is written, parsed, helped with and completed.
 *
 * PROGRAM [OPTIONS] COMMAND [SUB-COMMAND] WORDS OPTIONS. `PROGRAM help COMMAND` and `PROGRAM COMMAND --help` print the same;
 * `PROGRAM --complete WORD...` is for the shells (complete.h). What is wrong with a command line is said with the name that
 * was probably meant, and is exit status 2. With --json, where a command has it, an error is one JSON object.
 */
#ifndef AGENTAUTH_CLI_PROGRAM_H
#define AGENTAUTH_CLI_PROGRAM_H

#include <stdio.h>

#include <jansson.h>

#include "tools/cli/arguments.h"
#include "tools/cli/complete.h"
#include "tools/cli/problems.h"

enum program_status { PROGRAM_DONE, PROGRAM_FAILED, PROGRAM_USAGE };

struct ctl; /* what the commands of a program share: each program has its own, or none */

struct command {
	const char *name;
	const char *words; /* what follows it: "NAME", "[N]"; NULL: nothing */
	size_t min_words, max_words;
	bool rest;	     /* behind its first word all is words: another program's arguments */
	const char *summary; /* a line, without a full stop */
	const char *about;   /* paragraphs for its own help, with an empty line between them, or NULL */
	const char
	    *values; /* what completes its first word, as complete.h has it; NULL: what its name says */
	const struct option_spec *options;
	int (*run)(struct ctl *ctl, const struct arguments *arguments); /* gives the exit status */
	const struct command *const *sub; /* NULL-terminated, for "role add" and the like; else NULL */
};

struct program {
	const char *name;
	const char *about;	  /* what it is, in a line */
	const char *more;	  /* the end of its help */
	const char *host_command; /* what takes NAME@HOST, and is easily forgotten before it; or NULL */
	bool names_command;	  /* "PROGRAM COMMAND: " leads what is said */
	bool gathers;		  /* what is said is kept for the end, with --json or not */
	const struct command *const *commands;
	const struct option_spec *global; /* of every command, --help and --version among them */
	/* Before a command runs: what the options of all of them say. Gives an exit status. NULL: nothing. */
	int (*begin)(struct ctl *ctl, const struct arguments *arguments);
	const struct complete_value *values;
	void (*list)(const char *kind);
};

/* Finds the command, parses what is its own, and runs it. What is wrong is said: into `problems`, where the program gathers
 * or --json is given. Gives the exit status. */
int program_main(const struct program *program, struct ctl *ctl, int argc, char **argv,
		 struct arguments *ret_arguments, struct problems *problems);

/* Prints what was gathered: with --json as one object, in `answer` (stolen), or in an object of its own where `answer` is NULL
 * and a command that failed has printed none. Gives the exit status, which is a failure where standard output cannot be
 * written. */
int program_end(const struct arguments *arguments, int status, json_t *answer,
		const struct problems *problems);

#endif
