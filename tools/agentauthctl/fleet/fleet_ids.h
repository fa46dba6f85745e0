/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_ids.h brings the names and ids that the fleet ever gave to a host, which keeps them free for whom they are. */
#ifndef AGENTAUTHCTL_FLEET_IDS_H
#define AGENTAUTHCTL_FLEET_IDS_H

#include "tools/agentauthctl/fleet/refusal.h"
#include "tools/agentauthctl/publish/ids.h"

/* fleet_ids_bring() takes the release's file ids, which goes into `fleet`, too. It returns false, with a refusal, where a line
 * is damaged, or where this host or the fleet gave a name or an id to somebody else before. */
bool fleet_ids_bring(struct ids *ids, char *text, struct ids *fleet, struct fleet_refusal *refusal);
/* fleet_ids_use() has a name that was retired on this host in use again, where the fleet uses it with the same id: the agent
 * was on other hosts meanwhile. */
void fleet_ids_use(struct ids *ids, const struct ids *fleet, enum id_kind kind, const char *name);

#endif
