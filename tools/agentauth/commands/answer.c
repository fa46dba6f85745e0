/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c: finds the credential for which a prompt asks. */
#include "config.h"

#include "tools/agentauth/commands/answer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/jose/jose.h"
#include "common/jose/key_private.h"
#include "tools/agentauth/credential/assertion.h"
#include "tools/agentauth/local/key_source.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/profile_hosts.h"
#include "tools/agentauth/local/profiles.h"
#include "tools/agentauth/oauth/token_source.h"
#include "tools/cli/say.h"

const char *answer_variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

const char *answer_profile(const struct arguments *arguments)
{
	const char *name = arguments_value(arguments, "profile");

	return name && *name ? name : answer_variable("AGENTAUTH_PROFILE");
}

/* ---- the profile ---------------------------------------------------------- */

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
		    "which ssh named. This writes one: agentauth profile add %s@%s",
		    path, prompt->host, prompt->user, prompt->host);
	else if (best == FITS_HOST)
		say("nothing is answered: the host %s asked for a credential for \"%s\", which is not among "
		    "the audiences that its profile in %s has for it. If its administrator says that this is "
		    "the host's audience (host.audience in agentauth.conf), write into the profile: "
		    "audiences = [ \"%s\" ];",
		    prompt->host, prompt->audience, path, prompt->audience);
	else
		say("nothing is answered: the host %s asked for the account \"%s\" while logging in as "
		    "\"%s\"; its profile in %s is for another agent. Log in as the profile's agent, or write "
		    "a profile: agentauth profile add %s@%s",
		    prompt->host, prompt->agent, prompt->user, path, prompt->user, prompt->host);
}

void answer_say_two(const char *what, const struct profile *one, const struct profile *other,
		    const char *host, const char *path)
{
	say("%s: the profiles \"%s\" and \"%s\" in %s are both for %s at %s. Say which one: agentauth ssh "
	    "--profile %s %s@%s, or AGENTAUTH_PROFILE=%s; or take one out of the file",
	    what, one->name, other->name, path, one->agent, host, one->name, one->agent, host, one->name);
}

const struct profile *answer_choose(const struct profiles *profiles, const struct ask_prompt *prompt,
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
			return answer_say_two("nothing is answered", chosen, profile, prompt->host,
					      profiles_path(profiles)),
			       NULL;
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

/* ---- the credential ------------------------------------------------------------ */

static char *make_assertion(const struct profile *profile, const struct ask_prompt *prompt)
{
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
	struct aa_private_key *key = key_load(&profile->key);
	char *token = key ? assertion_sign(&assertion, key, time(NULL)) : NULL;

	aa_private_key_free(key);
	return token;
}

static char *get_token(const struct profiles *profiles, const struct profile *profile, const char *audience)
{
	bool once = profile->reuse == REUSE_ONCE;
	const struct token_wish wish = {.fresh = once, .once = once, .audience = audience};
	struct token token = {0};
	char *text = NULL;

	if (token_get(profiles, profile, &wish, time(NULL), &token) < 0)
		return NULL;
	if (strlen(token.text) > AA_JWS_MAX) {
		say("the token has %zu bytes, and no host takes more than %d", strlen(token.text),
		    AA_JWS_MAX);
	} else if (token_is_readable(profile, token.text, "nothing is shown")) {
		text = token.text;
		token.text = NULL;
	}
	token_free(&token);
	return text;
}

/* A person who sets the variable by its older name wants fewer roles, and must not get all of them. */
static bool has_older_scope(void)
{
	if (!answer_variable("AGENTAUTH_SCOPE"))
		return false;
	say("nothing is answered: AGENTAUTH_SCOPE is set, which no longer asks for fewer roles. " ANSWER_SCOPE
	    " does; or unset it");
	return true;
}

/* A token that the platform made has neither fewer roles, where fewer were asked for, nor room for a task. */
static bool fits_a_token(const struct profile *profile, const char *scope, const char *task)
{
	if (scope && profile_has_ready_token(profile)) {
		say("nothing is shown: fewer roles were asked for, and the profile %s has a token that the "
		    "platform "
		    "made, which gives all that it gives",
		    profile->name);
		return false;
	}
	if (task && profile_uses_token(profile))
		say("the host is not told the task: the profile %s shows a token, which has no place for it",
		    profile->name);
	return true;
}

char *answer_make(const struct profiles *profiles, const struct profile *chosen,
		  const struct ask_prompt *prompt)
{
	const char *scope = answer_variable(ANSWER_SCOPE), *task = answer_variable(ANSWER_TASK);
	const char *asked[] = {prompt->audience}; /* answer_choose() found it among the profile's */
	struct profile profile = *chosen;

	if ((!scope && has_older_scope()) || !fits_a_token(chosen, scope, task))
		return NULL;
	if (profile_resource_is_asked(chosen))
		profile.resource.v = asked;
	if (scope)
		profile.scope = scope;
	if (task)
		profile.task = task;
	return profile_uses_token(&profile) ? get_token(profiles, &profile, prompt->audience)
					    : make_assertion(&profile, prompt);
}
