/* SPDX-License-Identifier: Apache-2.0 */
/* help.c: prints what --help shows, see help.h. */
#include "config.h"

#include "tools/cli/help.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/cli/print.h"

#define LEFT_MAX 28 /* columns on the left of a text; what is longer has a line of its own */
#define WIDTH_MIN 60
#define WIDTH_MAX 100

/* Measures the line: as wide as the terminal, within reason, and for a pipe always the same. */
static int line_width(FILE *to)
{
	struct winsize size;

	if (!isatty(fileno(to)) || ioctl(fileno(to), TIOCGWINSZ, &size) < 0 || size.ws_col > WIDTH_MAX)
		return WIDTH_MAX;
	return size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
}

/* Prints the line ends that stay: those in front of a blank, and several in a row. Returns the length of these and of the
 * blanks behind, and in *at the column after them. 0: there are none. */
static size_t print_line_ends(FILE *to, const char *text, int indent, int *at)
{
	size_t ends = strspn(text, "\n"), blanks = strspn(text + ends, " ");

	if (ends == 0 || (ends == 1 && blanks == 0))
		return 0;
	for (size_t i = 0; i < ends; i++)
		putc('\n', to);
	*at = indent + (int)blanks;
	fprintf(to, "%*s", *at, "");
	return ends + blanks;
}

/* Puts as many words on a line as fit, each line below the first one. */
static void print_text(FILE *to, const char *text, int indent)
{
	int at = indent, room = line_width(to);
	bool begins = true;

	while (*text) {
		size_t len = strcspn(text, " \n");
		int wide = print_width(text, len);

		if (!begins && at + 1 + wide > room) {
			fprintf(to, "\n%*s", indent, "");
			at = indent;
			begins = true;
		}
		fprintf(to, "%s%.*s", begins ? "" : " ", (int)len, text);
		at += wide + !begins;
		text += len;
		len = print_line_ends(to, text, indent, &at);
		begins = len > 0;
		text += len > 0 ? len : strspn(text, " \n");
	}
	putc('\n', to);
}

/* Prints a name and its description. */
static void print_item(FILE *to, const char *left, int width, const char *text)
{
	if ((int)strlen(left) > width)
		fprintf(to, "  %s\n  %*s  ", left, width, "");
	else
		fprintf(to, "  %-*s  ", width, left);
	print_text(to, text, width + 4);
}

static void print_options(FILE *to, const struct option_spec *options)
{
	char left[80];

	for (; options && options->name; options++) {
		(void)snprintf(left, sizeof(left), "--%s%s%s", options->name, options->argument ? " " : "",
			       options->argument ? options->argument : "");
		print_item(to, left, LEFT_MAX, options->help);
	}
}

static const char *words_of(const struct command *command)
{
	return command->words ? command->words : command->sub ? "COMMAND" : "";
}

static void name_item(char *ret, size_t size, const char *path, const struct command *command)
{
	const char *words = words_of(command);

	(void)snprintf(ret, size, "%s%s%s%s%s", path, *path ? " " : "", command->name, *words ? " " : "",
		       words);
}

static void print_commands(FILE *to, const char *path, const struct command *const *list)
{
	int width = 0, len;
	char left[80];

	for (size_t i = 0; list[i]; i++) {
		name_item(left, sizeof(left), path, list[i]);
		len = (int)strlen(left);
		width = len > width && len <= LEFT_MAX ? len : width;
	}
	for (; *list; list++) {
		name_item(left, sizeof(left), path, *list);
		print_item(to, left, width, (*list)->summary);
	}
}

void help_program(const struct program *program, FILE *to)
{
	fprintf(to, "%s - %s\n\nUsage: %s COMMAND [WORDS] [OPTIONS]\n\nCommands:\n", program->name,
		program->about, program->name);
	print_commands(to, "", program->commands);
	fputs("\nOptions of every command:\n", to);
	print_options(to, program->global);
	fprintf(to, "\n%s COMMAND --help says more of a command.\n%s\n", program->name, program->more);
}

/* Prints a family's commands, and the options of each. */
static void print_family(const char *path, const struct command *family)
{
	puts("\nCommands:");
	print_commands(stdout, path, family->sub);
	for (const struct command *const *sub = family->sub; *sub; sub++) {
		if (!(*sub)->options)
			continue;
		printf("\nOptions of %s %s:\n", path, (*sub)->name);
		print_options(stdout, (*sub)->options);
	}
}

void help_command(const struct program *program, const char *path, const struct command *command)
{
	const char *words = words_of(command),
		   *options = command->options || command->sub ? " [OPTIONS]" : "";

	printf("Usage: %s%s%s%s%s%s\n\n%s\n", program->name, path, command->rest ? options : "",
	       *words ? " " : "", words, command->rest ? "" : options, command->summary);
	if (command->about) {
		putchar('\n');
		print_text(stdout, command->about, 0);
	}
	if (command->sub)
		print_family(path + 1, command);
	if (command->options) {
		puts("\nOptions:");
		print_options(stdout, command->options);
	}
	printf("\n%s --help lists the options that every command has.\n", program->name);
}
