/* SPDX-License-Identifier: Apache-2.0 */
/* access_token.h: keeps a token as the identity provider gave it, and reads what the token says of itself. */
#ifndef AGENTAUTH_AGENT_ACCESS_TOKEN_H
#define AGENTAUTH_AGENT_ACCESS_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "tools/agentauth/local/profile.h"

/* Texts are from malloc(), and NULL where the identity provider said nothing. */
struct token {
	char *text;	  /* is presented: the access token, or the ID token where the profile says so */
	char *type;	  /* "Bearer" */
	char *scope;	  /* was granted */
	char *refresh;	  /* gets the next token without a login */
	int64_t obtained; /* seconds since 1970 */
	int64_t expires;  /* likewise; -1 means unknown, and then the token is never taken from the cache */
};

/* Wipes the texts and frees them. */
void token_free(struct token *token);

/* Tells whether the token may still be given out: one minute of its life must be left, or a quarter of a life of less than
 * four minutes. */
bool token_is_fresh(const struct token *token, int64_t now);

/* Tells whether a host could read the profile's token at all: it must be a JWT, signed and not encrypted. A refusal begins
 * with `lead`, and says how to get a token that can be read. */
bool token_is_readable(const struct profile *profile, const char *text, const char *lead);

/* Returns the claims of a JWT, of which nothing is verified, as a new reference; NULL means that the text is no JWT. */
json_t *token_claims(const char *text);

#endif
