/* SPDX-License-Identifier: Apache-2.0 */
/* session.c: pam_sm_open_session and pam_sm_close_session. A login without a verdict gets it here, or no session. */
#include "config.h"

#include "pam/call.h"

#include <string.h>

#include "common/state/admit.h"
#include "common/state/last_use.h"
#include "common/state/session.h"
#include "common/state/session_store.h"
#include "common/text/list.h"
#include "common/verify/verdict.h"
#include "pam/cred.h"
#include "pam/export.h"
#include "pam/pam_state.h"
#include "pam/report.h"

/* Loads the record that auth made. */
static enum aa_reason session_of_verdict(struct aa_call *call, const struct aa_agent *agent, const char *id,
					 struct aa_session **ret)
{
	enum aa_reason reason = aa_admit_agent(&call->ctx, agent);

	if (reason != AA_OK)
		return reason;
	if (aa_session_load(call->args.rundir, call->ctx.owner, id, ret) < 0)
		return AA_NO_SESSION;
	if (aa_session_is_past(*ret, call->ctx.now))
		return AA_SESSION_EXPIRED;
	return aa_session_is_mine(*ret, call->user, call->ctx.now) ? AA_OK : AA_NO_SESSION;
}

static enum aa_reason session_of_new_verdict(struct aa_call *call, const struct aa_agent *agent,
					     struct aa_verdict *verdict, struct aa_session **ret)
{
	if (verdict->reason != AA_OK)
		return verdict->reason;
	return aa_session_create(call->args.rundir, agent, &call->login, verdict,
				 aa_admit_deadline(&call->ctx, agent, verdict), ret);
}

/* Names the person that sudo runs this for; root's own start is nobody's request. */
static const char *person(const struct aa_call *call)
{
	const void *ruser = NULL;

	if (pam_get_item(call->pamh, PAM_RUSER, &ruser) != PAM_SUCCESS || !ruser)
		return "";
	return strcmp(ruser, "root") == 0 ? NULL : ruser;
}

/* Decides where this handle verified no credential: an SSH key, or a start by a person or root of this host. */
static void decide_without(struct aa_call *call, const struct aa_agent *agent, struct aa_verdict *verdict)
{
	const struct aa_host *host = aa_policy_host(call->ctx.policy);

	if (strcmp(call->service, "sshd") == 0) {
		call->login.ssh_auth_info = pam_getenv(call->pamh, "SSH_AUTH_INFO_0");
		aa_admit_publickey(&call->ctx, agent, &call->login, verdict);
		call->login.ssh_auth_info = NULL;
	} else if (aa_call_is_session_service(call)) {
		aa_admit_started(&call->ctx, agent, &call->login, person(call), verdict);
	} else if (aa_list_has(&host->accounts.without_credential, call->service)) {
		aa_admit_started(&call->ctx, agent, &call->login, NULL, verdict);
	} else {
		verdict->reason = AA_NO_CREDENTIAL;
	}
}

static enum aa_reason find_session(struct aa_call *call, const struct aa_agent *agent,
				   struct aa_pam_state *state, struct aa_verdict *verdict,
				   struct aa_session **ret)
{
	aa_pam_state_adopt_session(call, state);
	if (state->session_id[0])
		return session_of_verdict(call, agent, state->session_id, ret);
	decide_without(call, agent, verdict);
	return session_of_new_verdict(call, agent, verdict, ret);
}

static enum aa_reason start(struct aa_call *call, struct aa_pam_state *state, struct aa_session *session)
{
	if (aa_session_open(call->args.rundir, session, call->ctx.now) < 0)
		return AA_INTERNAL;
	if (aa_export_environment(call->pamh, session) != PAM_SUCCESS ||
	    aa_export_limits(call, session) != PAM_SUCCESS)
		return AA_INTERNAL;
	memcpy(state->session_id, session->id, AA_SESSION_ID_SIZE);
	state->opened = true;
	return AA_OK;
}

/* A key of an issuer's is none of the agent's. */
static void note_use(const struct aa_call *call, const struct aa_session *session)
{
	const char *statedir = call->args.statedir;

	aa_last_use_note(statedir, AA_USE_LOGIN, session->agent, call->ctx.now);
	if (session->kid && (!session->issuer || !*session->issuer))
		aa_last_use_note_key(statedir, session->agent, session->kid, call->ctx.now);
}

/* Adds the groups where root let the agent in without a credential; a credential's login has had its own from setcred.
 * Without them the session has fewer rights. */
static void add_groups(struct aa_call *call, const struct aa_agent *agent, const struct aa_session *session)
{
	if (session->kind == AA_KIND_ROOT)
		(void)aa_cred_groups_of_record(call, agent);
}

static enum aa_reason open_agent(struct aa_call *call)
{
	struct aa_pam_state *state = aa_pam_state_make(call->pamh);
	struct aa_verdict verdict = {0};
	struct aa_session *session = NULL;
	struct aa_agent *agent = NULL;
	enum aa_reason reason = aa_context_agent(&call->ctx, &call->identity.account, &agent), logged;

	if (!state)
		reason = AA_INTERNAL;
	if (reason == AA_OK)
		reason = find_session(call, agent, state, &verdict, &session);
	if (reason == AA_OK)
		reason = aa_admit_recorded(&call->ctx, agent);
	if (reason == AA_OK)
		reason = start(call, state, session);
	logged = aa_report(call, "session-open", reason, session ? NULL : &verdict, session);
	if (reason == AA_OK)
		reason = logged;
	if (reason == AA_OK) {
		note_use(call, session);
		add_groups(call, agent, session);
	}
	if (call->starts && reason != AA_OK)
		aa_report_tell_starter(call, reason);
	if (reason != AA_OK && session) {
		(void)aa_session_close(call->args.rundir, call->ctx.owner, session->id, session->agent);
		state->session_id[0] = '\0';
		state->opened = false;
	}
	aa_session_free(session);
	aa_agent_free(agent);
	aa_verdict_clear(&verdict);
	return reason;
}

/* Looks again at an agent's sudo, whatever its target is: it may have been stopped since account let it through. */
static enum aa_reason look_again(struct aa_call *call)
{
	const struct aa_pam_state *state = aa_pam_state_get(call->pamh);
	enum aa_reason reason = state && state->looks ? aa_last_look(&state->look) : AA_OK;

	if (reason != AA_OK)
		aa_report_tell(call, reason, NULL);
	return reason;
}

/* Says whether this handle has opened the agent's session: a stack may name the module in a line of its own and in a common file
 * that it includes. */
static bool has_opened(const struct aa_call *call)
{
	const struct aa_pam_state *state = aa_pam_state_get(call->pamh);
	struct aa_session *session = NULL;
	bool has = state && state->opened &&
		   aa_session_load(call->args.rundir, call->ctx.owner, state->session_id, &session) == 0 &&
		   strcmp(session->agent, call->user) == 0;

	aa_session_free(session);
	return has;
}

int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	enum aa_reason reason = AA_INTERNAL;
	struct aa_call call;
	enum aa_user_kind kind = aa_call_begin(&call, pamh, argc, argv);

	(void)flags;
	if (look_again(&call) != AA_OK)
		return aa_call_end(&call, PAM_PERM_DENIED);
	if (kind == AA_USER_AGENT && !call.args.bad)
		reason = has_opened(&call) ? AA_OK : open_agent(&call);
	else if (kind == AA_USER_UNCLEAR)
		(void)aa_report(&call, "session-open", AA_REGISTRY_UNAVAILABLE, NULL, NULL);
	if (kind == AA_USER_OTHER)
		return aa_call_end(&call, PAM_IGNORE);
	/* PAM_SESSION_ERR will not do: sudo takes it for success. */
	return aa_call_end(&call, reason == AA_OK ? PAM_SUCCESS : PAM_PERM_DENIED);
}

static void close_agent(struct aa_call *call, struct aa_pam_state *state, enum aa_user_kind kind)
{
	struct aa_session *session = NULL;

	if (aa_session_load(call->args.rundir, call->ctx.owner, state->session_id, &session) == 0 &&
	    aa_session_close(call->args.rundir, call->ctx.owner, session->id, session->agent))
		aa_report_close(call, session,
				aa_session_over(session, call->ctx.now, kind != AA_USER_OTHER));
	aa_session_free(session);
	state->opened = false;
	state->session_id[0] = '\0';
}

int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct aa_pam_state *state = aa_pam_state_get(pamh);
	struct aa_call call;
	enum aa_user_kind kind = aa_call_begin(&call, pamh, argc, argv);

	(void)flags;
	if (state && state->opened)
		close_agent(&call, state, kind);
	return aa_call_end(&call, kind == AA_USER_OTHER ? PAM_IGNORE : PAM_SUCCESS);
}
