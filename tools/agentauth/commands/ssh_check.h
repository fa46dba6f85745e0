/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_check.h: finds out, before ssh connects, whether a login can succeed. */
#ifndef AGENTAUTH_AGENT_SSH_CHECK_H
#define AGENTAUTH_AGENT_SSH_CHECK_H

#include <stdbool.h>

#include "tools/agentauth/commands/ssh_login.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/local/profiles.h"

/* A check found the profile that answers for a login; ssh_check_clear() frees both. */
struct ssh_check {
	struct profiles *profiles;
	const struct profile *profile;
};

/* Looks at the profile, the key or secret and the clock that the login needs. A login that cannot succeed is not tried, since a
 * host with PerSourcePenalties (OpenSSH 9.8) drops everybody at an address from which logins fail. `only` is the profile that
 * must answer, or NULL. False comes with the reason said. */
bool ssh_check(const struct ssh_login *login, const char *only, struct ssh_check *ret);
void ssh_check_clear(struct ssh_check *check);
/* Looks at what the profile alone decides: its key, secret or token, and the clock. */
bool ssh_check_profile(const struct profiles *profiles, const struct profile *profile);

#endif
