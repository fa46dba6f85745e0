/* SPDX-License-Identifier: Apache-2.0 */
/* grant_jwt_bearer.c: JWT bearer: an assertion of the profile's key becomes a token (RFC 7523 section 2.1), as Google's service
 * accounts do it. */
#include "config.h"

#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/oauth/client_auth.h"
#include "tools/agentauth/oauth/token_grant.h"
#include "tools/agentauth/oauth/token_request.h"
#include "tools/cli/say.h"

/* The scope in the assertion is Google's way, the form's is the RFC's. target_audience asks for an ID token.
 */
static json_t *more_claims(const struct profile *p)
{
	return json_pack("{s:s*, s:s*}", "scope", p->scope, "target_audience", p->target_audience);
}

static int add_assertion(const struct grant *grant, struct form *form)
{
	const struct profile *p = grant->idp->profile;
	json_t *more = more_claims(p);
	char *assertion;

	if (!more)
		return say_failed("a value is not UTF-8, or memory is out"), -1;
	assertion =
	    client_assertion(p, p->subject, client_assertion_audience(grant->idp, grant->idp->token_endpoint),
			     more, grant->now);
	json_decref(more);
	if (!assertion)
		return -1;
	form_add(form, "assertion", assertion);
	own_wipe(assertion);
	return 0;
}

int grant_jwt_bearer(const struct grant *grant, struct token *ret)
{
	struct form form = {0};
	struct token_refusal refusal;
	int result = -1;

	form_add(&form, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
	if (add_assertion(grant, &form) == 0) {
		token_request_add_wishes(grant->idp->profile, &form);
		result = token_request(grant->idp, &form, grant->now, ret, &refusal);
	}
	form_free(&form);
	if (result == 1)
		token_refusal_say(&refusal, "the assertion", grant->now);
	if (result == 0) {
		own_wipe(ret->refresh);
		ret->refresh = NULL;
	}
	return result == 0 ? 0 : -1;
}
