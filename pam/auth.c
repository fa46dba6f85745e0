/* SPDX-License-Identifier: Apache-2.0 */
/* auth.c: pam_sm_authenticate asks for a credential, and lets no agent in for sudo. */
#include "config.h"

#include "pam/call.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/state/admit.h"
#include "common/state/failures.h"
#include "common/state/monotonic.h"
#include "common/state/session.h"
#include "common/state/told.h"
#include "common/text/list.h"
#include "common/verify/verdict.h"
#include "pam/export.h"
#include "pam/pam_state.h"
#include "pam/prompt.h"
#include "pam/report.h"

/* Gives the host's name in the prompt. Retired agents are prompted too, so that they look like others. */
static const char *prompt_audience(const struct aa_call *call)
{
	return call->ctx.policy ? aa_policy_host(call->ctx.policy)->audience.v[0] : "ssh://unknown";
}

/* Decides on an answer, and wipes it. `agent` NULL: a retired account, which is asked like any other. */
static void judge(struct aa_call *call, const struct aa_agent *agent, struct aa_answer *answer,
		  struct aa_verdict *verdict)
{
	call->started_us = aa_monotonic_us();
	aa_verdict_clear(verdict);
	verdict->reason = answer->reason;
	if (answer->reason == AA_OK) {
		call->login.nonce = answer->nonce[0] ? answer->nonce : NULL;
		call->login.ssh_auth_info = pam_getenv(call->pamh, "SSH_AUTH_INFO_0");
		aa_admit_credential(&call->ctx, agent, &call->login, answer->text, answer->len, verdict);
		call->login.nonce = call->login.ssh_auth_info = NULL;
	}
	if ((verdict->reason == AA_MALFORMED || verdict->reason == AA_BAD_SIGNATURE) &&
	    aa_prompt_looks_cut(answer))
		verdict->reason = AA_TRUNCATED;
	aa_prompt_clear(answer);
}

static void decide(struct aa_call *call, const struct aa_agent *agent, struct aa_verdict *verdict)
{
	struct aa_answer answer;

	if (aa_prompt_first_pass(call, &answer)) {
		judge(call, agent, &answer, verdict);
		if (verdict->reason == AA_OK || call->args.use_first_pass)
			return;
	}
	aa_prompt(call, prompt_audience(call), &answer);
	judge(call, agent, &answer, verdict);
}

/* Says whether the client is to blame, and not the host or a line that broke. */
static bool counts_as_failure(enum aa_reason reason)
{
	switch (reason) {
	case AA_OK:
	case AA_INTERNAL:
	case AA_NO_CREDENTIAL:
	case AA_SESSION_LIMIT:
	case AA_REGISTRY_UNAVAILABLE:
	case AA_KEYS_STALE:
	case AA_REPLAY_UNAVAILABLE:
	case AA_REPLAY_FULL:
	case AA_AUDIT_UNAVAILABLE:
	case AA_RATE_LIMITED:
		return false;
	default:
		return true;
	}
}

/* Over the rate limit the module still prompts, so that the limit cannot be observed, and refuses without verifying. */
static void decide_within_limit(struct aa_call *call, const struct aa_agent *agent,
				struct aa_verdict *verdict)
{
	int64_t most = call->ctx.policy ? aa_policy_host(call->ctx.policy)->max_failures : 0;
	char buf[AA_CALL_SOURCE_MAX];
	const char *source = aa_call_source(call, buf);
	enum aa_reason reason = aa_admit_listen(&call->ctx, call->user, source);
	struct aa_answer answer;

	if (reason != AA_OK) {
		if (!aa_prompt_first_pass(call, &answer))
			aa_prompt(call, prompt_audience(call), &answer);
		aa_prompt_clear(&answer);
		call->started_us = aa_monotonic_us();
		verdict->reason = reason;
		return;
	}
	decide(call, agent, verdict);
	if (most > 0 && counts_as_failure(verdict->reason))
		(void)aa_failures_count(call->args.rundir, call->ctx.owner, call->user, source,
					call->ctx.now);
}

/* Remembers the session for the later phases of this process, and leaves its id for those in sshd's parent. */
static enum aa_reason remember(struct aa_call *call, const struct aa_session *session)
{
	struct aa_pam_state *state = aa_pam_state_make(call->pamh);

	if (!state || strlen(call->user) >= sizeof(state->user))
		return AA_INTERNAL;
	strcpy(state->user, call->user);
	state->authenticated = true;
	state->id_read = true;
	memcpy(state->session_id, session->id, AA_SESSION_ID_SIZE);
	return aa_export_environment(call->pamh, session) == PAM_SUCCESS ? AA_OK : AA_INTERNAL;
}

/* Goes from a credential to a pending session. Nothing is granted that is not in the log. `agent` NULL: retired. */
static enum aa_reason authenticate_credential(struct aa_call *call, const struct aa_agent *agent)
{
	struct aa_verdict verdict = {0};
	struct aa_session *session = NULL;
	enum aa_reason reason, logged;

	decide_within_limit(call, agent, &verdict);
	reason = verdict.reason;
	if (reason == AA_OK)
		reason = aa_session_create(call->args.rundir, agent, &call->login, &verdict,
					   aa_admit_deadline(&call->ctx, agent, &verdict), &session);
	if (reason == AA_OK)
		reason = remember(call, session);
	logged = aa_report(call, "auth", reason, &verdict, session);
	if (reason == AA_OK)
		reason = logged;
	if (session && reason != AA_OK) {
		(void)aa_session_close(call->args.rundir, call->ctx.owner, session->id, session->agent);
		aa_pam_state_forget(call);
	}
	aa_session_free(session);
	aa_verdict_clear(&verdict);
	return reason;
}

/* A session service never prompts, and is never let in here. A role's rule asks for no password and so is decided by
 * the account phase alone; a rule that asks people for a password would ask an agent for none. */
static enum aa_reason refuse_session(struct aa_call *call, const struct aa_agent *agent)
{
	struct aa_session *session = NULL;
	enum aa_reason reason =
	    agent ? aa_admit_in_session(&call->ctx, agent, call->service, &session) : AA_AGENT_RETIRED;
	const char *why = NULL;

	if (reason == AA_OK) {
		reason = AA_ROLE_DENIED;
		why = "no rule of sudoers grants this without a password, and an agent has none";
	}
	(void)aa_report(call, "sudo-asked", reason, NULL, session);
	aa_told_refused(AA_SUDO_PLUGIN, call->identity.account.uid);
	aa_report_tell(call, reason, why);
	aa_session_free(session);
	return reason;
}

/* Says whether root runs su or runuser. pam_rootok then decides, which the stack has behind this module (before it,
 * setcred would not come this far). Account, setcred and session see the agent as ever. */
static bool is_roots_own(const struct aa_call *call)
{
	return aa_guard_caller_uid() == 0 &&
	       aa_list_has(&aa_policy_host(call->ctx.policy)->accounts.without_credential, call->service);
}

static int authenticate_agent(struct aa_call *call)
{
	struct aa_agent *agent = NULL;
	enum aa_reason reason = aa_context_agent(&call->ctx, &call->identity.account, &agent);

	if (reason != AA_OK && reason != AA_AGENT_RETIRED) {
		(void)aa_report(call, "auth", reason, NULL, NULL);
		return aa_reason_pam(reason);
	}
	if (is_roots_own(call)) {
		aa_agent_free(agent);
		return PAM_IGNORE;
	}
	reason = aa_call_is_session_service(call) ? refuse_session(call, agent)
						  : authenticate_credential(call, agent);
	aa_agent_free(agent);
	/* Every refusal has the same code, which shows the client nothing of the reason. */
	return reason == AA_OK ? PAM_SUCCESS : PAM_AUTH_ERR;
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct aa_call call;
	enum aa_user_kind kind;
	const char *user;
	int err = PAM_AUTH_ERR;

	(void)flags;
	/* login(1) may leave it to the first module to ask for the name. */
	if (pam_get_user(pamh, &user, NULL) != PAM_SUCCESS)
		return PAM_USER_UNKNOWN;
	kind = aa_call_begin(&call, pamh, argc, argv);
	aa_pam_state_forget(&call);
	if (kind == AA_USER_OTHER)
		err = PAM_USER_UNKNOWN;
	else if (kind == AA_USER_UNCLEAR)
		err = PAM_AUTHINFO_UNAVAIL;
	else if (!call.args.bad)
		err = authenticate_agent(&call);
	if (kind == AA_USER_UNCLEAR)
		(void)aa_report(&call, "auth", AA_REGISTRY_UNAVAILABLE, NULL, NULL);
	return aa_call_end(&call, err);
}
