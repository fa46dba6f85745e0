/* SPDX-License-Identifier: Apache-2.0 */
/* command.h: the tables of a program's commands: each says how its command is written, parsed, helped with and completed. */
#ifndef AGENTAUTH_CLI_COMMAND_H
#define AGENTAUTH_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/cli/arguments.h"

enum program_status { PROGRAM_DONE, PROGRAM_FAILED, PROGRAM_USAGE };

struct ctl; /* the commands of a program share it; each program has its own, or none */

struct command {
	const char *name;
	const char
	    *also; /* what other tools call it, with spaces between; no command by itself; NULL: nothing */
	const char *words; /* the operands behind its name: "NAME", "[N]"; NULL: none */
	size_t min_words, max_words;
	bool rest;	     /* all behind its first word is words: another program's arguments */
	const char *summary; /* a line, without a full stop */
	const char *about;   /* paragraphs for its own help, with an empty line between them, or NULL */
	const char *values;  /* completes its first word; NULL: the word's name in `words` does */
	const struct option_spec *options;
	int (*run)(struct ctl *ctl, const struct arguments *arguments); /* returns the exit status */
	const struct command *const *sub; /* NULL-terminated, for "role add" and the like; else NULL */
};

/* Completes an argument or a word by its name in help ("ROLE"), or an option's value by the option ("--owner"). `kind` is a
 * kind of the program's own, or with a colon in front one of the shell's, or the words themselves with a blank in front of
 * each. */
struct complete_value {
	const char *of, *kind;
};

struct program {
	const char *name;
	const char *about;	  /* the program in a line */
	const char *more;	  /* the end of its help */
	const char *host_command; /* takes NAME@HOST, and is easily forgotten before it; or NULL */
	bool names_command;	  /* "PROGRAM COMMAND: " leads what is said */
	bool gathers;		  /* messages are kept for the end, with --json or not */
	const struct command *const *commands;
	const struct option_spec *global; /* of every command, --help and --version among them */
	/* Acts on the options that every command has, before the command ("role add") runs. Returns an exit status. NULL:
	 * nothing is to be done. */
	int (*begin)(struct ctl *ctl, const char *command, const struct arguments *arguments);
	const struct complete_value *values;
	void (*list)(const char *kind);
};

#endif
