/* SPDX-License-Identifier: Apache-2.0 */
/* release_check.h decides whether a manifest is one that this host takes. */
#ifndef AGENTAUTHCTL_FLEET_RELEASE_CHECK_H
#define AGENTAUTHCTL_FLEET_RELEASE_CHECK_H

#include "tools/agentauthctl/fleet/fleet_conf.h"
#include "tools/agentauthctl/fleet/refusal.h"
#include "tools/agentauthctl/fleet/release.h"
#include "tools/agentauthctl/fleet/taken.h"

/* release_check() returns true for the manifest of a release that enough keys of the host's own fleet.conf have signed,
 * that is for this host, unexpired, and newer than what the host has had, or that very release. Signatures are looked at before
 * anything that they cover. `signers` gets their names. release_free() in any case. */
bool release_check(const struct fleet_conf *conf, const struct taken *own, const char *text, size_t len,
		   int64_t now, struct release *ret, char *signers, size_t size,
		   struct fleet_refusal *refusal);

#endif
