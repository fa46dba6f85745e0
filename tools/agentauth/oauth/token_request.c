/* SPDX-License-Identifier: Apache-2.0 */
/* token_request.c: asks a token endpoint, and judges its answer. */
#include "config.h"

#include "tools/agentauth/oauth/token_request.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/jose/json.h"
#include "tools/agentauth/local/json_member.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/profile_setting.h"
#include "tools/agentauth/oauth/client_auth.h"
#include "tools/cli/alloc.h"
#include "tools/cli/say.h"
#include "tools/http/http.h"

#define TOKEN_MAX 65536
#define LIFE_MAX (10 * 366 * 86400) /* seconds */
#define IAT_AHEAD 60		    /* seconds */

void token_request_add_wishes(const struct profile *p, struct form *form)
{
	form_add(form, "scope", p->scope);
	form_add(form, "audience", p->audience);
	token_request_add_resource(p, form);
}

void token_request_add_resource(const struct profile *p, struct form *form)
{
	for (size_t i = 0; i < p->resource.n; i++)
		form_add(form, "resource", p->resource.v[i]);
}

/* ---- the answer ----------------------------------------------------------- */

/* A token goes onto one line and into a header, so it has RFC 6750's characters and no others. */
static bool is_token_text(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f)
			return false;
	return len > 0 && len <= TOKEN_MAX;
}

/* Returns the seconds of expires_in, which Entra ID's first version writes as a string, or -1 where there are none or they
 * cannot be meant. */
static int64_t life_of(const json_t *answer)
{
	const json_t *value = json_object_get(answer, "expires_in");
	int64_t n = -1;
	char *end = NULL;

	if (json_is_integer(value))
		n = json_integer_value(value);
	else if (json_is_real(value) && json_real_value(value) >= 0 && json_real_value(value) < LIFE_MAX)
		n = (int64_t)json_real_value(value);
	else if (json_is_string(value) && *json_string_value(value)) {
		n = strtoll(json_string_value(value), &end, 10);
		n = *end ? -1 : n;
	}
	return n > 0 && n <= LIFE_MAX ? n : -1;
}

/* The token ends at the earlier of two times: the answer's, and the token's own. */
static void judge_times(const struct idp *idp, const json_t *answer, int64_t date, int64_t now,
			struct token *token)
{
	int64_t life = life_of(answer), iat, exp;
	json_t *claims = token_claims(token->text);

	iat = json_integer_value(json_object_get(claims, "iat"));
	exp = json_integer_value(json_object_get(claims, "exp"));
	token->obtained = now;
	token->expires = life > 0 ? now + life : -1;
	if (exp > 0 && (token->expires < 0 || exp < token->expires))
		token->expires = exp;
	if (iat > now + IAT_AHEAD) {
		say("the token of %s is issued %" PRId64 " s ahead of this machine's clock",
		    idp->token_endpoint, iat - now);
		idp_compare_clocks(date, now);
	}
	json_decref(claims);
}

static bool is_bearer(const char *type)
{
	return !type || strcasecmp(type, "Bearer") == 0 || strcasecmp(type, "N_A") == 0;
}

static int read_token(const struct idp *idp, const json_t *answer, int64_t date, int64_t now,
		      struct token *ret)
{
	bool id_token = idp->profile->present == PRESENT_ID_TOKEN;
	const char *wanted = id_token ? "id_token" : "access_token";
	const char *text = json_string_value(json_object_get(answer, wanted));
	const char *type = json_string_value(json_object_get(answer, "token_type"));
	struct token token = {0};
	char shown[64];

	if (!text || !is_token_text(text))
		return say_error("%s answers without %s that could be used", idp->token_endpoint,
				 id_token ? "an id_token (the scope must have \"openid\")"
					  : "an access_token");
	if (!is_bearer(type))
		return say_error("%s answers with a token of type \"%s\"; what is presented here is Bearer",
				 idp->token_endpoint, idp_text(type, shown, sizeof(shown)));
	token.text = xstrdup(text);
	token.type = xstrdup("Bearer");
	token.scope = json_member_text(answer, "scope");
	token.refresh = json_member_text(answer, "refresh_token");
	judge_times(idp, answer, date, now, &token);
	if (token.expires >= 0 && token.expires <= now) {
		say("the token of %s was expired when it arrived, by %" PRId64 " s", idp->token_endpoint,
		    now - token.expires);
		idp_compare_clocks(date, now);
		token_free(&token);
		return -1;
	}
	*ret = token;
	return 0;
}

/* These statuses are a refusal even without an "error", which RFC 6749 section 5.2 demands with each: proxies and some identity
 * providers (glewlwyd) leave it out. */
static bool is_silent_refusal(long status)
{
	return status == 400 || status == 401 || status == 403;
}

static void say_silent_refusal(const struct idp *idp, const char *url, long status)
{
	if (status == 400) {
		say("%s refuses the request (HTTP 400) and gives no reason: it may not know grant = \"%s\", "
		    "not allow it to this client, or not know the scope, resource or audience of the profile",
		    url, profile_grant_name(idp->profile->grant));
		return;
	}
	say("%s refuses the client (HTTP %ld) and gives no reason: client_id, client_auth (secret in the "
	    "header, in the form, or a key's assertion) and, with a key, assertion_audience must be what is "
	    "registered there",
	    url, status);
	idp_say_auth_methods(idp);
}

static int read_refusal(const struct idp *idp, const char *url, const json_t *answer,
			const struct http_response *response, struct token_refusal *ret)
{
	const char *error = json_string_value(json_object_get(answer, "error"));
	const char *description = json_string_value(json_object_get(answer, "error_description"));

	if (!error && is_silent_refusal(response->status)) {
		say_silent_refusal(idp, url, response->status);
		return -1;
	}
	if (!error)
		return say_error("%s answers with HTTP %ld and no \"error\"", url, response->status);
	ret->idp = idp;
	ret->url = url;
	ret->status = response->status;
	ret->date = response->date;
	(void)idp_text(error, ret->error, sizeof(ret->error));
	(void)idp_text(description ? description : "", ret->description, sizeof(ret->description));
	return 1;
}

static int read_answer(const struct idp *idp, const char *url, const struct http_response *response,
		       json_t **ret, struct token_refusal *ret_refusal)
{
	char type[64];
	json_t *answer = NULL;
	int result = 0;

	if (response->status >= 300 && response->status < 400)
		return say_error("%s redirects elsewhere (HTTP %ld), where no secret is sent: name the right "
				 "token_endpoint, or issuer, in the profile",
				 url, response->status);
	if (aa_json_object(response->body, response->len, &answer) != AA_JOSE_OK &&
	    is_silent_refusal(response->status)) {
		say_silent_refusal(idp, url, response->status);
		return -1;
	}
	if (!answer)
		return say_error("%s answers with HTTP %ld and %s, where such an endpoint answers with a "
				 "JSON object: is it the right address?",
				 url, response->status,
				 response->content_type ? idp_text(response->content_type, type, sizeof(type))
							: "no JSON");
	if (response->status != 200 || json_object_get(answer, "error"))
		result = read_refusal(idp, url, answer, response, ret_refusal);
	if (result == 0)
		*ret = answer;
	else
		json_decref(answer);
	return result;
}

/* ---- the request ---------------------------------------------------------- */

struct attempt {
	const struct idp *idp;
	const struct form *base;
	int64_t now;
	struct form form;
	struct client_basic basic;
};

static void attempt_free(struct attempt *a)
{
	form_free(&a->form);
	client_basic_free(&a->basic);
}

static int prepare(void *data, struct http_request *request)
{
	struct attempt *a = data;

	attempt_free(a);
	a->form.text = a->base->text ? xstrdup(a->base->text) : NULL;
	a->form.len = a->base->len;
	a->form.failed = a->base->failed;
	if (client_auth_add(a->idp, a->now, &a->form, &a->basic) < 0)
		return -1;
	if (a->form.failed)
		return say_error("memory is out");
	request->body = a->form.text ? a->form.text : ""; /* NULL would make the request a GET */
	request->user = a->basic.user;
	request->password = a->basic.password;
	return 0;
}

int token_post(const struct idp *idp, const char *url, const struct form *form, int64_t now, json_t **ret,
	       int64_t *ret_date, struct token_refusal *ret_refusal)
{
	struct attempt attempt = {.idp = idp, .base = form, .now = now};
	struct http_request request = {.url = url};
	struct http_response response = {0};
	int result = idp_send(idp, &request, prepare, &attempt, &response);

	if (result == 0) {
		result = read_answer(idp, url, &response, ret, ret_refusal);
		*ret_date = response.date;
		http_response_free(&response);
	}
	attempt_free(&attempt);
	return result;
}

int token_request(const struct idp *idp, const struct form *form, int64_t now, struct token *ret,
		  struct token_refusal *ret_refusal)
{
	json_t *answer = NULL;
	int64_t date = -1;
	int result = token_post(idp, idp->token_endpoint, form, now, &answer, &date, ret_refusal);

	if (result == 0)
		result = read_token(idp, answer, date, now, ret);
	json_decref(answer);
	return result;
}

int token_request_or_say(const struct idp *idp, struct form *form, const char *tried, int64_t now,
			 struct token *ret)
{
	struct token_refusal refusal;
	int result = token_request(idp, form, now, ret, &refusal);

	form_free(form);
	if (result == 1)
		token_refusal_say(&refusal, tried, now);
	return result == 0 ? 0 : -1;
}

/* ---- a refusal, in words -------------------------------------------------- */

static const struct {
	const char *error, *advice;
} advices[] = {
    {"invalid_client",
     "client_id, client_auth and the secret or key must be those that are registered there"},
    {"unauthorized_client", "the identity provider must allow this client this grant"},
    {"unsupported_grant_type",
     "the identity provider does not know this grant, or this client may not use it"},
    {"invalid_scope", "the scope in the profile must be one that this client may have"},
    {"invalid_target", "resource or audience in the profile must be one that the identity provider knows"},
    {"access_denied", "the person who was asked said no"},
    {"temporarily_unavailable", "try again later"},
};

void token_refusal_say(const struct token_refusal *refusal, const char *tried, int64_t now)
{
	say("%s refuses %s: %s%s%s (HTTP %ld)", refusal->url, tried, refusal->error,
	    *refusal->description ? ": " : "", refusal->description, refusal->status);
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (strcmp(advices[i].error, refusal->error) == 0)
			say("%s", advices[i].advice);
	if (strcmp(refusal->error, "invalid_client") == 0)
		idp_say_auth_methods(refusal->idp);
	idp_compare_clocks(refusal->date, now);
}
