/* SPDX-License-Identifier: Apache-2.0 */
/* program.c: finds the command, prints its help, and runs it; see program.h. */
#include "config.h"

#include "tools/cli/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/alloc.h"
#include "tools/cli/guess.h"
#include "tools/cli/help.h"
#include "tools/cli/print.h"
#include "tools/cli/problems_print.h"
#include "tools/cli/say.h"

/* A finding is what has been found of a command line. */
struct finding {
	const struct program *program;
	const struct command *command; /* NULL: none yet */
	char path[64];		       /* " role add": the words that lead to it */
};

static const struct command *const *below(const struct finding *f)
{
	return f->command ? f->command->sub : f->program->commands;
}

static const struct command *find(const struct command *const *list, const char *name)
{
	for (; list && *list; list++)
		if (strcmp((*list)->name, name) == 0)
			return *list;
	return NULL;
}

static bool descend(struct finding *f, const char *word)
{
	const struct command *command = find(below(f), word);
	size_t len = strlen(f->path);

	if (!command)
		return false;
	f->command = command;
	(void)snprintf(f->path + len, sizeof(f->path) - len, " %s", command->name);
	return true;
}

/* ---- what is wrong ------------------------------------------------------- */

/* A person who comes from another tool types that tool's word. */
static bool is_called_so_elsewhere(const struct command *command, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = command->also; len && at && *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		if (n == len && memcmp(at, name, n) == 0)
			return true;
		at += n;
	}
	return false;
}

static int no_such_command(const struct finding *f, const char *name)
{
	const struct command *const *list = below(f);
	struct guess guess = {.word = name ? name : ""};
	struct buffer names = {0};

	for (size_t i = 0; list[i]; i++) {
		buffer_printf(&names, "%s%s", i ? ", " : "", list[i]->name);
		if (is_called_so_elsewhere(list[i], guess.word))
			guess = (struct guess){.word = list[i]->name};
		guess_try(&guess, list[i]->name);
	}
	if (!name)
		say("a command is missing; there are: %s", names.data);
	else if (!f->command && f->program->host_command && strchr(name, '@'))
		say("there is no command %s (did you mean %s %s %s?)", quoted(name), f->program->name,
		    f->program->host_command, name);
	else
		say("there is no command %s%s; there are: %s", quoted(name), guess_asked(&guess, ""),
		    names.data);
	buffer_free(&names);
	return PROGRAM_USAGE;
}

static int wrong_option(const struct finding *f, const char *why)
{
	say("%s; %s%s --help lists them", why, f->program->name, f->path);
	return PROGRAM_USAGE;
}

static int check_words(const struct finding *f, const struct arguments *a)
{
	const struct command *c = f->command;
	const char *words = c->words ? c->words : "", *blank = *words ? " " : "";

	if (a->n_words > c->max_words && !c->rest)
		say("%s is a word too many: what holds blanks stands in quotes; usage: %s%s%s%s",
		    quoted(a->words[c->max_words]), f->program->name, f->path, blank, words);
	else if (a->n_words < c->min_words)
		say("usage: %s%s%s%s", f->program->name, f->path, blank, words);
	else
		return PROGRAM_DONE;
	return PROGRAM_USAGE;
}

/* ---- running it ---------------------------------------------------------- */

static int version(const struct finding *f)
{
	printf("%s %s\nsecurity reports: %s\n", f->program->name, PACKAGE_VERSION, SECURITY_CONTACT);
	return PROGRAM_DONE;
}

static int help(const struct finding *f)
{
	if (f->command)
		help_command(f->program, f->path, f->command);
	else
		help_program(f->program, stdout);
	return PROGRAM_DONE;
}

/* Prints the help that "help", "help role" or "help role add" asks for. */
static int help_of(struct finding *f, char **words, int n)
{
	for (int i = 0; i < n && below(f); i++)
		if (!descend(f, words[i]))
			return no_such_command(f, words[i]);
	return help(f);
}

static int nothing_follows(const struct finding *f, struct arguments *a)
{
	if (arguments_have(a, "help"))
		return a->json = false, help(f);
	if (f->command || a->json)
		return no_such_command(f, NULL);
	help_program(f->program, stderr);
	return PROGRAM_USAGE;
}

/* Drops a --json that was taken for ours before the command was known, and is another program's argument. */
static void take_json(const struct program *program, struct arguments *a)
{
	a->json = arguments_have(a, "json");
	if (!a->json && !program->gathers)
		say_into(NULL);
}

static int run_command(const struct finding *f, struct ctl *ctl, int argc, char **argv, struct arguments *a)
{
	const struct command *c = f->command;
	char why[256];
	int status;

	if (arguments_parse(a, c->options, f->program->global, argc, argv,
			    c->rest ? ARGUMENTS_REST : ARGUMENTS_ALL, why, sizeof(why)) < 0)
		return wrong_option(f, why);
	take_json(f->program, a);
	if (arguments_have(a, "version"))
		return a->json = false, version(f);
	if (arguments_have(a, "help"))
		return a->json = false, help(f);
	status = check_words(f, a);
	if (status == PROGRAM_DONE && f->program->begin)
		status = f->program->begin(ctl, f->path + 1, a);
	return status == PROGRAM_DONE ? c->run(ctl, a) : status;
}

/* Puts the command's name in front of every message from here on. */
static void name_command(const struct finding *f)
{
	static char name[64];

	(void)snprintf(name, sizeof(name), "%s %s", f->program->name, f->command->name);
	say_as(name);
}

static int find_and_run(struct finding *f, struct ctl *ctl, int argc, char **argv, struct arguments *a)
{
	char why[256];
	int taken;

	while (below(f)) {
		taken = arguments_parse(a, NULL, f->program->global, argc, argv, ARGUMENTS_WORD, why,
					sizeof(why));
		if (taken < 0)
			return wrong_option(f, why);
		if (arguments_have(a, "version"))
			return a->json = false, version(f);
		argc -= taken;
		argv += taken;
		if (argc == 0)
			return nothing_follows(f, a);
		if (!f->command && strcmp(argv[0], "help") == 0)
			return a->json = false, help_of(f, argv + 1, argc - 1);
		if (!f->command)
			a->typed = argv;
		if (!descend(f, argv[0]))
			return no_such_command(f, argv[0]);
		if (a->typed == argv && f->program->names_command)
			name_command(f);
		argc--;
		argv++;
	}
	return run_command(f, ctl, argc, argv, a);
}

/* Looks for --json before the command is known, so that a mistake before it is told as JSON, too. */
static bool asks_for_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

int program_main(const struct program *program, struct ctl *ctl, int argc, char **argv,
		 struct arguments *ret_arguments, struct problems *problems)
{
	struct finding finding = {.program = program};

	say_as(program->name);
	(void)print_took_json();
	if (argc > 1 && strcmp(argv[1], "--complete") == 0) {
		complete(program, argc - 2, argv + 2);
		return PROGRAM_DONE;
	}
	ret_arguments->json = asks_for_json(argc, argv);
	if (program->gathers || ret_arguments->json)
		say_into(problems);
	return find_and_run(&finding, ctl, argc - (argc > 0), argv + (argc > 0), ret_arguments);
}

/* ---- the end ------------------------------------------------------------- */

static void print_answer(json_t *answer, int status, const struct problems *problems)
{
	static const char *const words[] = {"done", "failed", "usage"};

	json_object_set_new(answer, "result",
			    json_string(words[status > PROGRAM_USAGE ? PROGRAM_FAILED : status]));
	json_object_set_new(answer, "errors", problems_json(problems, false));
	json_object_set_new(answer, "warnings", problems_json(problems, true));
	(void)print_json(json_incref(answer));
}

int program_end(const struct arguments *arguments, int status, json_t *answer,
		const struct problems *problems)
{
	bool tells = arguments->json && (answer || (status != PROGRAM_DONE && !print_took_json()));

	say_into(NULL);
	if (tells) {
		answer = answer ? answer : json_object();
		print_answer(answer, status, problems);
	} else {
		(void)fflush(stdout);
	}
	if (!tells || status == PROGRAM_USAGE)
		problems_print(problems);
	json_decref(answer);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	say("standard output cannot be written: %s", strerror(errno));
	return status == PROGRAM_DONE ? PROGRAM_FAILED : status;
}
