/* SPDX-License-Identifier: Apache-2.0 */
/* provider.h: what is known of the identity providers that agents get tokens from, and the block of
 * agentauth.conf that follows from it.
 *
 * A block says in comments what a person must know of the provider: which claim names the agent, how a token
 * of its own is told from a person's, what must be set up over there. tests/unit/test_provider.c holds every
 * block against tokens of the shape that the provider issues.
 */
#ifndef AGENTAUTHCTL_PROVIDER_H
#define AGENTAUTHCTL_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/text/list.h"
#include "tools/conf/conf_read.h"

/* What was asked for; NULL and empty: what the provider has. */
struct provider_request {
	const char *name;     /* of the block */
	const char *provider; /* "keycloak", …; NULL: any OpenID Connect provider */
	const char *issuer, *tenant, *token_version, *jwks_file, *jwks_uri, *ca_file, *bearer_file,
	    *client_claim, *namespace, *scope_claim, *blueprint;
	struct aa_list audience;
	struct aa_list scopes; /* VALUE:ROLE */
	struct aa_list algorithms;
	bool delegation;
};

/* The group "{ … }" as it stands in `issuers`, indented for it, with comments; from malloc(). NULL: `why`
 * says, in a whole sentence without a full stop, what is missing or does not fit. Values are quoted here and
 * checked by the reader of the text. */
char *provider_block(const struct provider_request *request, char *why, size_t size);

/* How an agent is bound to a client of this provider, as a line of a person's notes: what CLIENT is. Static.
 */
const char *provider_client(const struct provider_request *request);

#endif
