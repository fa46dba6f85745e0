/* SPDX-License-Identifier: Apache-2.0 */
/* profile_hosts.h: which host may have what of a profile. */
#ifndef AGENTAUTH_AGENT_PROFILE_HOSTS_H
#define AGENTAUTH_AGENT_PROFILE_HOSTS_H

#include <stdbool.h>

#include "tools/agentauth/local/profile.h"

bool profile_has_host(const struct profile *profile, const char *host); /* without regard to case */
/* Whether the host may ask for a credential for this audience. Where a profile has several hosts and several
 * audiences, a host may ask only for those that name it. */
bool profile_may_have(const struct profile *profile, const char *host, const char *audience);

/* With several of both, each audience must name one of the hosts, and each host must be named. */
bool profile_audiences_are_told_apart(const struct profile *profile);

#endif
