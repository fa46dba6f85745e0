/* SPDX-License-Identifier: Apache-2.0 */
/* client_auth.h: how the client says who it is to the provider: RFC 6749 section 2.3, RFC 7523 section 2.2.
 */
#ifndef AGENTAUTH_AGENT_CLIENT_AUTH_H
#define AGENTAUTH_AGENT_CLIENT_AUTH_H

#include <stdint.h>

#include <jansson.h>

#include "tools/agentauth/oauth/form.h"
#include "tools/agentauth/oauth/idp.h"

/* For HTTP basic; NULL where the form says it. */
struct client_basic {
	char *user, *password;
};

/* Adds to the form, or fills *ret, which goes to client_basic_free(). 0, or -1 with the reason said. */
int client_auth_add(const struct idp *idp, int64_t now, struct form *form, struct client_basic *ret);
void client_basic_free(struct client_basic *basic);

/* An assertion of the profile's key: iss and sub are the client (`subject` NULL), aud is `audience`; `more`,
 * an object or NULL, is added. From malloc(); NULL with the reason said. */
char *client_assertion(const struct profile *profile, const char *subject, const char *audience, json_t *more,
		       int64_t now);
/* The audience that the profile's assertion_audience means, `otherwise` where it has none. */
const char *client_assertion_audience(const struct idp *idp, const char *otherwise);

#endif
