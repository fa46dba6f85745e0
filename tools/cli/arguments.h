/* SPDX-License-Identifier: Apache-2.0 */
/* arguments.h: parses the command line: long options, given in full, before or after the words. */
#ifndef AGENTAUTH_CLI_ARGUMENTS_H
#define AGENTAUTH_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct option_spec {
	const char *name; /* without the hyphens; NULL ends a table */
	const char *
	    argument; /* its argument's name in help, "A|B" where that is one of these words; NULL: it has none */
	const char *help;    /* printed on as many lines as it needs */
	int how;	     /* the command's own */
	const char *setting; /* the command's own */
};

struct given_option {
	const struct option_spec *option;
	const char *value;
};

struct arguments {
	struct given_option *given; /* in their order */
	size_t n_given, given_cap;
	char **words;
	size_t n_words, words_cap;
	bool ended;   /* "--" stood before the first word */
	bool json;    /* --json is asked for */
	char **typed; /* the command and all that follows it, up to NULL; NULL: there is no command */
};

enum arguments_end {
	ARGUMENTS_ALL,	/* the words stand anywhere */
	ARGUMENTS_WORD, /* ends before the first word, which is not taken */
	ARGUMENTS_REST, /* what begins with no two hyphens is a word, and so is all behind it, as it stands */
};

/* Parses argv[0..argc), whose options are those of one of the two tables (NULL: none), and returns how many were taken. -1:
 * refused, with a sentence in `why`. */
int arguments_parse(struct arguments *arguments, const struct option_spec *own,
		    const struct option_spec *global, int argc, char **argv, enum arguments_end end,
		    char *why, size_t size);
void arguments_free(struct arguments *arguments);

/* Returns the last value that was given, and for an option without an argument its name. NULL: the option was not given. */
const char *arguments_value(const struct arguments *arguments, const char *option);
bool arguments_have(const struct arguments *arguments, const char *option);

/* Reads decimal digits and nothing else, between min and max. */
bool arguments_number(const char *text, int64_t min, int64_t max, int64_t *ret);

#endif
