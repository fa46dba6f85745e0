/* SPDX-License-Identifier: Apache-2.0 */
/* session_sweep.h: what crashed connections leave in RUNDIR/sessions/ is taken away. */
#ifndef AGENTAUTH_STATE_SESSION_SWEEP_H
#define AGENTAUTH_STATE_SESSION_SWEEP_H

#include <stdint.h>
#include <sys/types.h>

#include "common/state/session_record.h"

/* Removes the records of what is not there any more, and what is left of records that cannot be read. `gone`, where given,
 * is shown each opened session that ended without being closed; `stays`, where given, gets each that is live, and owns
 * it, so that who wants both looks at every record once. How many records were removed, or -errno. */
typedef void aa_session_gone_fn(void *data, const struct aa_session *session);
typedef void aa_session_stays_fn(void *data, struct aa_session *session);
long aa_session_sweep(const char *rundir, uid_t owner, int64_t now, aa_session_gone_fn *gone,
		      aa_session_stays_fn *stays, void *data);

#endif
