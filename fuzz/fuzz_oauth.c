/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_oauth.c: any bytes as what an identity provider answers: its metadata, and its token endpoint with each status. The
 * transport is a fake, which hands out the input. Holds: a token that is taken can stand on a line, is not over, and lives no
 * longer than the answer says; a refusal has only what may be shown; and so has every sentence. */
#include "config.h"

#include <string.h>

#include "fuzz/fuzz.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/oauth/token_request.h"
#include "tools/cli/alloc.h"
#include "tools/cli/problems.h"
#include "tools/cli/say.h"
#include "tools/http/discovery.h"
#include "tools/http/http.h"

#define NOW 1767225600

/* ---- the fake transport, in the place of tools/http --------------------------------------- */

static struct {
	const uint8_t *data;
	size_t size;
	long status;
} answer;

void http_begin(void)
{
}

enum http_err http_send(const struct http_request *request, struct http_response *ret, char *why,
			size_t why_len)
{
	(void)request;
	(void)why;
	(void)why_len;
	*ret = (struct http_response){.status = answer.status, .len = answer.size, .date = NOW + 5};
	ret->body = xmalloc(answer.size + 1);
	memcpy(ret->body, answer.data, answer.size);
	ret->body[answer.size] = '\0';
	return HTTP_OK;
}

void http_response_free(struct http_response *response)
{
	free(response->body);
	*response = (struct http_response){0};
}

char *http_escape(const char *text)
{
	return xstrdup(text);
}

char *discovery_openid(const char *issuer)
{
	return xasprintf("%s/.well-known/openid-configuration", issuer);
}

char *discovery_oauth(const char *issuer)
{
	return xasprintf("%s/.well-known/oauth-authorization-server", issuer);
}

/* ---- what is made of it --------------------------------------------------------------------- */

static bool may_be_shown(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static void find_endpoints(const struct profile *profile)
{
	struct idp idp;

	answer.status = 200;
	if (idp_find(profile, &idp) < 0)
		return;
	FUZZ_HOLDS(idp.token_endpoint);
	idp_free(&idp);
}

static void ask_token(const struct profile *profile, long status)
{
	static char endpoint[] = "https://idp.example.com/token";
	struct idp idp = {.profile = profile, .token_endpoint = endpoint};
	struct token_refusal refusal = {0};
	struct token token = {0};
	struct form form = {0};
	int r;

	answer.status = status;
	r = token_request(&idp, &form, NOW, &token, &refusal);
	if (r == 0) {
		FUZZ_HOLDS(status == 200 && *token.text && may_be_shown(token.text) &&
			   !strchr(token.text, ' '));
		FUZZ_HOLDS(token.obtained == NOW && (token.expires == -1 || token.expires > NOW));
		FUZZ_HOLDS(token.expires == -1 || token_is_fresh(&token, NOW) || token.expires < NOW + 240);
		token_free(&token);
	} else if (r == 1) {
		FUZZ_HOLDS(may_be_shown(refusal.error) && may_be_shown(refusal.description));
		token_refusal_say(&refusal, "what was presented", NOW);
	}
	form_free(&form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const long statuses[] = {200, 302, 400, 401, 403};
	struct profile profile = {.name = "p",
				  .issuer = "https://idp.example.com",
				  .client_id = "builder-7",
				  .client_auth = AUTH_NONE};
	struct problems said = {0};

	if (size > 65536)
		return 0;
	answer.data = data;
	answer.size = size;
	say_into(&said);
	find_endpoints(&profile);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		ask_token(&profile, statuses[i]);
	profile.present = PRESENT_ID_TOKEN;
	ask_token(&profile, 200);
	say_into(NULL);
	problems_free(&said);
	return 0;
}
