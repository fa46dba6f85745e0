/* SPDX-License-Identifier: Apache-2.0 */
/* arguments.h: the command line: long options, given in full, before or after the words; each command has a
 * table. */
#ifndef AGENTAUTHCTL_ARGUMENTS_H
#define AGENTAUTHCTL_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

struct ctl_option {
	const char *name;     /* without the hyphens; NULL ends a table */
	const char *argument; /* what its argument is called; NULL: it has none */
	const char *help;
	int how;	     /* the command's own */
	const char *setting; /* the command's own */
};

struct given_option {
	const struct ctl_option *option;
	const char *value;
};

struct arguments {
	struct given_option *given; /* in their order */
	size_t n_given, given_cap;
	const char **words;
	size_t n_words, words_cap;
};

/* Goes on with argv[0..argc), until the end, or with `first_word` only up to the first word, which is not
 * taken; gives how many were taken. -1: refused, with a sentence in `why`. */
int arguments_parse(struct arguments *arguments, const struct ctl_option *own,
		    const struct ctl_option *global, int argc, char **argv, bool first_word, char *why,
		    size_t size);
void arguments_free(struct arguments *arguments);

/* The last value that was given; NULL: none. For an option without an argument, its name. */
const char *arguments_value(const struct arguments *arguments, const char *option);
bool arguments_have(const struct arguments *arguments, const char *option);

#endif
