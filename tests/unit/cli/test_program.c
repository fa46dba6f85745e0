/* SPDX-License-Identifier: Apache-2.0 */
/* test_program.c: one table says how a command is parsed, helped with and completed, and what is wrong is told one way. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/support/test.h"
#include "tools/cli/program.h"
#include "tools/cli/say.h"

/* ---- a program ----------------------------------------------------------------- */

struct ctl {
	char seen[256]; /* what a command was called with */
	int begun;
};

static int run(struct ctl *ctl, const struct arguments *a)
{
	size_t len = 0;

	for (size_t i = 0; i < a->n_given; i++)
		len += (size_t)snprintf(ctl->seen + len, sizeof(ctl->seen) - len, "<%s=%s>",
					a->given[i].option->name, a->given[i].value);
	for (size_t i = 0; i < a->n_words; i++)
		len += (size_t)snprintf(ctl->seen + len, sizeof(ctl->seen) - len, "[%s]", a->words[i]);
	return PROGRAM_DONE;
}

static int run_failing(struct ctl *ctl, const struct arguments *a)
{
	(void)ctl, (void)a;
	return say_failed("the \"%s\" is broken", "wheel");
}

static const struct option_spec options[] = {
    {"colour", "red|blue", "what it is painted with", 0, NULL},
    {"wheel", "WHEEL",
     "which of the wheels it is that a rider wants to have:\nleft, or right,\nor both of them", 0, NULL},
    {"quiet", NULL, "without a bell", 0, NULL},
    {0},
};
static const struct command ride = {.name = "ride",
				    .also = "go drive",
				    .words = "PLACE [PLACE]",
				    .min_words = 1,
				    .max_words = 2,
				    .summary = "go somewhere",
				    .about = "Uphill is\nslower.\n  down\n\nThe end.",
				    .options = options,
				    .run = run};
static const struct command call = {.name = "call",
				    .words = "NAME -- COMMAND...",
				    .rest = true,
				    .values = "riders",
				    .summary = "start another",
				    .options = options,
				    .run = run};
static const struct command mend = {.name = "mend", .summary = "make it whole", .run = run_failing};
static const struct command wheel_add = {
    .name = "add", .words = "WHEEL", .min_words = 1, .max_words = 1, .summary = "one more", .run = run};
static const struct command wheel_list = {.name = "list", .summary = "all of them", .run = run};
static const struct command wheel = {.name = "wheel",
				     .summary = "what turns",
				     .sub = (const struct command *const[]){&wheel_add, &wheel_list, NULL}};
static const struct command *const commands[] = {&ride, &call, &mend, &wheel, NULL};
static const struct option_spec global[] = {{"json", NULL, "as JSON", 0, NULL},
					    {"help", NULL, "show this", 0, NULL},
					    {"version", NULL, "show the version", 0, NULL},
					    {0}};

static int begin(struct ctl *ctl, const char *command, const struct arguments *a)
{
	assert_string_equal(strncmp(command, "wheel ", 6) == 0 ? "wheel" : command, a->typed[0]);
	assert_non_null(a->typed);
	ctl->begun++;
	return PROGRAM_DONE;
}

static void list(const char *kind)
{
	if (strcmp(kind, "wheels") == 0)
		complete_offer("left", "as seen from above");
	if (strcmp(kind, "riders") == 0)
		complete_offer("anna", NULL);
}

static const struct complete_value values[] = {
    {"WHEEL", "wheels"}, {"PLACE", ":hosts"}, {"COMMAND", ":commands"}, {0}};

static const struct program program = {.name = "bike",
				       .about = "rides",
				       .more = "See bike(1).",
				       .host_command = "ride",
				       .commands = commands,
				       .global = global,
				       .begin = begin,
				       .values = values,
				       .list = list};

/* ---- running it ---------------------------------------------------------------- */

static struct ctl ctl;
static char out[8192], err[8192];
static int status;

static int into_file(int fd, FILE *file)
{
	int saved = dup(fd);

	assert_true(saved >= 0 && file);
	assert_true(dup2(fileno(file), fd) >= 0);
	return saved;
}

static void from_file(int fd, int saved, FILE *file, char *ret, size_t size)
{
	size_t n;

	assert_true(dup2(saved, fd) >= 0);
	close(saved);
	rewind(file);
	n = fread(ret, 1, size - 1, file);
	ret[n] = 0;
	fclose(file);
}

static void run_words(char **words, int n)
{
	FILE *out_file = tmpfile(), *err_file = tmpfile();
	struct arguments arguments = {0};
	struct problems problems = {0};
	int saved_out, saved_err;

	fflush(NULL);
	saved_out = into_file(1, out_file);
	saved_err = into_file(2, err_file);
	ctl = (struct ctl){0};
	status = program_main(&program, &ctl, n, words, &arguments, &problems);
	status = program_end(&arguments, status, NULL, &problems);
	fflush(NULL);
	from_file(1, saved_out, out_file, out, sizeof(out));
	from_file(2, saved_err, err_file, err, sizeof(err));
	arguments_free(&arguments);
	problems_free(&problems);
}

#define BIKE(...) \
	do { \
		const char *words[] = {"bike", __VA_ARGS__, NULL}; \
		run_words((char **)(uintptr_t)words, (int)(sizeof(words) / sizeof(words[0])) - 1); \
	} while (0)

static void assert_run(const char *seen)
{
	assert_string_equal(err, "");
	assert_int_equal(status, PROGRAM_DONE);
	assert_int_equal(ctl.begun, 1);
	assert_string_equal(ctl.seen, seen);
}

static void assert_usage(const char *said)
{
	assert_int_equal(status, PROGRAM_USAGE);
	assert_string_equal(out, "");
	assert_int_equal(ctl.begun, 0);
	if (!strstr(err, said))
		fail_msg("\"%s\" is not in: %s", said, err);
}

/* ---- tests ---------------------------------------------------------------------- */

TEST(options_stand_before_and_behind_the_words)
{
	BIKE("ride", "--quiet", "home", "--wheel", "left", "work");
	assert_run("<quiet=quiet><wheel=left>[home][work]");
	BIKE("ride", "home", "--wheel=a=b");
	assert_run("<wheel=a=b>[home]");
	BIKE("ride", "--", "--quiet");
	assert_run("[--quiet]");
	BIKE("ride", "-");
	assert_run("[-]");
	BIKE("wheel", "add", "x");
	assert_run("[x]");
}

TEST(behind_the_first_word_of_another_program_all_is_its_own)
{
	BIKE("call", "--quiet", "anna", "--", "ls", "--colour", "-h", "--json");
	assert_run("<quiet=quiet>[anna][--][ls][--colour][-h][--json]");
	BIKE("call", "-p", "--quiet");
	assert_run("[-p][--quiet]");
	BIKE("call", "--quite", "anna");
	assert_usage("did you mean --quiet?");
}

TEST(what_is_wrong_with_an_option_is_told)
{
	BIKE("ride", "x", "--wheel");
	assert_usage("bike: --wheel needs WHEEL; bike ride --help lists them");
	BIKE("ride", "x", "--quiet=1");
	assert_usage("--quiet takes no argument");
	BIKE("ride", "x", "--qui");
	assert_usage("there is no option --qui here");
	BIKE("ride", "x", "-q");
	assert_usage("there is no option \"-q\"; options are written in full");
	BIKE("--frotz");
	assert_usage("bike --help lists them");
}

TEST(the_nearest_name_is_offered_and_none_where_none_is_near)
{
	BIKE("rdie");
	assert_usage(
	    "there is no command \"rdie\" (did you mean ride?); there are: ride, call, mend, wheel\n");
	BIKE("drive");
	assert_usage("there is no command \"drive\" (did you mean ride?); there are: ride, ");
	BIKE("go");
	assert_usage("there is no command \"go\" (did you mean ride?); there are: ride, ");
	BIKE("driv");
	assert_usage("there is no command \"driv\"; there are:");
	BIKE("frobnicate");
	assert_usage("there is no command \"frobnicate\"; there are:");
	BIKE("wheel", "lits");
	assert_usage("there is no command \"lits\" (did you mean list?); there are: add, list\n");
	BIKE("ride", "x", "--jsno");
	assert_usage("(did you mean --json?)");
	BIKE("ride", "x", "--frobnicate");
	assert_usage("there is no option --frobnicate here; bike");
	BIKE("anna@host");
	assert_usage("(did you mean bike ride anna@host?)");
	BIKE("help", "wheel", "ad");
	assert_usage("did you mean add?");
}

TEST(words_are_counted)
{
	BIKE("ride");
	assert_usage("bike: usage: bike ride PLACE [PLACE]\n");
	BIKE("ride", "a", "b", "c");
	assert_usage("\"c\" is a word too many");
	BIKE("mend", "a");
	assert_usage("usage: bike mend\n");
	BIKE("wheel");
	assert_usage("a command is missing; there are: add, list\n");
}

TEST(help_is_the_same_however_it_is_asked_for)
{
	char first[sizeof(out)];

	BIKE("help", "wheel", "add");
	strcpy(first, out);
	assert_non_null(strstr(first, "Usage: bike wheel add WHEEL\n\none more\n"));
	BIKE("wheel", "add", "--help");
	assert_string_equal(out, first);
	BIKE("wheel", "add", "-h");
	assert_string_equal(out, first);
	BIKE("wheel", "add", "--json", "x", "--help");
	assert_string_equal(out, first);
	assert_int_equal(status, PROGRAM_DONE);
	BIKE("wheel", "--help");
	assert_non_null(strstr(out, "\n  wheel add WHEEL  one more\n  wheel list       all of them\n"));
	BIKE("ride", "--help");
	assert_non_null(strstr(out, "\n  --wheel WHEEL                 which of the wheels it is that a "
				    "rider wants to have: left, or\n"
				    "                                right, or both of them\n"));
	assert_non_null(strstr(out, "\n\nUphill is slower.\n  down\n\nThe end.\n\nOptions:\n"));
	BIKE("call", "--help");
	assert_non_null(strstr(out, "Usage: bike call [OPTIONS] NAME -- COMMAND...\n"));
}

TEST(what_fails_is_one_object_where_json_is_asked_for)
{
	static const char *const orders[][4] = {
	    {"mend", "--json"}, {"--json", "mend"}, {"mned", "--json"}, {"mend", "--json", "--x"}};
	static const char *const results[] = {"failed", "failed", "usage", "usage"};

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		json_t *json;

		if (orders[i][2])
			BIKE(orders[i][0], orders[i][1], orders[i][2]);
		else
			BIKE(orders[i][0], orders[i][1]);
		json = json_loads(out, 0, NULL);
		assert_non_null(json);
		assert_member(json, "result", results[i]);
		assert_int_equal(json_array_size(json_object_get(json, "errors")), 1);
		json_decref(json);
	}
	BIKE("mend", "--json");
	assert_string_equal(err, "");
	BIKE("mend");
	assert_string_equal(err, "bike: the \"wheel\" is broken\n");
	assert_string_equal(out, "");
}

TEST(the_table_is_what_is_completed)
{
	BIKE("--complete", "w");
	assert_string_equal(out, "wheel\twhat turns\n");
	BIKE("--complete", "wheel", "");
	assert_string_equal(out, "add\tone more\nlist\tall of them\n");
	BIKE("--complete", "help", "wheel", "a");
	assert_string_equal(out, "add\tone more\n");
	BIKE("--complete", "ride", "--co");
	assert_string_equal(out, "--colour\twhat it is painted with\n");
	BIKE("--complete", "ride", "--wheel", "");
	assert_string_equal(out, "left\tas seen from above\n");
	BIKE("--complete", "ride", "--colour", "b");
	assert_string_equal(out, "blue\n");
	BIKE("--complete", "ride", "x", "");
	assert_string_equal(out, ":hosts\n");
	BIKE("--complete", "call", "");
	assert_string_equal(out, "anna\n");
	BIKE("--complete", "call", "anna", "--", "");
	assert_string_equal(out, ":commands\n");
	BIKE("--complete", "mend", "");
	assert_string_equal(out, "");
}
