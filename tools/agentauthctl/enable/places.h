/* SPDX-License-Identifier: Apache-2.0 */
/* places.h: the one list of what agentauth puts where on a host, for enable and disable. */
#ifndef AGENTAUTHCTL_PLACES_H
#define AGENTAUTHCTL_PLACES_H

#include "tools/agentauthctl/enable/placed.h"
#include "tools/agentauthctl/publish/paths.h"

/* places_in() plans what is missing on this host of these parts (bits of enum host_part). False: reported. */
bool places_in(struct host_plan *plan, unsigned parts, const struct paths *paths);
/* places_out() plans that what there is of these parts goes: a file that is as it was written becomes what it was before, and of
 * another our lines alone are taken. What cannot be taken is told as a warning. False: reported. */
bool places_out(struct host_plan *plan, unsigned parts, const struct paths *paths,
		const struct placed *placed);
/* places_out_of() plans the same for one file, or unit, of which something is kept. */
bool places_out_of(struct host_plan *plan, const char *path, const struct placed *placed);

/* places_has_systemd() returns whether systemd is process 1. */
bool places_has_systemd(void);

#endif
