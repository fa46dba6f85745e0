/* SPDX-License-Identifier: Apache-2.0 */
/* session_store.h: records of sessions as files, RUNDIR/sessions/ID.json. */
#ifndef AGENTAUTH_STATE_SESSION_STORE_H
#define AGENTAUTH_STATE_SESSION_STORE_H

#include <sys/types.h>

#include "common/state/session_record.h"

/* Makes sessions/ and approvals/ where they are not there. 0 or -errno. */
int aa_session_init(const char *rundir);

/* Opens RUNDIR/sessions. A descriptor or a negative errno. */
int aa_sessions_dir(const char *rundir);
/* Replaces the record whole, so that a reader sees the old one or the new one. 0 or -errno. */
int aa_session_save(int dir, const struct aa_session *session);
/* True: the record was there. */
bool aa_session_remove(int dir, const char *id);

/* Reads a record, whose file `owner` or uid 0 must own. 0, -ENOENT, or another negative errno. */
int aa_session_load(const char *rundir, uid_t owner, const char *id, struct aa_session **ret);

/* Reads it from an open directory. `boot_id`: the kernel's, where the caller has it; NULL: it is read. */
int aa_session_load_at(int dir, uid_t owner, const char *id, const char *boot_id, struct aa_session **ret);

#endif
