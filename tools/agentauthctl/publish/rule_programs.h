/* SPDX-License-Identifier: Apache-2.0 */
/* rule_programs.h knows programs that do more than their name says; risky_programs.def lists them. */
#ifndef AGENTAUTHCTL_RULE_PROGRAMS_H
#define AGENTAUTHCTL_RULE_PROGRAMS_H

#include <stdbool.h>

/* The first four are what a program does with its arguments, and the worst of them comes first. */
enum risky_kind {
	RISKY_NOTHING,
	RISKY_ANYTHING, /* whatever the arguments are */
	RISKY_RUNS,	/* its arguments have the command line of a program */
	RISKY_STARTS,	/* some argument of it starts programs */
	RISKY_FILES,
	RISKY_ALONE, /* it starts a shell by itself */
	RISKY_INPUT, /* it writes its standard input into a file */
};

/* risky_kind_of() tells what the program at `path` does with its arguments, with or without a version in its name;
 * *ret_what is the rest of a sentence about it. */
enum risky_kind risky_kind_of(const char *path, const char **ret_what);
/* risky_is() tells whether the program is of this kind, whatever else it is. */
bool risky_is(const char *path, enum risky_kind kind);
/* is_shell_name() tells whether a bare word is the name of a shell. */
bool is_shell_name(const char *word);
/* is_power_place() tells whether a file decides what root does. */
bool is_power_place(const char *path);

#endif
