/* SPDX-License-Identifier: Apache-2.0 */
/* issuer_request.h holds the arguments of `issuer add`. */
#ifndef AGENTAUTHCTL_ISSUER_REQUEST_H
#define AGENTAUTHCTL_ISSUER_REQUEST_H

#include <stdbool.h>

#include "common/text/list.h"

/* NULL and empty leave a setting to the template. */
struct issuer_request {
	const char *name; /* of the block */
	const char *issuer, *tenant, *token_version, *jwks_file, *jwks_uri, *ca_file, *bearer_file,
	    *client_claim, *namespace, *scope_claim, *blueprint;
	struct aa_list audience;
	struct aa_list scopes; /* VALUE:ROLE */
	struct aa_list algorithms;
	bool delegation;
};

#endif
