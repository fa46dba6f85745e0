/* SPDX-License-Identifier: Apache-2.0 */
/* complete.h: what a shell completes, from the tables that the commands are parsed and helped by.
 *
 * PROGRAM --complete WORD... prints what the last word, which is being typed, may become: a line for each, a word and,
 * behind a tab, what it is; or one line ":KIND" for what the shell knows itself: files, folders, users, groups, hosts,
 * variables, commands. The shells' own files (completions/) hold no name of a command or option.
 */
#ifndef AGENTAUTH_CLI_COMPLETE_H
#define AGENTAUTH_CLI_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

struct complete_option {
	const char *name, *argument,
	    *help; /* without the hyphens; what it takes, NULL: nothing; of several lines */
};

struct complete_command {
	const char *path;  /* "role add" */
	const char *words; /* what follows it, as its help has it: "NAME", "[NAME...]"; NULL or "": nothing */
	const char *summary; /* a line */
	const void *options; /* for the function of the program; NULL: none */
};

/* Of which kind a value is: that of an option ("--agent"), or of whatever the help calls so ("ROLE"). A kind is a list of
 * the program's or, with a colon in front, of the shell's; or the words themselves, with a blank in front and between. */
struct complete_value {
	const char *command; /* its path; NULL: any */
	const char *of, *kind;
};

struct complete_program {
	const struct complete_command *commands;
	size_t n_commands;
	const void *global; /* options of every command, or NULL */
	/* The option at i, or false: there are no more. */
	bool (*option)(const void *options, size_t i, struct complete_option *ret);
	const struct complete_value *values; /* up to one without `of`; the first that fits is taken */
	/* Calls complete_offer() with each of a kind. */
	void (*list)(const char *kind);
};

/* `words` are those behind the program's name; the last is being typed. */
void complete(const struct complete_program *program, int n, char **words);

/* For `list`: a word, and what it is (NULL: nothing is said of it). What does not begin as the word that is typed is
 * dropped. */
void complete_offer(const char *word, const char *what);

#endif
