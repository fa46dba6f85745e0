/* SPDX-License-Identifier: Apache-2.0 */
/* ceiling.h holds what a release gives against what fleet.conf lets any release give. */
#ifndef AGENTAUTHCTL_FLEET_CEILING_H
#define AGENTAUTHCTL_FLEET_CEILING_H

#include "tools/agentauthctl/fleet/fleet_conf.h"
#include "tools/agentauthctl/fleet/refusal.h"
#include "tools/agentauthctl/model/model.h"

/* ceiling_allows_role() looks at a role of a release, its groups and its rules. A rule for ALL, and one that has no absolute
 * path, is refused whatever the ceiling says. */
bool ceiling_allows_role(const struct fleet_ceiling *ceiling, const struct aa_role *role,
			 struct fleet_refusal *refusal);
bool ceiling_allows_issuer(const struct fleet_ceiling *ceiling, const struct aa_issuer *issuer,
			   struct fleet_refusal *refusal);
/* ceiling_allows_agent() looks at the roles of an agent of a release, which may be the host's own. */
bool ceiling_allows_agent(const struct fleet_ceiling *ceiling, const struct aa_agent *agent,
			  struct fleet_refusal *refusal);

#endif
