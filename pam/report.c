/* SPDX-License-Identifier: Apache-2.0 */
/* report.c: writes the audit record of a call, and tells the user why. */
#include "config.h"

#include "pam/report.h"

#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <security/pam_ext.h>

#include "common/file/asked_program.h"
#include "common/state/audit_record.h"
#include "common/state/monotonic.h"
#include "common/state/told.h"

/* Gives the service as PAM has it, and not its canonical name. */
static const char *service_of(const struct aa_call *call)
{
	const void *service = NULL;

	(void)pam_get_item(call->pamh, PAM_SERVICE, &service);
	return service;
}

enum aa_reason aa_report(struct aa_call *call, const char *event, enum aa_reason reason,
			 const struct aa_verdict *verdict, const struct aa_session *session)
{
	const struct aa_audit_command asked = {
	    .pid = getpid(),
	    .asked_only = reason == AA_OK && !aa_told_audited(AA_SUDO_PLUGIN, call->identity.account.uid) &&
			  !aa_asked_program("/proc/self/cmdline", AA_LIBEXECDIR "/approved")};
	struct aa_audit_event record = {.event = event,
					.agent = call->identity.known ? call->user : NULL,
					.uid = call->identity.account.uid,
					.rhost = call->login.address,
					.reason = reason,
					.role = call->role,
					.verdict = verdict,
					.session = session,
					.command = strcmp(event, "sudo-asked") == 0 ? &asked : NULL,
					.micros = aa_monotonic_us() - call->started_us};

	record.service = service_of(call);
	if (call->args.debug)
		pam_syslog(call->pamh, LOG_DEBUG, "%s: %s (%s)", event, aa_reason_name(reason),
			   aa_reason_sentence(reason));
	return aa_context_audit(&call->ctx, aa_audit_event(&record));
}

void aa_report_close(struct aa_call *call, const struct aa_session *session, enum aa_reason reason)
{
	json_t *record =
	    aa_audit_session_close(session, service_of(call), reason, aa_monotonic_us() - call->started_us);

	(void)aa_context_audit(&call->ctx, record);
}

void aa_report_tell(struct aa_call *call, enum aa_reason reason, const char *why)
{
	aa_call_pause(call);
	(void)pam_error(call->pamh, "agentauth: %s is refused: %s (%s)", call->service,
			why ? why : aa_reason_sentence(reason), aa_reason_name(reason));
	aa_call_resume(call);
}

void aa_report_tell_starter(struct aa_call *call, enum aa_reason reason)
{
	aa_call_pause(call);
	(void)pam_error(call->pamh, "agentauth: starting %s is refused: %s", call->user,
			aa_reason_sentence(reason));
	aa_call_resume(call);
}
