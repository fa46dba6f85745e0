/* SPDX-License-Identifier: Apache-2.0 */
/* roles.h: the agent's roles, narrowed by service, source and the credential. */
#ifndef AGENTAUTH_VERIFY_ROLES_H
#define AGENTAUTH_VERIFY_ROLES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/verify/policy.h"
#include "common/verify/verdict.h"

bool aa_roles_have(const struct aa_roles *roles, const char *role);
/* The strictest limit of the roles counts; 0: none of them limits. */
int64_t aa_roles_max_session(const struct aa_roles *roles);
int64_t aa_roles_max_sessions(const struct aa_roles *roles, const struct aa_agent *agent);

/* Adds a role to the agent's until then, by an elevation. False: there is no memory for it. */
bool aa_roles_lend(struct aa_agent *agent, const char *role, int64_t until);
/* Gives the end of the elevation by which the agent has the role; 0: the role is one of its record's. */
int64_t aa_roles_lent_until(const struct aa_agent *agent, const char *role);

struct aa_narrowing {
	const char *scope;   /* names of roles, parted by spaces: no others; NULL: all */
	bool delegable_only; /* on behalf of a user */
	bool (*admit)(const void *data, const char *role); /* what the issuer's scopes grant; NULL: all */
	const void *data;
};

/* Leaves out each role that does not admit this service or source. None left: AA_SERVICE_DENIED, AA_SOURCE_DENIED or
 * AA_ROLE_DENIED. */
enum aa_reason aa_roles_narrow(const struct aa_policy *policy, const struct aa_agent *agent,
			       const struct aa_login *login, const struct aa_narrowing *narrow,
			       struct aa_roles *ret);

#endif
