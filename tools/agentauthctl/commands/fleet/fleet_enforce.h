/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_enforce.h has the stops that a host has seen hold: agents are suspended and what they run ends, credentials are revoked,
 * and what a lift names is taken back. */
#ifndef AGENTAUTHCTL_FLEET_ENFORCE_H
#define AGENTAUTHCTL_FLEET_ENFORCE_H

#include "tools/agentauthctl/commands/ctl.h"
#include "tools/agentauthctl/fleet/stop_store.h"

/* fleet_enforce() makes every decision that the stops ask for and is not made yet, ends the processes of whoever is shut out,
 * and lets those in again whom a lift names. A decision of this host's own people is left alone by both. */
enum ctl_status fleet_enforce(struct ctl *ctl, const struct stops *stops);
/* fleet_suspend() shuts out one agent that is about to be published, if a stop fits. */
enum ctl_status fleet_suspend(struct ctl *ctl, const struct stops *stops, const struct aa_agent *agent);

#endif
