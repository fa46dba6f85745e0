/* SPDX-License-Identifier: Apache-2.0 */
/* elevation.h: roles that an agent has for a time, beside its record: STATEDIR/state/elevated/NAME/ROLE.
 *
 * Each file is JSON {"by", "at", "until", "why", "boot_id", "uptime"}, made by `agentauthctl elevate`. It wins over the text
 * and survives apply and rollback, and holds until its time is over, at most a day. In the boot in which it was made the end
 * is counted by the uptime as well, so that a clock that is set back lengthens nothing. What cannot be read or understood,
 * and a role that is not published, elevates nobody.
 *
 * What is decided about an agent counts such a role as one of its record's, with its services, sources and approvals; but what
 * root starts without a credential does not get it. A session that has the role ends with the elevation at the latest, and
 * a session that is open does not get the role.
 */
#ifndef AGENTAUTH_STATE_ELEVATION_H
#define AGENTAUTH_STATE_ELEVATION_H

#include <stdint.h>

#include <jansson.h>

#include "common/verify/policy.h"
#include "common/verify/step.h"

#define AA_ELEVATION_MAX 86400 /* seconds that one lasts at most */
#define AA_ELEVATIONS_MAX 8    /* roles of one agent at a time */

/* Gives the agent the role from `now` until `until`, in the place of an earlier elevation to that role. 0; -EDQUOT: it has
 * AA_ELEVATIONS_MAX others; or another negative errno. */
int aa_elevation_make(const char *statedir, const char *agent, const char *role, const char *by,
		      const char *why, int64_t now, int64_t until);
/* Ends it. -ENOENT: there was none. */
int aa_elevation_end(const char *statedir, const char *agent, const char *role);

/* Removes the file of one that is over. -EAGAIN: it was made anew meanwhile. */
int aa_elevation_forget(const char *statedir, const char *agent, const char *role, int64_t now);

/* Lists the agent's elevations as an array of the files' objects, each with "role" and "state": "active", "over", or
 * "damaged", which has these two alone. A new reference. 0 or a negative errno. */
int aa_elevations(const char *statedir, const char *agent, int64_t now, json_t **ret);
/* Lists those of all agents, each with "agent" as well. */
int aa_elevations_of_all(const char *statedir, int64_t now, json_t **ret);

/* Adds the roles of active elevations to an agent's record, and notes each. A role that the record has stays its own. Nothing
 * is added where that cannot be told. */
void aa_elevation_add(const char *statedir, const struct aa_policy *policy, int64_t now,
		      const struct aa_trace *trace, struct aa_agent *agent);

#endif
