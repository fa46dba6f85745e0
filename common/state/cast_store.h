/* SPDX-License-Identifier: Apache-2.0 */
/* cast_store.h: where recordings of terminals are (cast.h), how they are sealed, and when they go.
 *
 * LOGDIR/recordings/AGENT holds an agent's sealed recordings, and `bytes`, how much they are together; AGENT/open those that
 * are written to. A recording is sealed once nothing writes to it any more: a line of the audit log has its SHA-256, and then
 * it leaves `open`. What a killed writer has left there is sealed by the next sweep.
 */
#ifndef AGENTAUTH_STATE_CAST_STORE_H
#define AGENTAUTH_STATE_CAST_STORE_H

#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/verify/reason.h"

#define AA_CAST_DIR "recordings"
#define AA_CAST_NAME_SIZE 64
#define AA_CAST_MAX ((size_t)64 << 20)	    /* bytes of a recording; what follows is not in it */
#define AA_CAST_AGENT_MAX ((size_t)2 << 30) /* bytes of an agent's recordings; then there are no more */
#define AA_CAST_HEAD_MAX 16384		    /* bytes of a recording's first line */
#define AA_CAST_DAYS 90			    /* that a recording is kept */

/* Opens the agent's folder of recordings that are written to, and makes it where it is not there. 0 or a negative errno:
 * -EDQUOT where the agent's recordings are as many as they may be. */
int aa_cast_store_open(const char *logdir, uid_t owner, const char *agent, int *ret_dirfd);

/* Gets an audit record, and takes its reference; anything but AA_OK: it could not be written. */
typedef enum aa_reason aa_cast_log_fn(void *data, json_t *record);

/* Seals the recording `file` (NAME.cast) of the agent. `step`: "recorded", or "unfinished" where its writer was killed. 0, a
 * negative errno, or -EAGAIN where the log could not take the line: then a sweep seals it. */
int aa_cast_seal(const char *logdir, uid_t owner, const char *agent, const char *file, const char *step,
		 aa_cast_log_fn *log, void *data);

/* Seals what killed writers have left, and, once an hour, removes recordings that are older than AA_CAST_DAYS. Returns how
 * many were removed. */
unsigned aa_cast_sweep(const char *logdir, uid_t owner, int64_t now, aa_cast_log_fn *log, void *data);

#endif
