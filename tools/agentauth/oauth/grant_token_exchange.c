/* SPDX-License-Identifier: Apache-2.0 */
/* grant_token_exchange.c: exchanges a subject's token for a token by which the agent acts for that subject (RFC 8693). */
#include "config.h"

#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/oauth/token_grant.h"
#include "tools/agentauth/oauth/token_request.h"

static const char access_token_type[] = "urn:ietf:params:oauth:token-type:access_token";

/* Adds the token and its type, or nothing where the profile names no such token. Returns 0, or -1 with the reason said. */
static int add_token(const struct grant *grant, const struct profile_token *token, const char *name,
		     const char *type_name, struct form *form)
{
	char *text;

	if (token->profile)
		text = grant->token_of(token->profile, grant->data);
	else if (secret_is_named(&token->source))
		text = secret_read(&token->source, name);
	else
		return 0;
	if (!text)
		return -1;
	form_add(form, name, text);
	form_add(form, type_name, token->type ? token->type : access_token_type);
	own_wipe(text);
	return 0;
}

int grant_token_exchange(const struct grant *grant, struct token *ret)
{
	const struct profile *profile = grant->idp->profile;
	struct form form = {0};

	form_add(&form, "grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
	if (add_token(grant, &profile->subject_token, "subject_token", "subject_token_type", &form) < 0 ||
	    add_token(grant, &profile->actor_token, "actor_token", "actor_token_type", &form) < 0)
		return form_free(&form), -1;
	token_request_add_wishes(profile, &form);
	return token_request_or_say(grant->idp, &form, "the exchange of tokens", grant->now, ret);
}
