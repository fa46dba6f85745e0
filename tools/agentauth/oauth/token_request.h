/* SPDX-License-Identifier: Apache-2.0 */
/* token_request.h: one request to the token endpoint, RFC 6749 sections 3.2 and 5. */
#ifndef AGENTAUTH_AGENT_TOKEN_REQUEST_H
#define AGENTAUTH_AGENT_TOKEN_REQUEST_H

#include <stdint.h>

#include "tools/agentauth/credential/access_token.h"
#include "tools/agentauth/oauth/form.h"
#include "tools/agentauth/oauth/idp.h"

/* RFC 6749 section 5.2, fit to be shown. */
struct token_refusal {
	const struct idp *idp; /* borrowed, and its url */
	const char *url;
	char error[64], description[512];
	long status;
	int64_t date; /* the provider's clock, or -1 */
};

/* What the profile asks for: scope, audience and resource (RFC 8707). */
void token_request_add_wishes(const struct profile *profile, struct form *form);

/* POSTs the form, to which the client's authentication is added, to an endpoint of the provider. 0: *ret is
 * the answer, a new reference to an object, and *ret_date the provider's clock or -1. 1: the provider
 * refused, *ret_refusal says why. -1: the reason has been said. */
int token_post(const struct idp *idp, const char *url, const struct form *form, int64_t now, json_t **ret,
	       int64_t *ret_date, struct token_refusal *ret_refusal);

/* The same to the token endpoint; *ret is the token, for token_free(). */
int token_request(const struct idp *idp, const struct form *form, int64_t now, struct token *ret,
		  struct token_refusal *ret_refusal);

/* Says what a refusal is and what may be done. `tried` is what for: "the client credentials". */
void token_refusal_say(const struct token_refusal *refusal, const char *tried, int64_t now);

#endif
