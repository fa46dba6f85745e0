/* SPDX-License-Identifier: Apache-2.0 */
/* leftovers.h: files that a writer made beside the one that it was to be, and was killed before it renamed or linked it.
 * Each writer names its own .NAME.PID, or .ID in sessions/.
 */
#ifndef AGENTAUTHCTL_LEFTOVERS_H
#define AGENTAUTHCTL_LEFTOVERS_H

#include <stdint.h>

/* Removes those below STATEDIR and RUNDIR whose writers are gone, and that have lain for a minute. How many. */
long leftovers_remove(const char *statedir, const char *rundir, int64_t now);

#endif
