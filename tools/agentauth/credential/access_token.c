/* SPDX-License-Identifier: Apache-2.0 */
/* access_token.c: reads what a token says of itself. */
#include "config.h"

#include "tools/agentauth/credential/access_token.h"

#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/json.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/cli/say.h"

#define MARGIN 60

void token_free(struct token *token)
{
	own_wipe(token->text);
	own_wipe(token->refresh);
	free(token->type);
	free(token->scope);
	*token = (struct token){0};
}

bool token_is_fresh(const struct token *token, int64_t now)
{
	int64_t life = token->expires - token->obtained, margin = life / 4 < MARGIN ? life / 4 : MARGIN;

	/* A token that was obtained in the future cannot be judged: the clock was set back since. */
	return token->expires >= 0 && life > 0 && now >= token->obtained && now < token->expires - margin;
}

json_t *token_claims(const char *text)
{
	const char *begin = strchr(text, '.'), *end = begin ? strchr(begin + 1, '.') : NULL;
	json_t *claims = NULL;
	uint8_t *payload = NULL;
	size_t len = 0;

	if (!end || strchr(end + 1, '.'))
		return NULL;
	if (aa_base64url_decode(begin + 1, (size_t)(end - begin - 1), &payload, &len) != AA_JOSE_OK)
		return NULL;
	if (aa_json_object(payload, len, &claims) != AA_JOSE_OK)
		claims = NULL;
	explicit_bzero(payload, len);
	free(payload);
	return claims;
}

/* An encrypted token has five parts (RFC 7516 section 3), and only its recipient can read the payload. */
static bool is_encrypted(const char *text)
{
	size_t dots = 0;

	for (; *text; text++)
		dots += *text == '.';
	return dots == 4;
}

static const char *advice_for(const struct profile *profile)
{
	if (profile_has_ready_token(profile))
		return "Have the platform give a JWT";
	return "Most identity providers give one only for an API that is named: set resource or audience in "
	       "the profile, or have this client's access tokens made JWTs over there";
}

bool token_is_readable(const struct profile *profile, const char *text, const char *lead)
{
	json_t *claims = token_claims(text);
	bool is_jwt = claims != NULL;

	json_decref(claims);
	if (!is_jwt)
		say("%s: the token of the profile %s is no JWT (three parts with dots between them)%s, and a "
		    "host reads no other. %s",
		    lead, profile->name, is_encrypted(text) ? " but encrypted (five)" : "",
		    advice_for(profile));
	return is_jwt;
}
