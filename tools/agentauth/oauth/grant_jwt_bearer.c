/* SPDX-License-Identifier: Apache-2.0 */
/* grant_jwt_bearer.c: exchanges an assertion of the profile's key for a token (RFC 7523 section 2.1), as Google's service
 * accounts do. */
#include "config.h"

#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/oauth/client_auth.h"
#include "tools/agentauth/oauth/token_grant.h"
#include "tools/agentauth/oauth/token_request.h"

static int add_assertion(const struct grant *grant, struct form *form)
{
	const struct profile *p = grant->idp->profile;
	const char *audience = client_assertion_audience(grant->idp, grant->idp->token_endpoint);
	/* Google reads the scope here, the RFC's servers read it in the form. target_audience asks for an ID token. */
	json_t *more = json_pack("{s:s*, s:s*}", "scope", p->scope, "target_audience", p->target_audience);
	char *assertion = client_assertion(p, p->subject, audience, more, grant->now);

	if (!assertion)
		return -1;
	form_add(form, "assertion", assertion);
	own_wipe(assertion);
	return 0;
}

int grant_jwt_bearer(const struct grant *grant, struct token *ret)
{
	struct form form = {0};

	form_add(&form, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
	if (add_assertion(grant, &form) < 0)
		return form_free(&form), -1;
	token_request_add_wishes(grant->idp->profile, &form);
	return token_request_or_say(grant->idp, &form, "the assertion", grant->now, ret);
}
