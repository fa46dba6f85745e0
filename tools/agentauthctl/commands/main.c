/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: agentauthctl, the administrator's command: its table of commands, its global options, its help. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/state/monotonic.h"
#include "common/text/shown.h"
#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/commands/ctl_complete.h"
#include "tools/agentauthctl/commands/given_file.h"
#include "tools/cli/guess.h"

static const struct ctl_command *const commands[] = {
    &cmd_init,	 &cmd_apply,  &cmd_check,   &cmd_diff,	   &cmd_rollback, &cmd_register, &cmd_set,
    &cmd_show,	 &cmd_list,   &cmd_suspend, &cmd_resume,   &cmd_retire,	  &cmd_rotate,	 &cmd_role,
    &cmd_issuer, &cmd_revoke, &cmd_session, &cmd_approval, &cmd_doctor,	  NULL,
};

static const struct ctl_option global_options[] = {
    {"json", NULL, "answer with one JSON object", 0, NULL},
    {"dry-run", NULL, "do everything but change something", 0, NULL},
    {"confdir", "DIR", "the configuration (" AA_CONFDIR ")", 0, NULL},
    {"statedir", "DIR",
     "the published registry (" AA_STATEDIR
     "); with another one than\nthis host's, its sudoers and audit log are left alone",
     0, NULL},
    {"logdir", "DIR", "the audit log (" AA_LOGDIR ")", 0, NULL},
    {"rundir", "DIR", "sessions and requests (" AA_RUNDIR ")", 0, NULL},
    {"sudoers", "FILE", "the sudoers file that is made (" AA_SYSCONFDIR "/sudoers.d/agentauth)", 0, NULL},
    {"help", NULL, "show this, or the help of a command", 0, NULL},
    {"version", NULL, "show the version", 0, NULL},
    {0},
};

/* ---- help ---------------------------------------------------------------- */

/* Further lines of a help text stand under its first one. */
static void print_option(const struct ctl_option *o)
{
	char left[64];
	int width = snprintf(left, sizeof(left), "--%s%s%s", o->name, o->argument ? " " : "",
			     o->argument ? o->argument : "");
	const char *line = o->help, *end;

	printf("  %-28s%s", left, width >= 28 ? "\n                              " : "");
	while ((end = strchr(line, '\n'))) {
		printf("%.*s\n                              ", (int)(end - line), line);
		line = end + 1;
	}
	puts(line);
}

static void print_options(const struct ctl_option *options)
{
	for (; options && options->name; options++)
		print_option(options);
}

static const char *words_of(const struct ctl_command *command)
{
	return command->words ? command->words : command->sub ? "COMMAND" : "";
}

static void print_commands(const char *prefix, const struct ctl_command *const *list)
{
	for (; *list; list++) {
		const char *words = words_of(*list);
		char left[80];

		snprintf(left, sizeof(left), "%s%s%s%s", prefix, (*list)->name, *words ? " " : "", words);
		printf("  %-26s%s%s\n", left, strlen(left) >= 26 ? "\n                            " : "",
		       (*list)->summary);
	}
}

static enum ctl_status help_all(struct ctl *ctl)
{
	ctl->json = false;
	puts("agentauthctl - agents of this host: who they are, what they may do, what is published of it\n\n"
	     "usage: agentauthctl COMMAND [WORDS] [OPTIONS]\n\n"
	     "Commands:");
	print_commands("", commands);
	puts("\nOptions of every command:");
	print_options(global_options);
	puts("\nagentauthctl COMMAND --help says more of a command. Exit status: 0 done, 1 refused or "
	     "failed, 2 wrong usage.\n"
	     "See agentauthctl(8), agentauth.conf(5).");
	return CTL_DONE;
}

/* A family's commands, and the options of each. */
static void help_family(const struct ctl_command *family)
{
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "%s ", family->name);
	puts("\nCommands:");
	print_commands(prefix, family->sub);
	for (const struct ctl_command *const *sub = family->sub; *sub; sub++) {
		if (!(*sub)->options)
			continue;
		printf("\nOptions of %s%s:\n", prefix, (*sub)->name);
		print_options((*sub)->options);
	}
}

static enum ctl_status help_one(struct ctl *ctl, const char *before, const struct ctl_command *command)
{
	const char *words = words_of(command);

	ctl->json = false; /* help is for people */
	printf("usage: agentauthctl %s%s%s%s%s\n\n%s\n", before, command->name, *words ? " " : "", words,
	       command->options || command->sub ? " [OPTIONS]" : "", command->summary);
	if (command->about)
		printf("\n%s\n", command->about);
	if (command->sub)
		help_family(command);
	if (command->options) {
		puts("\nOptions:");
		print_options(command->options);
	}
	puts("\nagentauthctl --help lists the options that every command has.");
	return CTL_DONE;
}

/* ---- finding the command ------------------------------------------------- */

static const struct ctl_command *find(const struct ctl_command *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp((*list)->name, name) == 0)
			return *list;
	return NULL;
}

static void list_names(const struct ctl_command *const *list, struct buffer *ret)
{
	for (size_t i = 0; list[i]; i++)
		buffer_printf(ret, "%s%s", i ? ", " : "", list[i]->name);
}

static enum ctl_status no_such_command(struct ctl *ctl, const struct ctl_command *const *list,
				       const char *name)
{
	struct guess guess = {.word = name};
	struct buffer names = {0};

	list_names(list, &names);
	for (size_t i = 0; name && list[i]; i++)
		guess_try(&guess, list[i]->name);
	if (name)
		ctl_usage(ctl, "there is no command %s%s; there are: %s", quoted(name),
			  guess_asked(&guess, ""), names.data);
	else
		ctl_usage(ctl, "a command is missing; there are: %s", names.data);
	buffer_free(&names);
	return CTL_USAGE;
}

/* "help", "help role", "help role add". */
static enum ctl_status help_of(struct ctl *ctl, char **words, int n)
{
	const struct ctl_command *command = n > 0 ? find(commands, words[0]) : NULL, *sub;
	char before[32];

	if (n == 0)
		return help_all(ctl);
	if (!command)
		return no_such_command(ctl, commands, words[0]);
	if (n == 1 || !command->sub)
		return help_one(ctl, "", command);
	sub = find(command->sub, words[1]);
	if (!sub)
		return no_such_command(ctl, command->sub, words[1]);
	snprintf(before, sizeof(before), "%s ", command->name);
	return help_one(ctl, before, sub);
}

/* ---- running it ---------------------------------------------------------- */

static char *absolute(const char *path)
{
	char *resolved = realpath(path, NULL), *cwd, *joined;

	if (resolved || path[0] == '/')
		return resolved ? resolved : xstrdup(path);
	cwd = getcwd(NULL, 0);
	joined = xasprintf("%s/%s", cwd ? cwd : "", path);
	free(cwd);
	return joined;
}

/* A path that is this program's own to free, in the place of the one before. */
static const char *keep_path(char **slot, const char *path)
{
	char *whole = absolute(path);

	free(*slot);
	*slot = whole;
	return whole;
}

static void use_options(struct ctl *ctl, const struct arguments *a)
{
	const char *confdir = arguments_value(a, "confdir"), *statedir = arguments_value(a, "statedir");
	const char *logdir = arguments_value(a, "logdir"), *sudoers = arguments_value(a, "sudoers");

	ctl->json = ctl->json || arguments_have(a, "json");
	ctl->dry_run = arguments_have(a, "dry-run");
	ctl->yes = arguments_have(a, "yes");
	ctl->adopt = arguments_have(a, "adopt");
	ctl->with_pending = arguments_have(a, "with-pending");
	ctl->accept_risk = arguments_have(a, "accept-risk");
	ctl->paths.confdir = confdir ? keep_path(&ctl->confdir, confdir) : AA_CONFDIR;
	ctl->paths.statedir = statedir ? keep_path(&ctl->statedir, statedir) : AA_STATEDIR;
	ctl->rundir = arguments_value(a, "rundir") ? arguments_value(a, "rundir") : AA_RUNDIR;
	/* Another registry than the one that serves is a rehearsal: nothing of the host's own follows from
	 * it. */
	ctl->logdir = logdir ? logdir : statedir ? NULL : AA_LOGDIR;
	ctl->paths.sudoers = sudoers ? sudoers : statedir ? NULL : AA_SYSCONFDIR "/sudoers.d/agentauth";
	ctl->paths.sysconfdir = AA_SYSCONFDIR;
	ctl->paths.owner = geteuid();
}

/* The words up to the NULL at their end. */
static char *as_typed(char **words)
{
	size_t len = aa_shown_line(NULL, 0, NULL, words);
	char *text = xcalloc(len + 1, 1);

	(void)aa_shown_line(text, len + 1, NULL, words);
	return text;
}

static enum ctl_status run_command(struct ctl *ctl, const struct ctl_command *command, const char *before,
				   int argc, char **argv, struct arguments *a)
{
	char why[256];

	if (arguments_parse(a, command->options, global_options, argc, argv, false, why, sizeof(why)) < 0)
		return ctl_usage(ctl, "%s; agentauthctl %s%s --help lists them", why, before, command->name);
	use_options(ctl, a);
	if (arguments_have(a, "help"))
		return help_one(ctl, before, command);
	if (a->n_words > command->max_words)
		return ctl_usage(
		    ctl,
		    "%s is a word too many: what holds blanks stands in quotes; usage: agentauthctl "
		    "%s%s %s",
		    quoted(a->words[command->max_words]), before, command->name, words_of(command));
	if (a->n_words < command->min_words)
		return ctl_usage(ctl, "usage: agentauthctl %s%s %s", before, command->name,
				 words_of(command));
	if (given_files_read(ctl, a) != CTL_DONE)
		return CTL_FAILED;
	return command->run(ctl, a);
}

/* "role", which has commands of its own. */
static enum ctl_status run_family(struct ctl *ctl, const struct ctl_command *family, int argc, char **argv,
				  struct arguments *a)
{
	const struct ctl_command *command;
	char why[256], before[32];
	int taken = arguments_parse(a, NULL, global_options, argc, argv, true, why, sizeof(why));

	if (taken < 0)
		return ctl_usage(ctl, "%s; agentauthctl %s --help lists them", why, family->name);
	use_options(ctl, a);
	if (taken >= argc && arguments_have(a, "help"))
		return help_one(ctl, "", family);
	command = taken < argc ? find(family->sub, argv[taken]) : NULL;
	if (!command)
		return no_such_command(ctl, family->sub, taken < argc ? argv[taken] : NULL);
	snprintf(before, sizeof(before), "%s ", family->name);
	return run_command(ctl, command, before, argc - taken - 1, argv + taken + 1, a);
}

static enum ctl_status run(struct ctl *ctl, int argc, char **argv, struct arguments *a)
{
	const struct ctl_command *command;
	char why[256];
	int taken = arguments_parse(a, NULL, global_options, argc - 1, argv + 1, true, why, sizeof(why)) + 1;

	if (taken == 0)
		return ctl_usage(ctl, "%s; agentauthctl --help lists them", why);
	use_options(ctl, a);
	if (arguments_have(a, "version")) {
		ctl->json = false;
		puts("agentauthctl " PACKAGE_VERSION);
		return CTL_DONE;
	}
	if (taken >= argc && arguments_have(a, "help"))
		return help_all(ctl);
	if (taken >= argc)
		return no_such_command(ctl, commands, NULL);
	if (strcmp(argv[taken], "help") == 0)
		return help_of(ctl, argv + taken + 1, argc - taken - 1);
	ctl->typed = as_typed(argv + taken);
	command = find(commands, argv[taken]);
	if (!command)
		return no_such_command(ctl, commands, argv[taken]);
	if (command->sub)
		return run_family(ctl, command, argc - taken - 1, argv + taken + 1, a);
	return run_command(ctl, command, "", argc - taken - 1, argv + taken + 1, a);
}

static void print_answer(struct ctl *ctl, enum ctl_status status)
{
	static const char *const words[] = {"done", "failed", "usage"};

	json_object_set_new(ctl->answer, "result", json_string(words[status]));
	json_object_set_new(ctl->answer, "errors", problems_json(&ctl->problems, false));
	json_object_set_new(ctl->answer, "warnings", problems_json(&ctl->problems, true));
	json_dumpf(ctl->answer, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);
	putchar('\n');
}

/* What was refused to somebody who is not root was most often refused for that. */
static void tell_not_root(struct ctl *ctl)
{
	if (geteuid() != 0 && ctl->typed && strcmp(ctl->paths.statedir, AA_STATEDIR) == 0)
		ctl_error(
		    ctl,
		    "you are uid %u, and this host's agents are root's to administer: sudo agentauthctl %s",
		    geteuid(), ctl->typed);
}

static bool asks_for_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct ctl ctl = {.now = time(NULL), .started_us = aa_now_us(), .answer = json_object()};
	struct arguments arguments = {0};
	enum ctl_status status;

	if (argc > 1 && strcmp(argv[1], "--complete") == 0) {
		ctl_complete(commands, global_options, argc - 2, argv + 2);
		json_decref(ctl.answer);
		return 0;
	}
	umask(022);
	ctl.json = asks_for_json(argc, argv); /* of mistakes in the command line, too */
	status = run(&ctl, argc, argv, &arguments);
	if (status == CTL_DONE && ctl.problems.errors)
		status = CTL_FAILED;
	if (status == CTL_FAILED)
		tell_not_root(&ctl);
	if (ctl.json)
		print_answer(&ctl, status);
	else
		fflush(stdout);
	if (!ctl.json || status == CTL_USAGE)
		problems_print(&ctl.problems);
	if (fflush(stdout) != 0 && status == CTL_DONE)
		status = CTL_FAILED;
	arguments_free(&arguments);
	given_files_free(&ctl);
	problems_free(&ctl.problems);
	json_decref(ctl.answer);
	free(ctl.typed);
	free(ctl.host);
	free(ctl.confdir);
	free(ctl.statedir);
	return (int)status;
}
