/* SPDX-License-Identifier: Apache-2.0 */
/* report.h: writes a call to the log, and tells the user why. */
#ifndef AGENTAUTH_PAM_REPORT_H
#define AGENTAUTH_PAM_REPORT_H

#include "common/state/session_record.h"
#include "common/verify/policy.h"
#include "common/verify/verdict.h"
#include "pam/call.h"

/* Writes one audit record of this call. Any of verdict, session, agent may be NULL. AA_OK, or AA_AUDIT_UNAVAILABLE
 * where the host's policy is to deny. */
enum aa_reason aa_report(struct aa_call *call, const char *event, enum aa_reason reason,
			 const struct aa_verdict *verdict, const struct aa_session *session);
/* Writes the record of a session that this handle closes. */
void aa_report_close(struct aa_call *call, const struct aa_session *session, enum aa_reason reason);

/* Tells an agent why its sudo was refused: it has logged in, and a reason helps it more than another try. `why` NULL: the
 * reason's sentence. The reason's word stands behind it in parentheses, where agentauth may reads it. */
void aa_report_tell(struct aa_call *call, enum aa_reason reason, const char *why);
/* Tells a person why an agent could not be started. */
void aa_report_tell_starter(struct aa_call *call, enum aa_reason reason);

#endif
