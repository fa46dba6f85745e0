/* SPDX-License-Identifier: Apache-2.0 */
/* client_auth.h: authenticates the client to the identity provider (RFC 6749 section 2.3, RFC 7523 section 2.2). */
#ifndef AGENTAUTH_AGENT_CLIENT_AUTH_H
#define AGENTAUTH_AGENT_CLIENT_AUTH_H

#include <stdint.h>

#include <jansson.h>

#include "tools/agentauth/oauth/form.h"
#include "tools/agentauth/oauth/idp.h"

/* HTTP basic has a user and a password; both are NULL where the form authenticates the client. */
struct client_basic {
	char *user, *password;
};

/* Adds the authentication to the form, or fills *ret, which goes to client_basic_free(). Returns 0, or -1 with the reason
 * said. */
int client_auth_add(const struct idp *idp, int64_t now, struct form *form, struct client_basic *ret);
void client_basic_free(struct client_basic *basic);

/* Signs an assertion with the profile's key. Its issuer is the client, and so is its subject where `subject` is NULL; `more`
 * is as in assertion_claims(). Returns a text for own_wipe(), or NULL with the reason said. */
char *client_assertion(const struct profile *profile, const char *subject, const char *audience, json_t *more,
		       int64_t now);
/* Returns the audience that the profile's assertion_audience means, or `otherwise` where the profile has none. */
const char *client_assertion_audience(const struct idp *idp, const char *otherwise);

#endif
