/* SPDX-License-Identifier: Apache-2.0 */
/* explain_decide.c: asks the code that PAM and the approval plugin run, dry, with a trace. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/json.h"
#include "common/jose/jws.h"
#include "common/state/admit.h"
#include "common/state/session_find.h"
#include "common/verify/command.h"
#include "common/text/service.h"
#include "tools/agentauthctl/commands/explain/explain.h"
#include "tools/agentauthctl/model/sudo_plugins.h"

/* ---- whose account it is ------------------------------------------------------- */

/* Finds the account. In a rehearsal's registry the system's own names have no say. */
static enum aa_reason find_account(struct explanation *e)
{
	int err;

	if (strcmp(e->ctl->paths.statedir, AA_STATEDIR) == 0)
		switch (aa_user_by_name(&e->ctx, e->q.name, &e->user)) {
		case AA_USER_AGENT:
			return AA_OK;
		case AA_USER_OTHER:
			return AA_AGENT_UNKNOWN;
		default:
			return AA_REGISTRY_UNAVAILABLE;
		}
	err = aa_context_find(&e->ctx, e->q.name, &e->user.account);
	if (err == -ENOENT)
		return AA_AGENT_UNKNOWN;
	return err < 0 ? AA_REGISTRY_UNAVAILABLE : AA_OK;
}

/* ---- a login ---------------------------------------------------------------------- */

/* Returns the credential's own nonce, which stands for the prompt's, since there is no prompt here. The caller frees. */
static char *own_nonce(const struct buffer *credential)
{
	struct aa_jws *jws = NULL;
	json_t *payload = NULL;
	char *nonce = NULL;
	const char *text;

	if (aa_jws_parse(credential->data, credential->len, AA_JWS_MAX, &jws) == AA_JOSE_OK &&
	    aa_json_object(jws->payload, jws->payload_len, &payload) == AA_JOSE_OK) {
		text = json_string_value(json_object_get(payload, "nonce"));
		nonce = text ? xstrdup(text) : NULL;
	}
	json_decref(payload);
	aa_jws_free(jws);
	return nonce;
}

static enum aa_reason decide_credential(struct explanation *e)
{
	char *nonce = e->q.nonce ? xstrdup(e->q.nonce) : own_nonce(&e->q.credential);
	enum aa_reason reason = AA_OK;

	if (e->q.from)
		reason = aa_admit_listen(&e->ctx, e->q.name, e->q.from);
	if (reason == AA_OK) {
		e->login.nonce = nonce;
		aa_admit_credential(&e->ctx, e->agent, &e->login, e->q.credential.data, e->q.credential.len,
				    &e->verdict);
		e->login.nonce = NULL;
		reason = e->verdict.reason;
	}
	e->way = e->verdict.kind == AA_KIND_TOKEN || e->verdict.kind == AA_KIND_DELEGATED ? AA_WAY_TOKEN
											  : AA_WAY_ASSERTION;
	free(nonce);
	return reason;
}

static enum aa_reason decide_ssh_key(struct explanation *e)
{
	e->way = AA_WAY_SSH_KEY;
	aa_admit_publickey(&e->ctx, e->agent, &e->login, &e->verdict);
	return e->verdict.reason == AA_OK ? aa_admit_room(&e->ctx, e->agent, &e->verdict) : e->verdict.reason;
}

/* ---- a login that presents nothing yet ------------------------------------------------ */

static bool is_over(const struct aa_agent_key *key, int64_t now)
{
	return key->not_after && now >= key->not_after;
}

static void need_keys(struct explanation *e, bool *ret_over)
{
	for (size_t i = 0; i < e->agent->keys.n; i++) {
		const struct aa_agent_key *key = &e->agent->keys.v[i];

		if (key->state != AA_KEY_ACTIVE || e->q.user)
			continue;
		if (is_over(key, e->ctx.now)) {
			*ret_over = true;
			continue;
		}
		buffer_printf(&e->needed, "an assertion of %s, signed by its key %s, for %s\n", e->q.name,
			      key->kid, aa_policy_host(e->ctx.policy)->audience.v[0]);
		if (strcmp(e->service, "sshd") == 0)
			buffer_printf(&e->needed, "the SSH key %s\n", key->kid);
	}
}

static void need_tokens(struct explanation *e)
{
	for (size_t i = 0; i < e->agent->bindings.n; i++) {
		const struct aa_binding *b = &e->agent->bindings.v[i];
		struct aa_issuer *issuer = NULL;

		if (aa_policy_issuer(e->ctx.policy, b->issuer, &issuer) != AA_OK)
			continue;
		buffer_printf(&e->needed, "a token of the issuer %s with %s %s%s%s, for %s\n", b->issuer,
			      issuer->client_claim, b->client, e->q.user ? ", on behalf of " : "",
			      e->q.user ? e->q.user : "",
			      issuer->audience.n ? issuer->audience.v[0]
						 : aa_policy_host(e->ctx.policy)->audience.v[0]);
		aa_issuer_free(issuer);
	}
}

static enum aa_reason decide_awaited(struct explanation *e)
{
	enum aa_reason reason = AA_OK;
	bool over = false;

	e->way = AA_WAY_AWAITED;
	if (e->q.from)
		reason = aa_admit_listen(&e->ctx, e->q.name, e->q.from);
	if (reason == AA_OK) {
		aa_admit_awaited(&e->ctx, e->agent, &e->login, e->q.scope, e->q.user, &e->verdict);
		reason = e->verdict.reason;
	}
	if (reason != AA_OK)
		return reason;
	need_keys(e, &over);
	need_tokens(e);
	if (e->needed.len == 0)
		reason = aa_step(&e->trace, AA_STEP_KEY, NULL, over ? AA_KEY_EXPIRED : AA_NO_CREDENTIAL);
	return reason;
}

/* ---- inside a session --------------------------------------------------------------- */

struct search {
	const struct explanation *e;
	struct aa_session *best;
};

/* Tells whether session `a` goes before `b`: the newest does, and one with a login before one that root started. */
static bool is_better(const struct aa_session *a, const struct aa_session *b)
{
	if (!b || (a->kind == AA_KIND_ROOT) != (b->kind == AA_KIND_ROOT))
		return !b || b->kind == AA_KIND_ROOT;
	return a->opened > b->opened;
}

static bool look_at(void *data, struct aa_session *session)
{
	struct search *search = data;
	const char *wanted = search->e->q.session;

	if (session->uid == search->e->agent->uid && aa_session_is_live(session) &&
	    (!wanted || strncmp(session->id, wanted, strlen(wanted)) == 0) &&
	    is_better(session, search->best)) {
		aa_session_free(search->best);
		search->best = session;
	} else {
		aa_session_free(session);
	}
	return true;
}

/* The PAM module asks the same of the sudo that calls it. */
static enum aa_reason look_for_plugin(struct explanation *e)
{
	enum aa_reason reason = AA_OK;
	enum aa_plugin_answer answer;
	struct sudo_plugins plugins;

	if (!aa_command_needs_plugin(e->ctx.policy, e->agent))
		return AA_OK;
	sudo_plugins_look(&plugins, e->ctl->paths.sysconfdir);
	answer = plugins.lines[SUDO_PLUGIN_APPROVAL].answer;
	if (answer != AA_PLUGIN_LOADED && answer != AA_PLUGIN_NOT_ROOTS)
		reason = AA_APPROVAL_UNAVAILABLE;
	sudo_plugins_free(&plugins);
	return aa_step(&e->trace, AA_STEP_PLUGIN, NULL, reason);
}

static enum aa_reason decide_session(struct explanation *e)
{
	struct search search = {e, NULL};
	enum aa_reason reason;
	char id[AA_SESSION_ID_SIZE] = "";
	int r;

	e->way = AA_WAY_SESSION;
	r = aa_session_each(e->ctl->rundir, e->ctx.owner, look_at, &search);
	if (r < 0 && r != -ENOENT)
		ctl_warning(e->ctl, "the sessions in %s cannot be read: %s", e->ctl->rundir, strerror(-r));
	if (search.best)
		memcpy(id, search.best->id, sizeof(id));
	e->session = search.best; /* for the words of the steps */
	search.best = NULL;
	reason = aa_admit_again(&e->ctx, e->agent, id, e->service, &search.best);
	aa_session_free(search.best);
	return reason == AA_OK && strcmp(e->service, "sudo") == 0 ? look_for_plugin(e) : reason;
}

/* ---- the way ------------------------------------------------------------------------ */

static enum aa_reason decide_started(struct explanation *e, const char *person)
{
	e->way = AA_WAY_STARTED;
	aa_admit_started(&e->ctx, e->agent, &e->login, person, &e->verdict);
	return e->verdict.reason;
}

static enum aa_reason decide_agent(struct explanation *e)
{
	const struct aa_host *host = aa_policy_host(e->ctx.policy);

	if (strcmp(e->q.service, "agentauth-run") == 0)
		return decide_started(e, e->q.user);
	if (strcmp(e->service, "sudo") == 0)
		return decide_session(e);
	if (e->q.credential.data)
		return decide_credential(e);
	if (strcmp(e->service, "sshd") == 0 && e->q.ssh_auth_info)
		return decide_ssh_key(e);
	if (aa_list_has(&host->accounts.without_credential, e->service))
		return decide_started(e, NULL);
	return decide_awaited(e);
}

static void begin(struct explanation *e)
{
	struct ctl *ctl = e->ctl;

	e->service = aa_service_canonical(e->q.service);
	e->trace = (struct aa_trace){explain_note, e};
	e->ctx = (struct aa_context){.statedir = ctl->paths.statedir,
				     .rundir = ctl->rundir,
				     .logdir = ctl->logdir,
				     .owner = ctl->paths.owner,
				     .now = ctl->now,
				     .trace = &e->trace,
				     .dry = true,
				     .gen_fd = -1,
				     .accounts.fd = -1};
	e->login = (struct aa_login){.agent = e->q.name,
				     .service = e->service,
				     .address = e->q.from,
				     .ssh_auth_info = e->q.ssh_auth_info,
				     .keysdir = e->ctx.keysdir,
				     .owner = e->ctx.owner,
				     .now = e->ctx.now,
				     .trace = &e->trace};
	e->way = strcmp(e->service, "sudo") == 0 && strcmp(e->q.service, "agentauth-run") != 0
		     ? AA_WAY_SESSION
		     : AA_WAY_AWAITED;
}

void explain_decide(struct explanation *e)
{
	begin(e);
	e->reason = find_account(e);
	if (e->reason != AA_OK)
		(void)aa_step(&e->trace, AA_STEP_ACCOUNT, NULL, e->reason);
	else
		e->reason = aa_context_agent(&e->ctx, &e->user.account, &e->agent);
	if (e->reason == AA_OK)
		e->reason = decide_agent(e);
	if (e->reason == AA_OK && !(e->way & AA_WAY_SESSION))
		e->reason = aa_admit_recorded(&e->ctx, e->agent);
	if (e->q.argv && e->agent && e->way & AA_WAY_SESSION)
		explain_command(e);
	if (e->reason == AA_OK && e->ctl->logdir)
		e->reason = aa_context_audit(&e->ctx, json_object());
	explain_finish(e);
	explain_positions(e);
}
