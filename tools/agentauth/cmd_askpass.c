/* SPDX-License-Identifier: Apache-2.0 */
/* agentauth askpass: answers the prompt for an agent's credential, and no other, and only to whom a profile
 * says.
 *
 * The prompt's text is the server's, but the host in the parentheses before it is what ssh connected to. A
 * host that shows another's prompt, to pass the answer on to it, gets nothing. */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "answer_parts.h"
#include "ask_prompt.h"
#include "assertion.h"
#include "commands.h"
#include "jose/jose.h"
#include "key_file.h"
#include "own_files.h"
#include "own_folder.h"
#include "profile.h"
#include "say.h"
#include "token_source.h"

enum { OPT_CONFIG, OPT_PROFILE };

static const struct cmdline_option options[] = {
    [OPT_CONFIG] = {"config", "FILE",
		    "the profiles; default $AGENTAUTH_CONFIG or ~/.config/agentauth/config"},
    [OPT_PROFILE] = {"profile", "NAME", "answer from this profile only; default $AGENTAUTH_PROFILE"},
    {NULL, NULL, NULL},
};

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* ---- who may have an answer ----------------------------------------------- */

enum fit { FITS_NOT, FITS_HOST, FITS_AUDIENCE, FITS };

static enum fit profile_fits(const struct profile *profile, const struct ask_prompt *prompt)
{
	if (!profile->agent || !profile_has_host(profile, prompt->host))
		return FITS_NOT;
	if (!profile_may_have(profile, prompt->host, prompt->audience))
		return FITS_HOST;
	if (strcmp(profile->agent, prompt->agent) != 0 || strcmp(profile->agent, prompt->user) != 0)
		return FITS_AUDIENCE;
	return FITS;
}

static void say_unfit(enum fit best, const struct ask_prompt *prompt, const char *path)
{
	if (best == FITS_NOT)
		say("nothing is answered: no profile in %s has \"%s\" among its hosts, and that is the host "
		    "which ssh named",
		    path, prompt->host);
	else if (best == FITS_HOST)
		say("nothing is answered: the host %s asked for a credential for \"%s\", which is not among "
		    "the audiences that its profile in %s has for it",
		    prompt->host, prompt->audience, path);
	else
		say("nothing is answered: the host %s asked for the account \"%s\" while logging in as "
		    "\"%s\"; its profile in %s is for another agent",
		    prompt->host, prompt->agent, prompt->user, path);
}

static void say_two(const struct profile *one, const struct profile *other, const struct ask_prompt *prompt,
		    const char *path)
{
	say("nothing is answered: the profiles \"%s\" and \"%s\" in %s are both for %s at %s. Say which one: "
	    "agentauth ssh --profile %s, or AGENTAUTH_PROFILE=%s",
	    one->name, other->name, path, prompt->agent, prompt->host, one->name, one->name);
}

static const struct profile *choose(const struct profiles *profiles, const struct ask_prompt *prompt,
				    const char *only)
{
	const struct profile *chosen = NULL;
	enum fit best = FITS_NOT;
	bool known = !only;

	for (size_t i = 0; i < profiles_count(profiles); i++) {
		const struct profile *profile = profiles_at(profiles, i);
		enum fit fit;

		if (only && strcmp(only, profile->name) != 0)
			continue;
		known = true;
		fit = profile_fits(profile, prompt);
		if (fit == FITS && chosen)
			return say_two(chosen, profile, prompt, profiles_path(profiles)), NULL;
		if (fit == FITS)
			chosen = profile;
		if (fit > best)
			best = fit;
	}
	if (chosen)
		return chosen;
	if (known)
		say_unfit(best, prompt, profiles_path(profiles));
	else
		say("there is no profile \"%s\" in %s", only, profiles_path(profiles));
	return NULL;
}

/* ---- what is no such prompt ------------------------------------------------ */

static int refuse_other_prompt(const char *text)
{
	if (ask_prompt_lacks_host(text))
		return say_failed("nothing is answered: the prompt does not say which host asks. OpenSSH 8.5 "
				  "and newer put (user@host) before it");
	if (strstr(text, "authenticity of host") ||
	    strstr(text, "Are you sure you want to continue connecting"))
		return say_failed(
		    "nothing is answered: ssh does not know this host's key. Add it to ~/.ssh/known_hosts, "
		    "after comparing it with what the host's administrator says");
	if (strstr(text, "passphrase for"))
		return say_failed("nothing is answered: ssh asked for the passphrase of an SSH key. Use "
				  "ssh-agent for it, or -o PubkeyAuthentication=no");
	return say_failed("nothing is answered: this is not the prompt for an agent's credential: \"%s\"",
			  text);
}

/* ---- answering -------------------------------------------------------------- */

static char *make_assertion(const struct profile *profile, const struct ask_prompt *prompt)
{
	const struct key_source source = {profile->key, profile->passphrase};
	const struct assertion assertion = {
	    .agent = profile->agent,
	    .audience = prompt->audience,
	    .nonce = prompt->nonce,
	    .scope = profile->scope,
	    .task = profile->task,
	    .kid = profile->kid,
	    .ttl = profile->ttl,
	    .alg = profile->alg,
	};
	struct aa_private_key *key = key_file_load(&source);
	char *token = key ? assertion_sign(&assertion, key, time(NULL)) : NULL;

	aa_private_key_free(key);
	return token;
}

static char *get_token(const struct profiles *profiles, const struct profile *profile, const char *audience)
{
	const struct token_wish wish = {
	    .fresh = profile->once, .once = profile->once, .audience = audience};
	struct token token = {0};
	char *text = NULL;

	if (token_get(profiles, profile, &wish, time(NULL), &token) < 0)
		return NULL;
	if (strlen(token.text) > AA_JWS_MAX) {
		say("the token has %zu bytes, and no host takes more than %d", strlen(token.text),
		    AA_JWS_MAX);
	} else {
		text = token.text;
		token.text = NULL;
	}
	token_free(&token);
	return text;
}

static char *make_answer(const struct profiles *profiles, const struct profile *chosen,
			 const struct ask_prompt *prompt)
{
	const char *scope = variable("AGENTAUTH_SCOPE"), *task = variable("AGENTAUTH_TASK");
	const char *asked[] = {prompt->audience}; /* one of the profile's */
	struct profile profile = *chosen;

	if (profile_resource_is_asked(chosen))
		profile.resource.v = asked;
	if (scope)
		profile.scope = scope;
	if (task)
		profile.task = task;
	return profile_uses_token(&profile) ? get_token(profiles, &profile, prompt->audience)
					    : make_assertion(&profile, prompt);
}

static int print_part(const char *answer, unsigned part)
{
	size_t begin, len;
	int more = answer_part(strlen(answer), part, &begin, &len);

	if (more < 0)
		return say_failed("part %u of an answer is asked for that has fewer parts", part), -1;
	printf("%.*s%s\n", (int)len, answer + begin, more ? "+" : "");
	return more;
}

static int answer_first(const struct profiles *profiles, const struct profile *profile,
			const struct ask_prompt *prompt)
{
	char *answer = make_answer(profiles, profile, prompt);
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
	profile = choose(profiles, prompt, only);
	if (profile)
		status = prompt->part == 1 ? answer_first(profiles, profile, prompt) : answer_next(prompt);
	profiles_free(profiles);
	return status;
}

static int run(const struct command *self, int argc, char **argv)
{
	const char *config = NULL, *only = variable("AGENTAUTH_PROFILE");
	struct ask_prompt prompt;
	int opt;

	while ((opt = cmdline_next(self, argc, argv)) >= 0) {
		if (opt == OPT_CONFIG)
			config = optarg;
		else
			only = optarg;
	}
	if (opt != CMDLINE_END)
		return cmdline_status(opt);
	if (argc - optind != 1)
		return say_usage(
		    "the prompt is the one argument; ssh gives it when SSH_ASKPASS names agentauth-askpass");
	if (!ask_prompt_parse(argv[optind], &prompt))
		return refuse_other_prompt(argv[optind]);
	return answer(&prompt, config, only);
}

const struct command command_askpass = {
    .name = "askpass",
    .operands = "PROMPT",
    .summary = "Answer a host's prompt for the agent's credential, as ssh's askpass",
    .details = "Only to a host, for an audience and for an account that a profile lists together.\n"
	       "AGENTAUTH_SCOPE and AGENTAUTH_TASK replace the profile's scope and task.\n",
    .run = run,
    .options = options,
};
