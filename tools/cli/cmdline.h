/* SPDX-License-Identifier: Apache-2.0 */
/* cmdline.h: one table a command: its options are parsed by it and its --help is written from it. */
#ifndef AGENTAUTH_AGENT_CMDLINE_H
#define AGENTAUTH_AGENT_CMDLINE_H

#include <stdbool.h>
#include <stdint.h>

#define CMDLINE_OPTIONS_MAX 16

struct cmdline_option {
	const char *name;     /* without the two hyphens */
	const char *argument; /* what it takes, for --help; NULL: nothing */
	const char *help;
};

struct command {
	const char *name;
	const char *operands; /* "[--] COMMAND…", or "" */
	const char *summary;  /* one line, without a full stop */
	const char *details;  /* more for --help, lines ending in \n; may be NULL */
	int (*run)(const struct command *self, int argc, char **argv); /* argv[0] is the command's name */
	const struct cmdline_option *options;			       /* up to one without a name */
};

enum { CMDLINE_END = -1, CMDLINE_HELP = -2, CMDLINE_WRONG = -3 };

/* The index of the next option in self->options, with its argument in `optarg`; or one of the above: the end,
 * --help (which has been answered), or what is no option (which has been said). Stops at an operand. */
int cmdline_next(const struct command *self, int argc, char **argv);
/* The exit status for one of the last two. */
int cmdline_status(int end);
/* All that is left must be nothing. */
bool cmdline_no_operands(int argc, char **argv);

void cmdline_help(const struct command *self);

/* Decimal digits and nothing else, between min and max. */
bool cmdline_number(const char *text, int64_t min, int64_t max, int64_t *ret);

#endif
