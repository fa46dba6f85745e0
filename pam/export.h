/* SPDX-License-Identifier: Apache-2.0 */
/* export.h: hands a session's data to its processes, and to pam_systemd. */
#ifndef AGENTAUTH_PAM_EXPORT_H
#define AGENTAUTH_PAM_EXPORT_H

#include <security/pam_modules.h>

#include "common/state/session_record.h"
#include "pam/call.h"

/* Sets AGENTAUTH_… for the session's processes: information, never proof. 0 or a PAM code. */
int aa_export_environment(pam_handle_t *pamh, const struct aa_session *session);
void aa_export_clear_environment(pam_handle_t *pamh);
/* Sets what pam_systemd reads in its open_session: runtime_max_sec and the strictest limits of the session's roles. */
int aa_export_limits(struct aa_call *call, const struct aa_session *session);

#endif
