/* SPDX-License-Identifier: Apache-2.0 */
/* token_grant.h: gets a new token from the identity provider, by the profile's grant. */
#ifndef AGENTAUTH_AGENT_TOKEN_GRANT_H
#define AGENTAUTH_AGENT_TOKEN_GRANT_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/agentauth/credential/access_token.h"
#include "tools/agentauth/oauth/idp.h"

#define GRANT_PERSON_SECONDS 300 /* a login may take so long */

struct grant {
	const struct idp *idp;
	int64_t now;
	bool no_browser; /* the address is printed only */
	/* Returns another profile's token, for an exchange: a text for own_wipe(), or NULL with the reason said. */
	char *(*token_of)(const char *profile, void *data);
	void *data;
	void (*wait)(int64_t ms); /* between two questions; clock_wait() outside tests */
};

/* Each grant returns 0 with *ret for token_free(), or -1 with the reason said. */
int grant_client_credentials(const struct grant *grant, struct token *ret); /* RFC 6749 section 4.4 */
int grant_authorization_code(const struct grant *grant, struct token *ret); /* RFC 6749 4.1, RFC 7636, 8252 */
int grant_device_code(const struct grant *grant, struct token *ret);	    /* RFC 8628 */
int grant_token_exchange(const struct grant *grant, struct token *ret);	    /* RFC 8693 */
int grant_jwt_bearer(const struct grant *grant, struct token *ret);	    /* RFC 7523 section 2.1 */

/* Runs the grant that the profile names. A refresh token is given only where the grant needs a person. */
int grant_run(const struct grant *grant, struct token *ret);

/* Uses the refresh token (RFC 6749 section 6). Returns 1 where the identity provider does not take it any more. */
int grant_refresh(const struct grant *grant, const char *refresh, struct token *ret);

#endif
