/* SPDX-License-Identifier: Apache-2.0 */
/* account.c: pam_sm_acct_mgmt reads everything again, and demands a verdict. It is the one phase that sudo always
 * asks. */
#include "config.h"

#include "pam/account.h"

#include <string.h>
#include <unistd.h>

#include "common/state/admit.h"
#include "common/user/caller.h"
#include "common/state/decision.h"
#include "common/state/session_store.h"
#include "common/state/told.h"
#include "common/state/last_use.h"
#include "common/text/list.h"
#include "common/verify/verdict.h"
#include "common/verify/verify.h"
#include "common/verify/command.h"
#include "pam/pam_state.h"
#include "pam/report.h"

/* Decides on a login that auth let in, in this process. */
static enum aa_reason account_verdict(struct aa_call *call, const struct aa_agent *agent,
				      const struct aa_pam_state *state, struct aa_session **ret_session)
{
	enum aa_reason reason = aa_admit_agent(&call->ctx, agent);
	struct aa_session *session;

	if (reason != AA_OK)
		return reason;
	if (aa_session_load(call->args.rundir, call->ctx.owner, state->session_id, ret_session) < 0)
		return AA_NO_SESSION;
	session = *ret_session;
	if (strcmp(session->agent, call->user) != 0)
		return AA_NO_SESSION;
	if (aa_session_is_past(session, call->ctx.now))
		return AA_SESSION_EXPIRED;
	for (size_t i = 0; i < session->roles.n; i++)
		if (!aa_list_has(&agent->roles, session->roles.v[i]))
			return AA_ROLE_DENIED;
	return aa_decision_credential(call->args.statedir, agent->name,
				      session->issuer ? session->issuer : "", session->jti, session->kid,
				      session->created, NULL);
}

/* Decides on a public key's login as far as that can be done here: sshd skips auth for it, and shows the key not
 * before open_session, which demands it. A suspended agent ends here. */
static enum aa_reason account_publickey(struct aa_call *call, const struct aa_agent *agent)
{
	struct aa_verdict verdict = {0};
	enum aa_reason reason = AA_NO_CREDENTIAL;

	for (size_t i = 0; i < agent->keys.n && reason != AA_OK; i++)
		if (agent->keys.v[i].state == AA_KEY_ACTIVE &&
		    (!agent->keys.v[i].not_after || call->ctx.now < agent->keys.v[i].not_after))
			reason = AA_OK;
	if (reason == AA_OK) {
		aa_verify_account(call->ctx.policy, agent, &call->login, false, &verdict);
		reason = verdict.reason;
		if (reason == AA_OK && verdict.roles.n == 0)
			reason = AA_SERVICE_DENIED;
	}
	aa_verdict_clear(&verdict);
	return reason == AA_OK ? aa_admit_agent(&call->ctx, agent) : reason;
}

static enum aa_reason account(struct aa_call *call, const struct aa_agent *agent,
			      struct aa_session **ret_session)
{
	const struct aa_pam_state *state = aa_pam_state_get(call->pamh);
	const struct aa_host *host = aa_policy_host(call->ctx.policy);

	if (call->starts) /* the person is asked about in open_session */
		return aa_admit_agent(&call->ctx, agent);
	if (aa_call_is_session_service(call))
		return aa_admit_in_session(&call->ctx, agent, call->service, ret_session);
	if (state && state->authenticated)
		return account_verdict(call, agent, state, ret_session);
	if (aa_list_has(&host->accounts.without_credential, call->service))
		return aa_admit_unasked(&call->ctx, agent, call->service);
	if (strcmp(call->service, "sshd") == 0)
		return account_publickey(call, agent);
	return AA_NO_CREDENTIAL;
}

/* Says whether sudo asks for the agent's own caller, and not for root that starts an agent. */
static bool is_sudo(const struct aa_call *call)
{
	return aa_call_is_session_service(call) && !call->starts;
}

/* Refuses where nobody would ask or count: sudo has lost the plugin since `apply` saw it, and the rules that wait for a person
 * stand in sudoers as all others do. */
static enum aa_reason check_plugin(struct aa_call *call, const struct aa_agent *agent)
{
	if (!aa_command_needs_plugin(call->ctx.policy, agent))
		return AA_OK;
	return aa_told_plugin(AA_SUDO_PLUGIN, 0) ? AA_OK : AA_APPROVAL_UNAVAILABLE;
}

static enum aa_reason account_agent(struct aa_call *call)
{
	struct aa_session *session = NULL;
	struct aa_agent *agent = NULL;
	enum aa_reason reason = aa_context_agent(&call->ctx, &call->identity.account, &agent), logged = AA_OK;
	bool sudo = is_sudo(call);

	if (reason == AA_OK)
		reason = account(call, agent, &session);
	if (sudo && reason == AA_OK)
		reason = check_plugin(call, agent);
	if (sudo && reason == AA_OK)
		reason = aa_pam_state_look_again(call, session);
	/* auth or open_session logs that a login was let in. That a sudo was let through, and every refusal, is
	 * logged here. */
	if (sudo || reason != AA_OK)
		logged = aa_report(call, sudo ? "sudo-asked" : "account", reason, NULL, session);
	if (sudo && reason != AA_OK)
		aa_report_tell(call, reason, NULL);
	if (call->starts && reason != AA_OK)
		aa_report_tell_starter(call, reason);
	if (reason == AA_OK)
		reason = logged;
	if (sudo && reason == AA_OK && !aa_told_audited(AA_SUDO_PLUGIN, call->identity.account.uid))
		aa_last_use_note(call->args.statedir, AA_USE_SUDO, agent->name, call->ctx.now);
	if (sudo && reason == AA_OK)
		(void)aa_told_plugin(AA_SUDO_PLUGIN, call->identity.account.uid);
	else if (sudo)
		aa_told_refused(AA_SUDO_PLUGIN, call->identity.account.uid);
	if (reason != AA_OK)
		aa_pam_state_give_up(call);
	aa_session_free(session);
	aa_agent_free(agent);
	return reason;
}

/* A user that is no agent must not have a group that only agents have: sudo would give it the role's rules. */
static enum aa_reason account_person(struct aa_call *call, const struct aa_caller *caller)
{
	bool agents = aa_caller_has_agents_group(caller, aa_user_registry(&call->ctx), call->role);

	return agents ? AA_GROUP_DENIED : AA_OK;
}

static void refuse_person(struct aa_call *call, enum aa_reason reason)
{
	call->identity.known = false; /* a person's name is not the log's business: the uid says enough */
	call->identity.account.uid = aa_guard_caller_uid();
	(void)aa_report(call, "sudo-asked", reason, NULL, NULL);
	aa_report_tell(call, reason, NULL);
}

enum aa_user_kind aa_account_look_at_caller(struct aa_call *call, enum aa_reason *ret_person)
{
	struct aa_caller caller = {0};
	enum aa_user_kind kind = aa_call_turn_to_caller(call, aa_guard_caller_uid());

	if (kind != AA_USER_OTHER)
		return kind;
	*ret_person =
	    aa_caller_read(aa_guard_caller_uid(), &caller) < 0 ? AA_INTERNAL : account_person(call, &caller);
	aa_caller_clear(&caller);
	if (*ret_person != AA_OK)
		refuse_person(call, *ret_person);
	return kind;
}

/* Between auth and account the user must not change to or from an agent. */
static bool user_changed(const struct aa_call *call)
{
	const struct aa_pam_state *state = aa_pam_state_get(call->pamh);

	return state && state->authenticated && (!call->user || strcmp(state->user, call->user) != 0);
}

int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	enum aa_reason reason = AA_INTERNAL, person = AA_OK;
	struct aa_call call;
	enum aa_user_kind kind = aa_call_begin(&call, pamh, argc, argv);
	bool changed = user_changed(&call);
	int answer;

	(void)flags;
	if (kind == AA_USER_OTHER && is_sudo(&call) && !changed)
		kind = aa_account_look_at_caller(&call, &person);
	if (changed) {
		(void)aa_report(&call, "account", AA_WRONG_SUBJECT, NULL, NULL);
		aa_pam_state_give_up(&call);
	} else if (kind == AA_USER_AGENT && !call.args.bad) {
		reason = account_agent(&call);
	} else if (kind == AA_USER_UNCLEAR) {
		(void)aa_report(&call, "account", AA_REGISTRY_UNAVAILABLE, NULL, NULL);
	}
	if (changed)
		answer = PAM_AUTH_ERR;
	else if (kind == AA_USER_OTHER)
		answer = person == AA_OK ? PAM_USER_UNKNOWN : aa_reason_pam(person);
	else
		answer = kind == AA_USER_UNCLEAR ? PAM_AUTHINFO_UNAVAIL : aa_reason_pam(reason);
	return aa_call_end(&call, answer);
}
