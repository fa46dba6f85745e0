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

/* Becomes sudo, whose approval plugin makes the request and says how it went. */
static int ask(char *role, char *why, bool waits)
{
	const char *const front[] = {
	    "sudo", "-n", "-u", "nobody", "--", AA_LIBEXECDIR "/request", waits ? "wait" : "no-wait"};
	char *words[] = {role, why}, **all = argv_join(front, sizeof(front) / sizeof(front[0]), words, 2);
	int err;

	(void)execvp(all[0], all);
	err = errno;
	free(all);
	return say_failed("sudo cannot be run, by which a role is asked for: %s", strerror(err));
}

static int run(struct ctl *ctl, const struct arguments *a)
{
	const char *why = arguments_value(a, "why");

	(void)ctl;
	if (!aa_name_is_valid(a->words[0], AA_ROLE_NAME_MAX))
		return say_usage("\"%s\" is no role's name", a->words[0]);
	if (!why || !*why)
		return say_usage("a person wants to know what for: --why TEXT");
	return ask(a->words[0], (char *)(uintptr_t)why, !arguments_have(a, "no-wait"));
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
