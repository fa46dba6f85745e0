/* SPDX-License-Identifier: Apache-2.0 */
/* audit_begun.h: that the audit log of a folder was begun once, so that a folder which was emptied is no new one.
 *
 * STATEDIR/state/audit-begun holds the folder's path, and lies where the log does not. It is best effort: where it cannot be
 * written, nothing else tells either.
 */
#ifndef AGENTAUTH_STATE_AUDIT_BEGUN_H
#define AGENTAUTH_STATE_AUDIT_BEGUN_H

#include <stdbool.h>
#include <sys/types.h>

bool aa_audit_begun(const char *statedir, const char *logdir, uid_t owner);
void aa_audit_begun_note(const char *statedir, const char *logdir, uid_t owner);

#endif
