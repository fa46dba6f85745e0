/* SPDX-License-Identifier: Apache-2.0 */
/* command.h: the tables of a program's commands: each says how its command is written, parsed, helped with and completed. */
#ifndef AGENTAUTH_CLI_COMMAND_H
#define AGENTAUTH_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/cli/arguments.h"

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

/* What an argument or a word stands for, by the name it has in help ("ROLE"), or an option's value ("--owner"): a kind of the
 * program's own, or with a colon in front one of the shell's; or the words themselves, with a blank in front and between. */
struct complete_value {
	const char *of, *kind;
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

#endif
