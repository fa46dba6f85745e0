/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_may.c: `agentauth may` tells an agent's program, before it acts, whether sudo would run a command in this session.
 * The real sudo answers. Which rules wait for a person, and which role has them, the session reads of its own roles. */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text/shown.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/commands/own_rules.h"
#include "tools/cli/alloc.h"
#include "tools/cli/print.h"
#include "tools/cli/say.h"
#include "tools/cli/spawn.h"

#define RULES_FOLDER AA_STATEDIR "/current"
#define PROGRAM AA_LIBEXECDIR "/approved"
#define APPROVERS "agentauth-approvers"

enum { MAY_YES = 0, MAY_NO = 1, MAY_ASK = 3 };

static const struct option_spec options[] = {
    {"runas", "USER", "as whom it is to run (root)", 0, NULL},
    {"json", NULL, "print it as JSON", 0, NULL},
    {0},
};

struct asked {
	const char *target;
	char *const *command; /* up to NULL */
	size_t n;
	bool granted;	 /* by sudo */
	bool by_program; /* and by the program that asks a person, since sudo has no plugin that would */
	char *path;	 /* as sudo resolves it; NULL: unknown */
	char *reason, *sentence; /* of a refusal */
	struct own_rule rule;
	bool knows; /* the session can read its roles' rules */
};

/* ---- sudo ----------------------------------------------------------------------- */

static bool is_sudo_rs(const char *sudo)
{
	char *const argv[] = {(char *)(uintptr_t)sudo, (char[]){"-V"}, NULL};
	struct buffer said = {0};
	bool is = program_run(argv, "", 0, &said) == 0 && said.data &&
		  strncmp(said.data, "sudo-rs", strlen("sudo-rs")) == 0;

	buffer_free(&said);
	return is;
}

/* sudo-rs does not ask PAM for its -l. The program that asks, without a command, says how it is called, and does nothing:
 * what PAM says of the session stands in `ret` before that, or in its place. Under -n sudo-rs shows nothing of it; -S
 * has neither a terminal nor a password here. */
static void ask_pam(const char *sudo, struct buffer *ret)
{
	char *const argv[] = {(char *)(uintptr_t)sudo, (char[]){"-S"}, (char[]){PROGRAM}, NULL};

	(void)program_run(argv, "", 0, ret);
}

/* Runs sudo -n -l -u TARGET -- COMMAND…, and returns its exit status and output. Negative: it cannot be run. With `program`
 * the command stands behind the program that asks. */
static int ask_sudo(const struct asked *a, const char *program, struct buffer *ret)
{
	char *sudo = program_find("sudo");
	const char *const front[] = {sudo, "-n", "-l", "-u", a->target, "--", program};
	size_t n = sizeof(front) / sizeof(front[0]) - (program == NULL);
	const char **argv = xcalloc(n + a->n + 1, sizeof(argv[0]));
	int status = -ENOENT;

	memcpy(argv, front, n * sizeof(front[0]));
	for (size_t i = 0; i < a->n; i++)
		argv[n + i] = a->command[i];
	if (sudo)
		status = program_run((char *const *)(uintptr_t)argv, "", 0, ret);
	free(argv);
	free(sudo);
	return status;
}

/* Returns the path of "/path ARGUMENT…", which is left of the line without the arguments. The caller frees; NULL: it has
 * none. */
static char *path_of(const char *line, const struct asked *a)
{
	size_t len = strcspn(line, "\n"), behind = 0;

	for (size_t i = 1; i < a->n; i++)
		behind += strlen(a->command[i]) + 1;
	return line[0] == '/' && behind < len ? xstrndup(line, len - behind) : NULL;
}

/* Finds the word at the end of PAM's sentence, "… (no_session)". */
static void read_refusal(const char *text, struct asked *a)
{
	static const char lead[] = " is refused: ";
	const char *begin = strstr(text, lead), *open, *end;

	if (!begin)
		return;
	begin += sizeof(lead) - 1;
	end = begin + strcspn(begin, "\n");
	while (end > begin && (end[-1] == '\r' || end[-1] == ')'))
		end--;
	for (open = end; open > begin && open[-1] != '('; open--)
		;
	if (open - begin < 3)
		return;
	a->reason = xstrndup(open, (size_t)(end - open));
	a->sentence = xstrndup(begin, (size_t)(open - begin) - 2);
}

static int decide(struct asked *a)
{
	char *sudo = program_find("sudo");
	struct buffer said = {0};
	int status;

	if (sudo && is_sudo_rs(sudo))
		ask_pam(sudo, &said);
	free(sudo);
	if (said.data)
		read_refusal(said.data, a);
	buffer_clear(&said);
	status = a->reason ? 1 : ask_sudo(a, NULL, &said);
	if (status < 0) {
		buffer_free(&said);
		return say_failed("sudo cannot be run: %s", strerror(-status));
	}
	a->granted = status == 0;
	for (const char *line = said.data; line && a->granted && !a->path;) {
		a->path = path_of(line, a);
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	if (!a->granted && !a->reason && said.data)
		read_refusal(said.data, a);
	buffer_free(&said);
	return 0;
}

/* ---- the roles' rules -------------------------------------------------------------- */

/* A sudo without plugins refuses a command that waits, and grants the program that asks for it. */
static bool grants_program(const struct asked *a, const char *path)
{
	struct own_rule rule = {0};
	struct buffer said = {0};
	bool grants = !a->reason && path[0] == '/' &&
		      own_rules_find(RULES_FOLDER, a->target, path, a->command, &rule) && rule.waits &&
		      ask_sudo(a, PROGRAM, &said) == 0;

	own_rule_free(&rule);
	buffer_free(&said);
	return grants;
}

static void look_at_rules(struct asked *a)
{
	char *found = a->path || a->command[0][0] == '/' ? NULL : program_find(a->command[0]);
	const char *path = a->path ? a->path : found ? found : a->command[0];

	if (!a->granted)
		a->granted = a->by_program = grants_program(a, path);
	if (a->by_program && !a->path)
		a->path = xstrdup(path);
	if (a->granted)
		a->knows = own_rules_find(RULES_FOLDER, a->target, path, a->command, &a->rule);
	else
		a->knows = own_rules_near(RULES_FOLDER, path, &a->rule);
	free(found);
}

static int answer_of(const struct asked *a)
{
	if (!a->granted)
		return MAY_NO;
	return a->rule.waits ? MAY_ASK : MAY_YES;
}

/* ---- the answer ------------------------------------------------------------------- */

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static const char *approvers(void)
{
	return getgrnam(APPROVERS) ? APPROVERS : "root";
}

static const char *reason_of(const struct asked *a)
{
	if (a->granted)
		return "ok";
	return a->reason ? a->reason : "role_denied";
}

static const char *sentence_of(const struct asked *a)
{
	if (a->sentence)
		return a->sentence;
	return "no rule of this session's roles has it";
}

static int print_as_json(const struct asked *a)
{
	static const char *const words[] = {[MAY_YES] = "yes", [MAY_NO] = "no", [MAY_ASK] = "approval"};
	int answer = answer_of(a);
	json_t *json =
	    json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*}", "may", words[answer],
		      "reason", reason_of(a), "sentence", a->granted ? NULL : sentence_of(a), "path", a->path,
		      "role", a->rule.role, "rule", a->rule.rule, "max_sudo", a->rule.max_sudo, "by",
		      a->by_program ? PROGRAM : NULL, "approvers", answer == MAY_ASK ? approvers() : NULL,
		      "owner", variable("AGENTAUTH_OWNER"));

	return print_json(json) == 0 ? answer : MAY_NO;
}

static void print_line(const char *label, const char *text)
{
	char shown[2048];

	if (!text)
		return;
	(void)aa_shown_text(shown, sizeof(shown), text);
	printf("%-10s%s\n", label, shown);
}

static int print_text(const struct asked *a)
{
	int answer = answer_of(a);

	if (answer == MAY_YES)
		puts("yes");
	else if (answer == MAY_ASK)
		printf("waits     for a person of %s, each time\n", approvers());
	else
		printf("no        %s (%s)\n", sentence_of(a), reason_of(a));
	if (a->by_program) {
		char *by = xasprintf("sudo " PROGRAM " %s, with its arguments", a->path);

		print_line("by", by);
		free(by);
	}
	print_line("role", a->rule.role);
	print_line(a->granted ? "rule" : "has", a->rule.rule);
	print_line("budget", a->rule.max_sudo);
	if (answer == MAY_NO)
		print_line("ask", variable("AGENTAUTH_OWNER"));
	if (a->granted && !a->knows)
		puts("The roles' rules cannot be read here, so that it may wait for a person all the same.");
	return answer;
}

static int run(struct ctl *ctl, const struct arguments *arguments)
{
	const char *runas = arguments_value(arguments, "runas");
	struct asked a = {.target = runas ? runas : "root", .n = arguments->n_words};
	char **command;
	int status;

	(void)ctl;
	if (a.n == 0)
		return say_usage("which command? agentauth may -- COMMAND");
	a.command = command = xcalloc(a.n + 1, sizeof(command[0]));
	memcpy(command, arguments->words, a.n * sizeof(command[0]));
	status = decide(&a);
	if (status == 0) {
		look_at_rules(&a);
		status = arguments->json ? print_as_json(&a) : print_text(&a);
	}
	free(command);
	free(a.path);
	free(a.reason);
	free(a.sentence);
	own_rule_free(&a.rule);
	return status;
}

const struct command command_may = {
    .name = "may",
    .words = "[--] COMMAND...",
    .rest = true,
    .values = ":commands",
    .summary = "tell whether sudo would run a command in this session",
    .about =
	"The real sudo answers, and nothing runs. Exit status: 0 yes, 1 no, 3 it waits for a person.\n"
	"With --json: may is yes, no or approval; reason the word of the host's log; role and rule what\n"
	"allows it, as far as this session's roles say; owner and approvers are whom to ask.",
    .run = run,
    .options = options,
};
