/* SPDX-License-Identifier: Apache-2.0 */
/* grant.h: the agent's roles, narrowed by service, source and what was presented. For verify's own files. */
#ifndef AGENTAUTH_VERIFY_GRANT_H
#define AGENTAUTH_VERIFY_GRANT_H

#include "common/verify/claims.h"
#include "common/verify/verify.h"

struct aa_narrowing {
	const char *scope;   /* names of roles, parted by spaces: no others; NULL: all */
	bool delegable_only; /* on behalf of a user */
	bool (*admit)(const void *data, const char *role); /* what the issuer's scopes grant; NULL: all */
	const void *data;
};

/* A role that does not admit this service or source is left out; none left is AA_SERVICE_DENIED, AA_SOURCE_DENIED or
 * AA_ROLE_DENIED. */
enum aa_reason aa_grant_roles(const struct aa_policy *policy, const struct aa_agent *agent,
			      const struct aa_login *login, const struct aa_narrowing *narrow,
			      struct aa_grant *ret);

#endif
