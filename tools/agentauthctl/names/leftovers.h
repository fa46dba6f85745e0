/* SPDX-License-Identifier: Apache-2.0 */
/* leftovers.h removes files that a writer made beside the file that it meant to write, where it was killed before it
 * renamed or linked its own. Each writer names its file .NAME.PID, or .ID in sessions/. */
#ifndef AGENTAUTHCTL_LEFTOVERS_H
#define AGENTAUTHCTL_LEFTOVERS_H

#include <stdint.h>

/* leftovers_remove() removes those below STATEDIR and RUNDIR whose writers are gone, and that have lain for a minute.
 * It returns their number. */
long leftovers_remove(const char *statedir, const char *rundir, int64_t now);

#endif
