/* SPDX-License-Identifier: Apache-2.0 */
/* ready_token.c: reads a ready token, and decides whether to show it to a host. */
#include "config.h"

#include "tools/agentauth/credential/ready_token.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/secret.h"
#include "tools/cli/say.h"

/* Takes off blanks and line ends, which the program that printed the token added. */
static void trim(char *text)
{
	static const char blanks[] = " \t\r\n";
	size_t begin = strspn(text, blanks), len = strlen(text + begin);

	memmove(text, text + begin, len + 1);
	while (len > 0 && strchr(blanks, text[len - 1]))
		text[--len] = 0;
}

/* The audience is one string or an array of strings (RFC 7519 section 4.1.3). */
static bool is_for(const json_t *aud, const char *audience)
{
	const json_t *one;
	size_t i;

	if (json_is_string(aud))
		return strcmp(json_string_value(aud), audience) == 0;
	json_array_foreach(aud, i, one) if (json_is_string(one) &&
					    strcmp(json_string_value(one), audience) == 0) return true;
	return false;
}

static bool audience_fits(const struct profile *profile, const json_t *claims, const char *asked)
{
	const char *wanted = profile->audience ? profile->audience : asked;
	const json_t *aud = json_object_get(claims, "aud");
	const char *first = json_string_value(json_is_array(aud) ? json_array_get(aud, 0) : aud);

	if (!wanted || is_for(aud, wanted))
		return true;
	say("nothing is shown: the token of the profile %s is for \"%s\", and not for \"%s\". Have the "
	    "platform issue one for it, or, where the host takes the token's own audience, write audience = "
	    "\"%s\" in the profile",
	    profile->name, first ? first : "(nobody)", wanted, first ? first : "…");
	return false;
}

static bool is_worth_showing(const struct profile *profile, const json_t *claims, const char *audience,
			     int64_t now)
{
	const json_t *exp = json_object_get(claims, "exp");

	if (json_is_number(exp) && json_number_value(exp) <= (double)now) {
		say("nothing is shown: the token of the profile %s expired %" PRId64
		    " s ago. Whatever renews it has not, or this machine's clock is ahead",
		    profile->name, now - (int64_t)json_number_value(exp));
		return false;
	}
	return audience_fits(profile, claims, audience);
}

int ready_token_read(const struct profile *profile, const char *audience, int64_t now, struct token *ret)
{
	char *text = secret_read_token(&profile->token, "the token");
	json_t *claims = NULL;
	int result = -1;

	if (!text)
		return -1;
	trim(text);
	claims = token_claims(text);
	if (!token_is_readable(profile, text, "nothing is shown") ||
	    !is_worth_showing(profile, claims, audience, now))
		goto out;
	*ret = (struct token){.text = text, .type = strdup("Bearer"), .obtained = now, .expires = -1};
	if (json_is_number(json_object_get(claims, "exp")))
		ret->expires = (int64_t)json_number_value(json_object_get(claims, "exp"));
	text = NULL;
	result = 0;
out:
	own_wipe(text);
	json_decref(claims);
	return result;
}
