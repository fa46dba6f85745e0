/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_answer.c: agentauth answer, which prints the credential for a prompt that another program than OpenSSH was shown. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tools/agentauth/commands/answer.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/profiles.h"
#include "tools/cli/print.h"
#include "tools/cli/say.h"

static const struct option_spec options[] = {
    {"host", "H", "the host that the program connected to: not what the host says of itself", 0, NULL},
    {"prompt", "TEXT", "the prompt, as the host sent it", 0, NULL},
    {"user", "NAME", "the account that is logged in to; default the prompt's", 0, NULL},
    {"config", "FILE", "the profiles; default $AGENTAUTH_CONFIG or ~/.config/agentauth/config", 0, NULL},
    {"profile", "NAME", "answer from this profile only; default $AGENTAUTH_PROFILE", 0, NULL},
    {0},
};

/* Reads a prompt as programs show it, with or without a blank or a line end behind. */
static bool read_prompt(const char *host, const char *user, const char *text, struct ask_prompt *ret)
{
	char whole[1400];
	size_t len = strlen(text);

	while (len > 0 && strchr(" \r\n", text[len - 1]))
		len--;
	if (!user)
		user = "x";
	(void)snprintf(whole, sizeof(whole), "(%s@%s) %.*s ", user, host, (int)len, text);
	return ask_prompt_parse(whole, ret);
}

static int answer(const char *config, const char *only, const struct ask_prompt *prompt)
{
	struct profiles *profiles = profiles_load(config);
	const struct profile *profile = profiles ? answer_choose(profiles, prompt, only) : NULL;
	char *text = profile ? answer_make(profiles, profile, prompt) : NULL;

	if (text)
		print_token(text);
	profiles_free(profiles);
	own_wipe(text);
	return !text;
}

static int run(struct ctl *ctl, const struct arguments *a)
{
	const char *host = arguments_value(a, "host"), *text = arguments_value(a, "prompt"),
		   *user = arguments_value(a, "user");
	struct ask_prompt prompt;

	(void)ctl;
	if (!host || !text)
		return say_usage("--host and --prompt are both needed");
	if (!read_prompt(host, user, text, &prompt))
		return say_failed(
		    "nothing is answered: \"%s\" of host \"%s\" is not the prompt for an agent's credential",
		    text, host);
	if (!user)
		(void)snprintf(prompt.user, sizeof(prompt.user), "%s", prompt.agent);
	if (prompt.part != 1)
		return say_failed("part %u is asked for: the whole answer goes to the first prompt",
				  prompt.part);
	return answer(arguments_value(a, "config"), answer_profile(a), &prompt);
}

const struct command command_answer = {
    .name = "answer",
    .summary = "print the credential for a prompt, for programs that are not OpenSSH",
    .about = "By the rules of askpass: only for a host, an audience and an account that a profile "
	     "lists together. keyboard-interactive has no limit of length, so the whole of it is one "
	     "answer.",
    .run = run,
    .options = options,
};
