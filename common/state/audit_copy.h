/* SPDX-License-Identifier: Apache-2.0 */
/* audit_copy.h: copies lines of the audit log to the machine's own logs. */
#ifndef AGENTAUTH_STATE_AUDIT_COPY_H
#define AGENTAUTH_STATE_AUDIT_COPY_H

#include <stdbool.h>

/* Copies the line, which is a JSON object of ASCII, to the journal, or, where none runs, to syslog (authpriv): to one
 * of them. Linux audit gets its own record (linux_audit.h), where it is built in. `written`: the audit log has it; otherwise the copy says that it has not. */
void aa_audit_copy(const char *line, bool written);

#endif
