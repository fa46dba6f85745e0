/* SPDX-License-Identifier: Apache-2.0 */
/* complete.c: what a shell completes. */
#include "config.h"

#include "tools/cli/complete.h"

#include <stdio.h>
#include <string.h>

static const char *typed = "";

/* What is typed so far: which command, and what of it stands already. */
struct line {
	const struct complete_program *program;
	const struct complete_command *command; /* NULL: none yet */
	char path[64];				/* "role", "role add": the words that lead to it */
	size_t operands;			/* how many words of the command's own stand before */
	const char *option;			/* the one whose value is being typed, or NULL */
	const char *argument;			/* what it takes */
	bool literal;				/* behind "--": no options any more */
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

static const struct complete_command *find(const struct complete_program *p, const char *path)
{
	for (size_t i = 0; i < p->n_commands; i++)
		if (strcmp(p->commands[i].path, path) == 0)
			return &p->commands[i];
	return NULL;
}

/* The first word behind `path` in the paths that go on from it, or NULL; its length in *len. */
static const char *next_word(const struct complete_command *command, const char *path, size_t *len)
{
	size_t n = strlen(path);
	const char *rest = command->path + n;

	if (strncmp(command->path, path, n) != 0 || (n > 0 && *rest++ != ' '))
		return NULL;
	*len = strcspn(rest, " ");
	return rest;
}

static bool leads_on(const struct line *line)
{
	size_t len;

	for (size_t i = 0; i < line->program->n_commands; i++)
		if (next_word(&line->program->commands[i], line->path, &len))
			return true;
	return false;
}

static bool option_in(const struct line *line, const void *options, const char *name,
		      struct complete_option *ret)
{
	for (size_t i = 0; options && line->program->option(options, i, ret); i++)
		if (strcmp(ret->name, name) == 0)
			return true;
	return false;
}

static void see_option(struct line *line, const char *name)
{
	struct complete_option o;

	if ((line->command && option_in(line, line->command->options, name, &o)) ||
	    option_in(line, line->program->global, name, &o))
		line->argument = o.argument;
	line->option = line->argument ? name : NULL;
}

static void see_word(struct line *line, const char *word)
{
	char longer[sizeof(line->path)];
	int n;

	if (line->option) {
		line->option = line->argument = NULL;
		return;
	}
	if (!line->literal && strcmp(word, "--") == 0) {
		line->literal = true;
		return;
	}
	if (!line->literal && strncmp(word, "--", 2) == 0) {
		see_option(line, word + 2);
		return;
	}
	n = snprintf(longer, sizeof(longer), "%s%s%s", line->path, *line->path ? " " : "", word);
	if (line->operands == 0 && n > 0 && (size_t)n < sizeof(longer)) {
		struct line after = *line;

		memcpy(after.path, longer, (size_t)n + 1);
		after.command = find(line->program, longer);
		if (after.command || leads_on(&after)) {
			*line = after;
			return;
		}
	}
	line->operands++;
}

/* ---- what may come ------------------------------------------------------------- */

/* The words that go on from the path, each once: they stand together in the table. */
static void offer_commands(const struct line *line)
{
	const struct complete_program *p = line->program;
	const char *word, *last = "";
	size_t len, last_len = 0;

	for (size_t i = 0; i < p->n_commands; i++) {
		const char *path = p->commands[i].path;
		char one[64];

		word = next_word(&p->commands[i], line->path, &len);
		if (!word || len == 0 || (len == last_len && strncmp(word, last, len) == 0))
			continue;
		last = word;
		last_len = len;
		(void)snprintf(one, sizeof(one), "%.*s", (int)len, word);
		complete_offer(one, word + len == path + strlen(path) ? p->commands[i].summary : NULL);
	}
}

static void offer_options(const struct line *line, const void *options)
{
	struct complete_option o;
	char word[64];

	for (size_t i = 0; options && line->program->option(options, i, &o); i++) {
		(void)snprintf(word, sizeof(word), "--%s", o.name);
		complete_offer(word, o.help);
	}
}

static void offer_words(const char *words)
{
	char word[64];

	while (*words) {
		size_t len = strcspn(++words, " ");

		(void)snprintf(word, sizeof(word), "%.*s", (int)len, words);
		complete_offer(word, NULL);
		words += len;
	}
}

/* Offers what a name stands for; false: nothing is known of it. */
static bool offer_values(const struct line *line, const char *of)
{
	const char *path = line->command ? line->command->path : "";
	const struct complete_value *v = line->program->values;

	while (v->of && (strcmp(v->of, of) != 0 || (v->command && strcmp(v->command, path) != 0)))
		v++;
	if (!v->of)
		return false;
	if (*v->kind == ':')
		puts(v->kind);
	else if (*v->kind == ' ')
		offer_words(v->kind);
	else
		line->program->list(v->kind);
	return true;
}

static void offer_argument(const struct line *line)
{
	char of[64];

	(void)snprintf(of, sizeof(of), "--%s", line->option);
	if (!offer_values(line, of))
		(void)offer_values(line, line->argument);
}

/* The name in the command's words that the operand at `at` has: "[NAME...]" is one of any number. */
static bool operand_name(const char *words, size_t at, char *ret, size_t size)
{
	size_t len;

	for (; *words; words += strcspn(words, " "), words += strspn(words, " ")) {
		const char *name = words + strspn(words, "[-] ");

		len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ@");
		if (len && (at-- == 0 || strncmp(name + len, "...", 3) == 0)) {
			(void)snprintf(ret, size, "%.*s", (int)len, name);
			return true;
		}
	}
	return false;
}

static void offer_operand(const struct line *line)
{
	char of[64];

	if (line->command && line->command->words &&
	    operand_name(line->command->words, line->operands, of, sizeof(of)))
		(void)offer_values(line, of);
}

void complete(const struct complete_program *program, int n, char **words)
{
	struct line line = {.program = program};

	/* The help of a command is asked for by the words that lead to it. */
	for (int i = n > 1 && strcmp(words[0], "help") == 0 ? 1 : 0; i + 1 < n; i++)
		see_word(&line, words[i]);
	typed = n > 0 ? words[n - 1] : "";
	if (line.option) {
		offer_argument(&line);
	} else if (typed[0] == '-' && !line.literal) {
		if (line.command)
			offer_options(&line, line.command->options);
		offer_options(&line, program->global);
	} else {
		if (line.operands == 0)
			offer_commands(&line);
		offer_operand(&line);
	}
}
