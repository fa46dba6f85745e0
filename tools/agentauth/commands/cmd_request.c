/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_request.c: agentauth request, by which an agent in a session asks for a role for a time. A person decides. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text/name.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/cli/say.h"
#include "tools/cli/spawn.h"

#define QUESTION_WORDS 7 /* sudo's, behind its own options */
#define RULE AA_DATADIR "/agentauth/sudoers.d/agentauth-request"

/* Says whether sudo lets this agent ask. Of a session that has no sudo sudo itself says why. */
static bool may_ask(char *const question[])
{
	char *sudo = program_find("sudo");
	const char *const front[] = {sudo, "-n", "-l"};
	char **all = argv_join(front, sizeof(front) / sizeof(front[0]), question, QUESTION_WORDS);
	struct buffer said = {0};
	int status = sudo ? program_run(all, "", 0, &said) : 0;
	bool refused = status > 0 && (!said.data || !strstr(said.data, " is refused: ") ||
				      strstr(said.data, "(role_denied)"));

	buffer_free(&said);
	free(all);
	free(sudo);
	return !refused;
}

/* Becomes sudo, whose approval plugin makes the request and says how it went. */
static int ask(char *const question[])
{
	const char *const front[] = {"sudo", "-n"};
	char **all;
	int err;

	if (!may_ask(question))
		return say_failed(
		    "this host lets no agent ask for a role. Its administrator lets them, as root: "
		    "install -m 0440 " RULE " /etc/sudoers.d/");
	all = argv_join(front, sizeof(front) / sizeof(front[0]), question, QUESTION_WORDS);
	(void)execvp(all[0], all);
	err = errno;
	free(all);
	return say_failed("sudo cannot be run, by which a role is asked for: %s", strerror(err));
}

static int run(struct ctl *ctl, const struct arguments *a)
{
	const char *why = arguments_value(a, "why"),
		   *question[QUESTION_WORDS] = {"-u", "nobody", "--", AA_LIBEXECDIR "/request"};

	(void)ctl;
	if (!aa_name_is_valid(a->words[0], AA_ROLE_NAME_MAX))
		return say_usage("\"%s\" is no role's name", a->words[0]);
	if (!why || !*why)
		return say_usage("a person wants to know what for: --why TEXT");
	question[4] = arguments_have(a, "no-wait") ? "no-wait" : "wait";
	question[5] = a->words[0];
	question[6] = why;
	return ask((char *const *)(uintptr_t)question);
}

const struct command command_request = {
    .name = "request",
    .words = "ROLE",
    .min_words = 1,
    .max_words = 1,
    .summary = "ask for a role for a time, which a person decides on",
    .about =
	"In a session, by a sudo of its own, where the host's administrator lets agents ask. It waits up "
	"to two minutes for the answer. Where it is yes, logins from then on have the role: this session "
	"does not get it.",
    .options = (const struct option_spec[]){{"why", "TEXT", "what for; shown to whoever decides", 0, NULL},
					    {"no-wait", NULL,
					     "do not wait: the request stays open for an hour", 0, NULL},
					    {0}},
    .run = run,
};
