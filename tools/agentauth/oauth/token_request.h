/* SPDX-License-Identifier: Apache-2.0 */
/* token_request.h: sends a request to the token endpoint (RFC 6749 sections 3.2 and 5). */
#ifndef AGENTAUTH_AGENT_TOKEN_REQUEST_H
#define AGENTAUTH_AGENT_TOKEN_REQUEST_H

#include <stdint.h>

#include "tools/agentauth/credential/access_token.h"
#include "tools/agentauth/oauth/form.h"
#include "tools/agentauth/oauth/idp.h"

/* A refusal is as RFC 6749 section 5.2 has it. Its texts may be shown. */
struct token_refusal {
	const struct idp *idp; /* borrowed, as is the url */
	const char *url;
	char error[64], description[512];
	long status;
	int64_t date; /* the identity provider's clock, or -1 */
};

/* Adds what the profile asks for: scope, audience and resource. */
void token_request_add_wishes(const struct profile *profile, struct form *form);
/* Adds the profile's resource (RFC 8707) alone, as a request for a code's token does. */
void token_request_add_resource(const struct profile *profile, struct form *form);

/* POSTs the form, to which the client's authentication is added, to an endpoint of the identity provider. Returns 0 with the
 * answer in *ret, a new reference to an object, and the identity provider's clock or -1 in *ret_date; 1 with the refusal; -1
 * with the reason said. */
int token_post(const struct idp *idp, const char *url, const struct form *form, int64_t now, json_t **ret,
	       int64_t *ret_date, struct token_refusal *ret_refusal);

/* POSTs the form to the token endpoint likewise; *ret is the token, for token_free(). */
int token_request(const struct idp *idp, const struct form *form, int64_t now, struct token *ret,
		  struct token_refusal *ret_refusal);
/* Does token_request(), frees the form, and says a refusal. Returns 0, or -1 with the reason said. */
int token_request_or_say(const struct idp *idp, struct form *form, const char *tried, int64_t now,
			 struct token *ret);

/* Says why something was refused, and what may be done. `tried` names what was presented: "the client credentials". */
void token_refusal_say(const struct token_refusal *refusal, const char *tried, int64_t now);

#endif
