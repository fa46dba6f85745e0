/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_check.h: what can be known to fail before ssh connects. */
#ifndef AGENTAUTH_AGENT_SSH_CHECK_H
#define AGENTAUTH_AGENT_SSH_CHECK_H

#include <stdbool.h>

#include "tools/agentauth/commands/ssh_login.h"
#include "tools/agentauth/local/profile.h"

/* The profile that answers for a login; ssh_check_clear() frees it. */
struct ssh_check {
	struct profiles *profiles;
	const struct profile *profile;
};

/* Looks at the profile, the key or secret and the clock that the login needs. A host with PerSourcePenalties (OpenSSH 9.8)
 * drops everybody at an address from which logins fail: a login that cannot succeed is not tried. `only` is the profile that
 * must answer, or NULL. False with the reason said. */
bool ssh_check(const struct ssh_login *login, const char *only, struct ssh_check *ret);
void ssh_check_clear(struct ssh_check *check);
/* The part of it that a profile alone decides: its key, secret or token, and the clock. */
bool ssh_check_profile(const struct profiles *profiles, const struct profile *profile);

#endif
