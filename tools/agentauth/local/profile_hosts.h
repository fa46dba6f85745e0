/* SPDX-License-Identifier: Apache-2.0 */
/* profile_hosts.h: decides which host may have what of a profile. */
#ifndef AGENTAUTH_AGENT_PROFILE_HOSTS_H
#define AGENTAUTH_AGENT_PROFILE_HOSTS_H

#include <stdbool.h>

#include "tools/agentauth/local/profile.h"

/* Tells whether the profile lists the host, in upper or lower case. */
bool profile_has_host(const struct profile *profile, const char *host);
/* Tells whether the host may ask for a credential for this audience. Where a profile has several hosts and several audiences,
 * a host may ask only for the audiences that name that host. */
bool profile_may_have(const struct profile *profile, const char *host, const char *audience);

/* Tells whether a profile with several hosts and several audiences says which belong together: each audience must name one of
 * the hosts, and each host must be named. */
bool profile_audiences_are_told_apart(const struct profile *profile);

#endif
