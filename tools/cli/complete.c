/* SPDX-License-Identifier: Apache-2.0 */
/* complete.c: completes a command line for a shell, see complete.h. */
#include "config.h"

#include "tools/cli/complete.h"

#include <stdio.h>
#include <string.h>

#include "tools/cli/arguments.h"

static const char *typed = "";

/* The line is what was typed so far. `command` and the members below are what was found of it. */
struct line {
	const struct program *program;
	const struct command *command;	  /* NULL: none yet */
	size_t operands;		  /* the number of the command's own words before */
	const struct option_spec *option; /* whose value is being typed, or NULL */
	bool literal;			  /* "--" stood before: no options follow */
};

void complete_offer(const char *word, const char *what)
{
	if (strncmp(word, typed, strlen(typed)) != 0)
		return;
	if (what)
		printf("%s\t%.*s\n", word, (int)strcspn(what, "\n"), what);
	else
		puts(word);
}

static const struct command *const *below(const struct line *line)
{
	return line->command ? line->command->sub : line->program->commands;
}

static const struct option_spec *find_option(const struct option_spec *options, const char *name)
{
	for (; options && options->name; options++)
		if (strcmp(options->name, name) == 0)
			return options;
	return NULL;
}

static void see_option(struct line *line, const char *name)
{
	const struct option_spec *o = line->command ? find_option(line->command->options, name) : NULL;

	if (!o)
		o = find_option(line->program->global, name);
	line->option = o && o->argument ? o : NULL;
}

static void see_word(struct line *line, const char *word)
{
	const struct command *const *list = below(line);

	if (line->option) {
		line->option = NULL;
	} else if (!line->literal && strcmp(word, "--") == 0) {
		line->literal = true;
	} else if (!line->literal && strncmp(word, "--", 2) == 0) {
		see_option(line, word + 2);
	} else {
		for (; line->operands == 0 && list && *list; list++)
			if (strcmp((*list)->name, word) == 0) {
				line->command = *list;
				return;
			}
		line->operands++;
		line->literal = line->literal || (line->command && line->command->rest);
	}
}

/* ---- what may come ------------------------------------------------------------- */

static void offer_commands(const struct line *line)
{
	for (const struct command *const *list = below(line); list && *list; list++)
		complete_offer((*list)->name, (*list)->summary);
	if (!line->command)
		complete_offer("help", "show the help of a command");
}

static void offer_options(const struct option_spec *options)
{
	char word[64];

	for (; options && options->name; options++) {
		(void)snprintf(word, sizeof(word), "--%s", options->name);
		complete_offer(word, options->help);
	}
}

/* Offers words that stand one behind another, each behind one of `between`. */
static void offer_words(const char *words, const char *between)
{
	char word[64];

	while (*words) {
		size_t len = strcspn(words, between);

		(void)snprintf(word, sizeof(word), "%.*s", (int)len, words);
		if (len)
			complete_offer(word, NULL);
		words += len + (words[len] != 0);
	}
}

static void offer_kind(const struct line *line, const char *kind)
{
	if (*kind == ':')
		puts(kind);
	else if (*kind == ' ')
		offer_words(kind, " ");
	else
		line->program->list(kind);
}

/* Offers the values of a name in help. False: the name is unknown. */
static bool offer_values(const struct line *line, const char *of)
{
	for (const struct complete_value *v = line->program->values; v->of; v++)
		if (strcmp(v->of, of) == 0) {
			offer_kind(line, v->kind);
			return true;
		}
	return false;
}

static void offer_argument(const struct line *line)
{
	char of[64];

	(void)snprintf(of, sizeof(of), "--%s", line->option->name);
	if (strchr(line->option->argument, '|'))
		offer_words(line->option->argument, "|");
	else if (!offer_values(line, of))
		(void)offer_values(line, line->option->argument);
}

/* Finds the name, in the command's words, of the operand at `at`: "[NAME...]" names any number. Returns the number of that
 * word, or -1. */
static int operand_name(const char *words, size_t at, char *ret, size_t size)
{
	size_t len;
	int place = 0;

	for (; *words; words += strcspn(words, " "), words += strspn(words, " ")) {
		const char *name = words + strspn(words, "[-] ");

		len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ@");
		if (len && (at-- == 0 || strncmp(name + len, "...", 3) == 0)) {
			(void)snprintf(ret, size, "%.*s", (int)len, name);
			return place;
		}
		place++;
	}
	return -1;
}

static void offer_operand(const struct line *line)
{
	const struct command *c = line->command;
	char of[64];
	int place = c && c->words ? operand_name(c->words, line->operands, of, sizeof(of)) : -1;

	if (place == 0 && c->values)
		offer_kind(line, c->values);
	else if (place >= 0)
		(void)offer_values(line, of);
}

void complete(const struct program *program, int n, char **words)
{
	struct line line = {.program = program};

	/* `help` is followed by the words that lead to a command. */
	for (int i = n > 1 && strcmp(words[0], "help") == 0 ? 1 : 0; i + 1 < n; i++)
		see_word(&line, words[i]);
	typed = n > 0 ? words[n - 1] : "";
	if (line.option) {
		offer_argument(&line);
	} else if (typed[0] == '-' && !line.literal) {
		if (line.command)
			offer_options(line.command->options);
		offer_options(program->global);
	} else {
		if (line.operands == 0)
			offer_commands(&line);
		offer_operand(&line);
	}
}
