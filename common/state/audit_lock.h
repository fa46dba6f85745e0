/* SPDX-License-Identifier: Apache-2.0 */
/* audit_lock.h: waits for the lock of the audit log, for so long and no longer. */
#ifndef AGENTAUTH_STATE_AUDIT_LOCK_H
#define AGENTAUTH_STATE_AUDIT_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Takes the flock() of `fd`, which its close() gives back. False: somebody else has held it for all of `wait_us`
 * microseconds. Writers that wait are served in the order in which they came. */
bool aa_audit_lock(int fd, int64_t wait_us);

#endif
