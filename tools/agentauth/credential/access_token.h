/* SPDX-License-Identifier: Apache-2.0 */
/* access_token.h: a token as the provider answered with it, and what it says of itself. */
#ifndef AGENTAUTH_AGENT_ACCESS_TOKEN_H
#define AGENTAUTH_AGENT_ACCESS_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "tools/agentauth/local/profile.h"

/* Texts are from malloc(), NULL where the provider said nothing. */
struct token {
	char *text;	  /* what is presented: the access token, or the ID token where the profile says so */
	char *type;	  /* "Bearer" */
	char *scope;	  /* what was granted, if it was said */
	char *refresh;	  /* the refresh token */
	int64_t obtained; /* when, seconds since 1970 */
	int64_t expires;  /* -1: not known, so that it is never taken from the cache */
};

/* Wipes. */
void token_free(struct token *token);

/* Whether it may still be given out: a minute of life is left, or a quarter of a life of under four. */
bool token_is_fresh(const struct token *token, int64_t now);

/* Whether a host could read the profile's token at all: a JWT, signed and not encrypted. Otherwise `lead`, what the
 * token is and what gives another are said. */
bool token_is_readable(const struct profile *profile, const char *text, const char *lead);

/* The claims of a JWT, of which nothing is verified: a new reference, NULL where the text is no JWT. */
json_t *token_claims(const char *text);

#endif
