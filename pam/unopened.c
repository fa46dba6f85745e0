/* SPDX-License-Identifier: Apache-2.0 */
/* unopened.c: logs the refusal of a call for which the first stage could not open the core in its own process. */
#include "config.h"

#include "pam/core.h"

#include "common/state/failures.h"
#include "pam/account.h"
#include "pam/report.h"

/* A login's failure counts, whatever was presented: the next one is not to find out more by this way. */
static void count(const struct aa_call *call)
{
	char buf[AA_CALL_SOURCE_MAX];

	(void)aa_failures_count(call->args.rundir, call->ctx.owner, call->user, aa_call_source(call, buf),
				call->ctx.now);
}

static void refuse(struct aa_call *call, int phase, enum aa_user_kind kind)
{
	const char *events[] = {[AA_PHASE_AUTHENTICATE] = "auth",
				[AA_PHASE_ACCOUNT] =
				    aa_call_is_session_service(call) ? "sudo-asked" : "account",
				[AA_PHASE_OPEN_SESSION] = "session-open"};

	if (phase == AA_PHASE_AUTHENTICATE && kind == AA_USER_AGENT)
		count(call);
	(void)aa_report(call, events[phase], kind == AA_USER_AGENT ? AA_INTERNAL : AA_REGISTRY_UNAVAILABLE,
			NULL, NULL);
}

int agentauth_unopened(pam_handle_t *pamh, int phase, int argc, const char **argv)
{
	struct aa_call call;
	enum aa_user_kind kind = aa_call_begin(&call, pamh, argc, argv);
	enum aa_reason person;

	if (kind == AA_USER_OTHER && phase == AA_PHASE_ACCOUNT && aa_call_is_session_service(&call))
		kind = aa_account_look_at_caller(&call, &person);
	if (kind != AA_USER_OTHER && phase <= AA_PHASE_OPEN_SESSION)
		refuse(&call, phase, kind);
	return aa_call_end(&call, PAM_AUTH_ERR);
}
