/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_answer.c: agentauth answer: the credential for a prompt, for programs that are not OpenSSH and show the prompt
 * themselves. */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "tools/agentauth/commands/answer.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/cli/print.h"
#include "tools/cli/say.h"

enum { OPT_HOST, OPT_PROMPT, OPT_USER, OPT_CONFIG, OPT_PROFILE };

static const struct cmdline_option options[] = {
    [OPT_HOST] = {"host", "H", "the host that the program connected to: not what the host says of itself"},
    [OPT_PROMPT] = {"prompt", "TEXT", "the prompt, as the host sent it"},
    [OPT_USER] = {"user", "NAME", "the account that is logged in to; default the prompt's"},
    [OPT_CONFIG] = {"config", "FILE",
		    "the profiles; default $AGENTAUTH_CONFIG or ~/.config/agentauth/config"},
    [OPT_PROFILE] = {"profile", "NAME", "answer from this profile only; default $AGENTAUTH_PROFILE"},
    {NULL, NULL, NULL},
};

/* A program shows the prompt with or without a blank, or a line end, behind it. */
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

static int run(const struct command *self, int argc, char **argv)
{
	const char *texts[] = {[OPT_HOST] = NULL,
			       [OPT_PROMPT] = NULL,
			       [OPT_USER] = NULL,
			       [OPT_CONFIG] = NULL,
			       [OPT_PROFILE] = NULL};
	struct ask_prompt prompt;
	int opt;

	texts[OPT_PROFILE] = answer_variable("AGENTAUTH_PROFILE");
	while ((opt = cmdline_next(self, argc, argv)) >= 0)
		texts[opt] = optarg;
	if (opt != CMDLINE_END)
		return cmdline_status(opt);
	if (!cmdline_no_operands(argc, argv))
		return 2;
	if (!texts[OPT_HOST] || !texts[OPT_PROMPT])
		return say_usage("--host and --prompt are both needed");
	if (!read_prompt(texts[OPT_HOST], texts[OPT_USER], texts[OPT_PROMPT], &prompt))
		return say_failed(
		    "nothing is answered: \"%s\" of host \"%s\" is not the prompt for an agent's "
		    "credential",
		    texts[OPT_PROMPT], texts[OPT_HOST]);
	if (!texts[OPT_USER])
		(void)snprintf(prompt.user, sizeof(prompt.user), "%s", prompt.agent);
	if (prompt.part != 1)
		return say_failed("part %u is asked for: the whole answer goes to the first prompt",
				  prompt.part);
	return answer(texts[OPT_CONFIG], texts[OPT_PROFILE], &prompt);
}

const struct command command_answer = {
    .name = "answer",
    .operands = "",
    .summary = "Print the credential for a prompt, for programs that are not OpenSSH",
    .details = "By the rules of askpass: only for a host, an audience and an account that a profile lists\n"
	       "together. keyboard-interactive has no limit of length, so the whole of it is one answer.\n",
    .run = run,
    .options = options,
};
