/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_token.c: agentauth token, which prints a profile's token. */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tools/agentauth/commands/answer.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/local/profiles.h"
#include "tools/agentauth/oauth/token_source.h"
#include "tools/cli/print.h"
#include "tools/cli/say.h"

static const struct option_spec options[] = {
    {"profile", "NAME", "the profile; default $AGENTAUTH_PROFILE", 0, NULL},
    {"config", "FILE", "the profiles; default $AGENTAUTH_CONFIG or ~/.config/agentauth/config", 0, NULL},
    {"scope", "SCOPE", "ask for this scope instead of the profile's", 0, NULL},
    {"resource", "URI", "ask for a token for this resource instead of the profile's", 0, NULL},
    {"fresh", NULL, "ask the identity provider, even if the cache has a token", 0, NULL},
    {"login", NULL, "log in, where the grant needs a person; others never wait for one", 0, NULL},
    {"no-browser", NULL, "with --login: print the address instead of opening a browser", 0, NULL},
    {"forget", NULL, "remove the token and the refresh token from the cache, and print none", 0, NULL},
    {"json", NULL, "print token, type, end of life and scope as JSON", 0, NULL},
    {0},
};

struct request {
	const char *profile, *config, *scope, *resource;
	struct token_wish wish;
	bool forget, json;
};

static struct request read_options(const struct arguments *a)
{
	return (struct request){
	    .profile = answer_profile(a),
	    .config = arguments_value(a, "config"),
	    .scope = arguments_value(a, "scope"),
	    .resource = arguments_value(a, "resource"),
	    .wish = {.fresh = arguments_have(a, "fresh"),
		     .login = arguments_have(a, "login"),
		     .no_browser = arguments_have(a, "no-browser")},
	    .forget = arguments_have(a, "forget"),
	    .json = a->json,
	};
}

/* Chooses the profile that is named, or the only profile with a token. */
static const struct profile *choose(const struct profiles *profiles, const char *name)
{
	const struct profile *found = NULL;
	size_t n = 0;

	if (name)
		return profiles_find(profiles, name);
	for (size_t i = 0; i < profiles_count(profiles); i++) {
		if (!profile_uses_token(profiles_at(profiles, i)))
			continue;
		found = profiles_at(profiles, i);
		n++;
	}
	if (n == 1)
		return found;
	say("--profile is missing: %s has %zu profiles with an issuer or a token", profiles_path(profiles),
	    n);
	return NULL;
}

static int print(const struct request *request, const struct token *token)
{
	if (request->json)
		return print_json(json_pack(
		    "{s:s, s:s, s:o, s:s?}", "token", token->text, "type", token->type, "expires_at",
		    token->expires >= 0 ? json_integer(token->expires) : json_null(), "scope", token->scope));
	print_token(token->text);
	return 0;
}

static int get_and_print(const struct request *request, const struct profiles *profiles)
{
	const struct profile *found = choose(profiles, request->profile);
	const char *resource[] = {request->resource};
	struct profile profile;
	struct token token = {0};
	int status;

	if (!found)
		return 1;
	profile = *found;
	if (request->scope)
		profile.scope = request->scope;
	if (request->resource)
		profile.resource = (struct aa_list){1, resource};
	if (profile_resource_is_asked(&profile))
		return say_failed("the profile %s asks for a token for whichever host asks it: --resource "
				  "says for which one this is to be",
				  profile.name);
	if (request->forget)
		return token_forget(&profile) < 0;
	if (token_get(profiles, &profile, &request->wish, time(NULL), &token) < 0)
		return 1;
	/* The token is printed even if no host could read it, since other programs may. */
	if (profile.hosts.n)
		(void)token_is_readable(&profile, token.text, "no host would take this");
	status = print(request, &token);
	token_free(&token);
	return status;
}

static int run(struct ctl *ctl, const struct arguments *a)
{
	struct request request = read_options(a);
	struct profiles *profiles;
	int status;

	(void)ctl;
	if (request.wish.no_browser && !request.wish.login)
		return say_usage("--no-browser goes with --login");
	profiles = profiles_load(request.config);
	status = profiles ? get_and_print(&request, profiles) : 1;
	profiles_free(profiles);
	return status;
}

const struct command command_token = {
    .name = "token",
    .summary = "print an access token of the profile's identity provider",
    .about = "The token comes from the cache while that has life left, otherwise from the identity provider, "
	     "and goes to standard output, with a newline only if that is a terminal.",
    .run = run,
    .options = options,
};
