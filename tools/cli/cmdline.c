/* SPDX-License-Identifier: Apache-2.0 */
/* cmdline.c: options of a command, from its table. */
#include "config.h"

#include "tools/cli/cmdline.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "tools/cli/guess.h"
#include "tools/cli/say.h"

static size_t count(const struct command *self)
{
	size_t n = 0;

	while (self->options[n].name)
		n++;
	return n;
}

void cmdline_help(const struct command *self)
{
	size_t n = count(self);

	printf("Usage: agentauth %s%s%s%s\n\n%s.\n", self->name, n ? " [OPTION]..." : "",
	       *self->operands ? " " : "", self->operands, self->summary);
	if (self->details)
		printf("\n%s", self->details);
	printf("\nOptions:\n");
	for (size_t i = 0; i < n; i++) {
		const struct cmdline_option *o = &self->options[i];
		int width =
		    printf("  --%s%s%s", o->name, o->argument ? " " : "", o->argument ? o->argument : "");

		printf("%*s%s\n", width < 28 ? 28 - width : 1, "", o->help);
	}
	printf("  --help                    show this\n");
}

/* getopt has said what is wrong; `word` is what it stopped at. */
static void say_try(const struct command *self, const char *word)
{
	struct guess guess = {0};

	if (word && strncmp(word, "--", 2) == 0) {
		guess.word = word + 2;
		for (size_t i = 0; self->options[i].name; i++)
			guess_try(&guess, self->options[i].name);
	}
	if (guess.best && guess.distance > 0)
		fprintf(stderr, "Did you mean --%s? ", guess.best);
	fprintf(stderr, "Try: agentauth %s --help\n", self->name);
}

int cmdline_next(const struct command *self, int argc, char **argv)
{
	struct option table[CMDLINE_OPTIONS_MAX + 2] = {0};
	size_t n = count(self);
	int found;

	for (size_t i = 0; i < n; i++)
		table[i] = (struct option){self->options[i].name,
					   self->options[i].argument ? required_argument : no_argument, NULL,
					   (int)i + 256};
	table[n] = (struct option){"help", no_argument, NULL, 'h'};
	found = getopt_long(argc, argv, "+h", table, NULL);
	if (found == -1)
		return CMDLINE_END;
	if (found == 'h') {
		cmdline_help(self);
		return CMDLINE_HELP;
	}
	if (found >= 256)
		return found - 256;
	say_try(self, optind > 0 ? argv[optind - 1] : NULL);
	return CMDLINE_WRONG;
}

int cmdline_status(int end)
{
	return end == CMDLINE_HELP ? 0 : 2;
}

bool cmdline_no_operands(int argc, char **argv)
{
	if (optind >= argc)
		return true;
	(void)say_usage("there is nothing to be done with \"%s\"", argv[optind]);
	return false;
}

bool cmdline_number(const char *text, int64_t min, int64_t max, int64_t *ret)
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
