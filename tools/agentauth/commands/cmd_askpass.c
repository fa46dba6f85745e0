/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_askpass.c: agentauth askpass, which answers the prompt for an agent's credential, and only to hosts of a profile.
 *
 * The server wrote the prompt's text, but ssh itself wrote the host in the parentheses before, to which ssh connected. A host
 * that shows another host's prompt, to pass the answer on, gets nothing. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/agentauth/commands/answer.h"
#include "tools/agentauth/commands/asked.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/credential/answer_parts.h"
#include "tools/agentauth/credential/ask_prompt.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/own_folder.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/local/profiles.h"
#include "tools/cli/say.h"

static const struct option_spec options[] = {
    {"config", "FILE", "the profiles; default $AGENTAUTH_CONFIG or ~/.config/agentauth/config", 0, NULL},
    {"profile", "NAME", "answer from this profile only; default $AGENTAUTH_PROFILE", 0, NULL},
    {0},
};

/* ---- other prompts ---------------------------------------------------------- */

/* Shows the fingerprint, which alone a person can compare. */
static int refuse_unknown_host(const char *text)
{
	const char *fingerprint = strstr(text, "SHA256:");
	int len = fingerprint ? (int)strcspn(fingerprint, ". \r\n") : 0;

	return say_failed("nothing is answered: ssh does not know this host's key%s%.*s%s. Compare it with "
			  "what the host's administrator says, then have ssh keep it: agentauth ssh -o "
			  "StrictHostKeyChecking=accept-new, and the arguments as before",
			  fingerprint ? " (" : "", len, fingerprint ? fingerprint : "",
			  fingerprint ? ")" : "");
}

static int refuse_other_prompt(const char *text)
{
	if (ask_prompt_lacks_host(text))
		return say_failed("nothing is answered: the prompt does not say which host asks. OpenSSH 8.5 "
				  "and newer put (user@host) before it");
	if (strstr(text, "authenticity of host") ||
	    strstr(text, "Are you sure you want to continue connecting"))
		return refuse_unknown_host(text);
	if (strstr(text, "passphrase for"))
		return say_failed("nothing is answered: ssh asked for the passphrase of an SSH key. Use "
				  "ssh-agent for it, or -o PubkeyAuthentication=no");
	/* This comes before the look for "assword", which a nonce may contain. */
	if (strstr(text, " [agentauth/"))
		return say_failed("nothing is answered: the prompt asks for an agent's credential in a way "
				  "that agentauth " PACKAGE_VERSION
				  " does not understand: \"%s\". Install here the version that the host has",
				  text);
	if (strstr(text, "assword"))
		return say_failed("nothing is answered: the host asks for a password (\"%s\"), as it asks "
				  "people. It has no agent of this name, or its sshd does not ask agentauth: "
				  "there, agentauthctl list and agentauthctl doctor tell",
				  text);
	return say_failed("nothing is answered: this is not the prompt for an agent's credential: \"%s\"",
			  text);
}

/* ---- answering -------------------------------------------------------------- */

static int print_part(const char *answer, unsigned part)
{
	size_t begin, len;
	int more = answer_part(strlen(answer), part, &begin, &len);

	if (more < 0)
		return say_error("part %u of an answer is asked for that has fewer parts", part);
	printf("%.*s%s\n", (int)len, answer + begin, more ? "+" : "");
	return more;
}

static int answer_first(const struct profiles *profiles, const struct profile *profile,
			const struct ask_prompt *prompt)
{
	char *answer = answer_make(profiles, profile, prompt);
	int folder, status = 1;

	if (!answer)
		return 1;
	if (strlen(answer) <= ANSWER_PART_MAX) {
		printf("%s\n", answer);
		status = 0;
	} else if ((folder = own_folder_run()) >= 0) {
		answer_clean(folder, time(NULL));
		if (answer_keep(folder, prompt, answer) == 0)
			status = print_part(answer, 1) < 0;
		close(folder);
	}
	own_wipe(answer);
	return status;
}

static int answer_next(const struct ask_prompt *prompt)
{
	int folder = own_folder_run(), more;
	char *answer;

	if (folder < 0)
		return 1;
	answer = answer_kept(folder, prompt);
	more = answer ? print_part(answer, prompt->part) : -1;
	if (more <= 0)
		answer_forget(folder, prompt);
	own_wipe(answer);
	close(folder);
	return more < 0;
}

static int answer(const struct ask_prompt *prompt, const char *config, const char *only)
{
	struct profiles *profiles = profiles_load(config);
	const struct profile *profile;
	int status = 1;

	if (!profiles)
		return 1;
	profile = answer_choose(profiles, prompt, only);
	if (profile)
		status = prompt->part == 1 ? answer_first(profiles, profile, prompt) : answer_next(prompt);
	profiles_free(profiles);
	return status;
}

static int answer_or_refuse(const char *text, const char *config, const char *only)
{
	struct ask_prompt prompt;
	int status =
	    ask_prompt_parse(text, &prompt) ? answer(&prompt, config, only) : refuse_other_prompt(text);

	asked_note(status == 0 ? ASKED_ANSWERED : ASKED_REFUSED);
	return status;
}

static int run(struct ctl *ctl, const struct arguments *a)
{
	(void)ctl;
	if (a->n_words != 1)
		return say_usage(
		    "the prompt is the one argument; ssh gives it when SSH_ASKPASS names agentauth-askpass");
	return answer_or_refuse(a->words[0], arguments_value(a, "config"), answer_profile(a));
}

const struct command command_askpass = {
    .name = "askpass",
    .words = "PROMPT",
    .max_words = SIZE_MAX,
    .summary = "answer a host's prompt for the agent's credential, as ssh's askpass",
    .about =
	"Only to a host, for an audience and for an account that a profile lists together.\n" ANSWER_SCOPE
	" and " ANSWER_TASK " replace the profile's scope and task.",
    .run = run,
    .options = options,
};
