/* SPDX-License-Identifier: Apache-2.0 */
/* session_sweep.h: removes what crashed connections leave in RUNDIR/sessions/. */
#ifndef AGENTAUTH_STATE_SESSION_SWEEP_H
#define AGENTAUTH_STATE_SESSION_SWEEP_H

#include <stdint.h>
#include <sys/types.h>

#include "common/state/session_record.h"

/* Removes the records of sessions that are gone, and the remains of records that cannot be read. `gone` (may be NULL)
 * is shown each opened session that ended without being closed. `stays` (may be NULL) gets each live session and owns
 * it, so that a caller that wants both looks at every record once. The number of removed records, or -errno. */
typedef void aa_session_gone_fn(void *data, const struct aa_session *session);
typedef void aa_session_stays_fn(void *data, struct aa_session *session);
long aa_session_sweep(const char *rundir, uid_t owner, int64_t now, aa_session_gone_fn *gone,
		      aa_session_stays_fn *stays, void *data);

#endif
