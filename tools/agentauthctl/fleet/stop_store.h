/* SPDX-License-Identifier: Apache-2.0 */
/* stop_store.h keeps the stops and lifts that this host has once seen, in STATEDIR/fleet/stops: a carrier that forgets one
 * takes nothing back. Each was verified before it was kept. */
#ifndef AGENTAUTHCTL_FLEET_STOP_STORE_H
#define AGENTAUTHCTL_FLEET_STOP_STORE_H

#include <sys/types.h>

#include "tools/agentauthctl/fleet/stop.h"

#define STOPS_KEPT 10000  /* more are not taken */
#define FLEET_BY "fleet:" /* begins the `by` of a decision that is the fleet's; no login has such a name */

struct stops {
	struct stop *v;
	size_t n, cap;
};

/* stop_store_read() returns 0 or a negative errno; a host that has seen none is success. A file that cannot be read is an
 * error, since it may shut somebody out. stops_free() in any case. */
int stop_store_read(const char *statedir, uid_t owner, struct stops *ret);
void stops_free(struct stops *stops);
/* stops_hold() returns true where `v[i]` is a stop, and no lift names it. */
bool stops_hold(const struct stops *stops, size_t i);
/* stops_of() returns a stop that holds and shuts the agent out, or NULL. */
const struct stop *stops_of(const struct stops *stops, const struct aa_agent *agent);

/* stops_gather() takes those of a release directory that are not kept yet and that fleet.conf lets through. It returns how
 * many, or a negative errno of the store; *ret_refused counts the others, and `refusal` has the first of them. With `dry_run`
 * nothing is written. */
int stops_gather(const struct fleet_conf *conf, int dirfd, const char *statedir, bool dry_run,
		 struct stops *stops, size_t *ret_refused, struct fleet_refusal *refusal);

#endif
