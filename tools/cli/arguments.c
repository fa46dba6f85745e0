/* SPDX-License-Identifier: Apache-2.0 */
/* arguments.c: the command line, see arguments.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/alloc.h"
#include "tools/cli/arguments.h"
#include "tools/cli/guess.h"
#include "tools/cli/problems.h"

static const struct option_spec *in_table(const struct option_spec *table, const char *name, size_t len)
{
	for (; table && table->name; table++)
		if (strlen(table->name) == len && memcmp(table->name, name, len) == 0)
			return table;
	return NULL;
}

static void guess_in_table(struct guess *guess, const struct option_spec *table)
{
	for (; table && table->name; table++)
		guess_try(guess, table->name);
}

static void no_such_option(const struct option_spec *own, const struct option_spec *global, const char *name,
			   size_t len, char *why, size_t size)
{
	char word[64];
	struct guess guess = {.word = word};

	(void)snprintf(word, sizeof(word), "%.*s", (int)len, name);
	guess_in_table(&guess, own);
	guess_in_table(&guess, global);
	snprintf(why, size, "there is no option --%.*s here%s", (int)len, name, guess_asked(&guess, "--"));
}

static void give(struct arguments *a, const struct option_spec *option, const char *value)
{
	grow(&a->given, &a->given_cap, a->n_given + 1, sizeof(*a->given));
	a->given[a->n_given++] = (struct given_option){option, value};
}

/* Returns how many of argv were taken, or -1. */
static int take_option(struct arguments *a, const struct option_spec *own, const struct option_spec *global,
		       int argc, char **argv, char *why, size_t size)
{
	const char *name = argv[0] + 2, *equals = strchr(name, '='), *value = equals ? equals + 1 : NULL;
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_spec *option = in_table(own, name, len);
	int taken = 1;

	if (!option)
		option = in_table(global, name, len);
	if (!option) {
		no_such_option(own, global, name, len, why, size);
		return -1;
	}
	if (option->argument && !value && argc > 1)
		value = argv[taken++];
	if (option->argument ? !value : value != NULL) {
		snprintf(why, size, option->argument ? "--%s needs %s" : "--%s takes no argument",
			 option->name, option->argument);
		return -1;
	}
	give(a, option, option->argument ? value : option->name);
	return taken;
}

static void take_word(struct arguments *a, char *word)
{
	grow(&a->words, &a->words_cap, a->n_words + 1, sizeof(*a->words));
	a->words[a->n_words++] = word;
}

/* -h is the one short option, since people try it. */
static int take_short(struct arguments *a, const struct option_spec *global, const char *word, char *why,
		      size_t size)
{
	const struct option_spec *help = strcmp(word, "-h") == 0 ? in_table(global, "help", 4) : NULL;

	if (!help) {
		snprintf(why, size, "there is no option %s; options are written in full, with two hyphens",
			 quoted(word));
		return -1;
	}
	give(a, help, help->name);
	return 1;
}

int arguments_parse(struct arguments *a, const struct option_spec *own, const struct option_spec *global,
		    int argc, char **argv, enum arguments_end end, char *why, size_t size)
{
	bool options = true;
	int i = 0, taken;

	while (i < argc) {
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
			a->ended = a->n_words == 0;
			taken = 1;
		} else if (options && strncmp(argv[i], "--", 2) == 0) {
			taken = take_option(a, own, global, argc - i, argv + i, why, size);
		} else if (options && end != ARGUMENTS_REST && argv[i][0] == '-' && argv[i][1]) {
			taken = take_short(a, global, argv[i], why, size);
		} else if (end == ARGUMENTS_WORD) {
			return i;
		} else {
			take_word(a, argv[i]);
			options = options && end != ARGUMENTS_REST;
			taken = 1;
		}
		if (taken < 0)
			return -1;
		i += taken;
	}
	return i;
}

void arguments_free(struct arguments *a)
{
	free(a->given);
	free(a->words);
	*a = (struct arguments){0};
}

const char *arguments_value(const struct arguments *a, const char *option)
{
	for (size_t i = a->n_given; i > 0; i--)
		if (strcmp(a->given[i - 1].option->name, option) == 0)
			return a->given[i - 1].value;
	return NULL;
}

bool arguments_have(const struct arguments *a, const char *option)
{
	return arguments_value(a, option) != NULL;
}

bool arguments_number(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	int64_t n = 0;

	if (!*text || strlen(text) > 9 || text[strspn(text, "0123456789")])
		return false;
	for (; *text; text++)
		n = n * 10 + (*text - '0');
	if (n < min || n > max)
		return false;
	*ret = n;
	return true;
}
