/* SPDX-License-Identifier: Apache-2.0 */
/* verify.c: the reader's path: parse, find the key, signature, claims, binding, roles. */
#include "config.h"

#include "common/verify/verify.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/jose/json.h"
#include "common/jose/jws.h"
#include "common/jose/jws_verify.h"
#include "common/jose/key.h"
#include "common/jose/offered.h"
#include "common/registry/accounts.h"
#include "common/verify/claims.h"
#include "common/verify/keyring.h"
#include "common/verify/roles.h"
#include "common/verify/token.h"
#include "common/verify/verdict.h"

#define TASK_MAX 128
#define SCOPE_MAX 1024

static enum aa_reason from_jose(enum aa_jose_err err)
{
	switch (err) {
	case AA_JOSE_OK:
		return AA_OK;
	case AA_JOSE_OVERSIZE:
		return AA_OVERSIZE;
	case AA_JOSE_MALFORMED:
		return AA_MALFORMED;
	case AA_JOSE_ALG:
		return AA_ALG_NOT_ALLOWED;
	case AA_JOSE_ALG_OFF:
		return AA_ALG_OFF;
	case AA_JOSE_NO_KEY:
		return AA_UNKNOWN_KEY;
	case AA_JOSE_SIGNATURE:
		return AA_BAD_SIGNATURE;
	default:
		return AA_INTERNAL;
	}
}

/* Copies `text` to *ret; NULL copies to NULL. False: memory is out. */
static bool keep(char **ret, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		return false;
	free(*ret);
	*ret = copy;
	return true;
}

/* ---- parse ------------------------------------------------------------------------ */

/* A credential on its way through the steps. */
struct presented {
	struct aa_jws *jws;
	json_t *payload; /* believed after the signature, but for iss */
	const char *iss;
	struct aa_issuer *issuer; /* NULL: an assertion */
	struct aa_key *key;
};

static void presented_clear(struct presented *p)
{
	aa_jws_free(p->jws);
	json_decref(p->payload);
	aa_issuer_free(p->issuer);
	aa_key_free(p->key);
}

static enum aa_reason parse(const char *credential, size_t len, struct presented *p,
			    struct aa_verdict *verdict)
{
	enum aa_reason reason = from_jose(aa_jws_parse(credential, len, AA_JWS_MAX, &p->jws));

	if (reason != AA_OK)
		return reason;
	verdict->alg = aa_alg_name(p->jws->alg);
	if (!keep(&verdict->kid, p->jws->kid))
		return AA_INTERNAL;
	reason = from_jose(aa_json_object(p->jws->payload, p->jws->payload_len, &p->payload));
	return reason == AA_OK
		   ? aa_verdict_about(verdict, "iss", aa_claim_string(p->payload, "iss", AA_ISS_MAX, &p->iss))
		   : reason;
}

/* A configured issuer's name makes a token of it, an agent's name an assertion. */
static enum aa_reason find_issuer(const struct aa_policy *policy, struct presented *p,
				  struct aa_verdict *verdict)
{
	enum aa_reason reason;

	if (aa_agent_name_is_valid(p->iss)) {
		verdict->kind = AA_KIND_ASSERTION;
		return AA_OK;
	}
	verdict->kind = AA_KIND_TOKEN;
	reason = aa_policy_issuer_by_url(policy, p->iss, &p->issuer);
	if (reason == AA_OK && !keep(&verdict->issuer, p->issuer->name))
		return AA_INTERNAL;
	return reason;
}

/* ---- key and signature ------------------------------------------------------------------- */

static enum aa_reason find_agent_key(const struct aa_agent *agent, const struct aa_login *login,
				     struct presented *p, struct aa_verdict *verdict)
{
	const char *kid = NULL;
	enum aa_reason reason;

	if (strcmp(p->iss, agent->name) != 0)
		return aa_verdict_about(verdict, "iss", AA_WRONG_SUBJECT);
	if (!aa_alg_is_offered(p->jws->alg))
		return AA_ALG_OFF;
	reason = aa_keyring_agent(agent, p->jws, login->now, &p->key, &kid);
	return kid && !keep(&verdict->kid, kid) ? AA_INTERNAL : reason;
}

static bool admits_alg(const struct aa_issuer *issuer, enum aa_alg alg)
{
	for (size_t i = 0; i < issuer->algorithms.n; i++)
		if (aa_alg_same(aa_alg_from_name(issuer->algorithms.v[i]), alg))
			return true;
	return false;
}

/* The log and `revoke --kid` use the key's own kid, also where the header names none. */
static enum aa_reason find_issuer_key(const struct aa_login *login, struct presented *p,
				      struct aa_verdict *verdict)
{
	enum aa_reason reason;

	if (!admits_alg(p->issuer, p->jws->alg))
		return AA_ALG_NOT_ALLOWED;
	if (!aa_alg_is_offered(p->jws->alg))
		return AA_ALG_OFF;
	reason = aa_keyring_issuer(p->issuer, login, p->jws, &p->key);
	if (reason == AA_OK && aa_key_kid(p->key) && !keep(&verdict->kid, aa_key_kid(p->key)))
		return AA_INTERNAL;
	return reason;
}

static enum aa_reason find_key(const struct aa_agent *agent, const struct aa_login *login,
			       struct presented *p, struct aa_verdict *verdict)
{
	return p->issuer ? find_issuer_key(login, p, verdict) : find_agent_key(agent, login, p, verdict);
}

/* Says whether verifying with this key comes as far as the arithmetic. Another kty, or a signature of another length
 * than an RSA key's, ends before that. */
static bool is_work(const struct presented *p)
{
	int size = EVP_PKEY_get_size(aa_key_pkey(p->key));

	if (!aa_key_fits(p->key, p->jws->alg))
		return false;
	return !EVP_PKEY_is_a(aa_key_pkey(p->key), "RSA") || p->jws->signature_len == (size_t)size;
}

/* A refusal without a signature's arithmetic costs what a signature costs, so that time does not tell an account that
 * has such a key from one that has none. */
static enum aa_reason check_signature(enum aa_reason so_far, const struct presented *p)
{
	if (so_far == AA_OK && is_work(p))
		return from_jose(aa_jws_verify(p->jws, p->key));
	if (p->jws)
		aa_jws_verify_nothing(p->jws);
	return so_far == AA_OK ? from_jose(aa_jws_verify(p->jws, p->key)) : so_far;
}

/* ---- an assertion's claims, RFC 7523 section 3 --------------------------------------------------- */

static enum aa_reason assertion_type(const struct aa_jws *jws)
{
	return !jws->typ || strcasecmp(jws->typ, "JWT") == 0 ? AA_OK : AA_WRONG_TYPE;
}

static enum aa_reason assertion_subject(const struct presented *p, struct aa_verdict *verdict)
{
	const char *sub = NULL;
	enum aa_reason reason = aa_claim_string(p->payload, "sub", AA_CLAIM_MAX, &sub);

	if (reason == AA_OK && strcmp(sub, p->iss) != 0)
		reason = AA_WRONG_SUBJECT;
	if (reason == AA_OK && json_object_get(p->payload, "act")) /* another's word is needed for that */
		return aa_verdict_about(verdict, "act", AA_DELEGATION_DENIED);
	return aa_verdict_about(verdict, "sub", reason);
}

static enum aa_reason assertion_nonce(const struct aa_host *host, const struct aa_login *login,
				      const json_t *payload)
{
	const char *nonce = NULL;
	enum aa_reason reason = aa_claim_string(payload, "nonce", AA_CLAIM_MAX, &nonce);

	if (reason == AA_CLAIM_REQUIRED)
		return host->nonce == AA_NONCE_IS_REQUIRED ? AA_NONCE_REQUIRED : AA_OK;
	if (reason != AA_OK)
		return reason;
	return login->nonce && strcmp(nonce, login->nonce) == 0 ? AA_OK : AA_NONCE_MISMATCH;
}

/* Reads an optional string claim. */
static enum aa_reason optional_string(const json_t *payload, const char *claim, size_t max, char **ret)
{
	const char *value = NULL;
	enum aa_reason reason = aa_claim_string(payload, claim, max, &value);

	if (reason == AA_CLAIM_REQUIRED)
		return AA_OK;
	if (reason == AA_OK && !keep(ret, value))
		return AA_INTERNAL;
	return reason;
}

static enum aa_reason assertion_jti(const struct presented *p, struct aa_verdict *verdict)
{
	const char *jti = NULL;
	enum aa_reason reason =
	    aa_verdict_about(verdict, "jti", aa_claim_string(p->payload, "jti", AA_CLAIM_MAX, &jti));

	return reason == AA_OK && !keep(&verdict->jti, jti) ? AA_INTERNAL : reason;
}

static enum aa_reason assertion_claims(const struct aa_policy *policy, const struct aa_login *login,
				       struct presented *p, struct aa_verdict *verdict)
{
	const struct aa_host *host = aa_policy_host(policy);
	const struct aa_time_rules times = {login->now, host->clock_skew, host->max_assertion_ttl, true};
	const char *time = NULL;
	const struct aa_trace *t = login->trace;
	enum aa_reason reason = aa_step(t, AA_STEP_TYPE, NULL, assertion_type(p->jws));

	if (reason == AA_OK)
		reason = aa_step(t, AA_STEP_IDENTITY, NULL, assertion_jti(p, verdict));
	if (reason == AA_OK)
		reason = aa_step(t, AA_STEP_SUBJECT, NULL, assertion_subject(p, verdict));
	if (reason == AA_OK)
		reason = aa_step(
		    t, AA_STEP_AUDIENCE, NULL,
		    aa_verdict_about(verdict, "aud", aa_claims_audience(p->payload, &host->audience)));
	if (reason == AA_OK) {
		reason = aa_claims_times(p->payload, &times, &verdict->iat, &verdict->expires, &time);
		(void)aa_step(t, AA_STEP_TIMES, NULL, aa_verdict_about(verdict, time, reason));
	}
	if (reason == AA_OK)
		reason =
		    aa_step(t, AA_STEP_NONCE, NULL,
			    aa_verdict_about(verdict, "nonce", assertion_nonce(host, login, p->payload)));
	if (reason == AA_OK)
		reason = aa_step(t, AA_STEP_PROOF, NULL, aa_claims_proof(p->payload, login->ssh_auth_info));
	if (reason == AA_OK)
		reason =
		    aa_step(t, AA_STEP_TASK, NULL,
			    aa_verdict_about(verdict, "task",
					     optional_string(p->payload, "task", TASK_MAX, &verdict->task)));
	if (reason == AA_OK)
		reason = aa_step(
		    t, AA_STEP_SCOPE, NULL,
		    aa_verdict_about(verdict, "scope",
				     optional_string(p->payload, "scope", SCOPE_MAX, &verdict->scope)));
	verdict->once = true;
	return reason;
}

static enum aa_reason assertion_roles(const struct aa_policy *policy, const struct aa_agent *agent,
				      const struct aa_login *login, struct aa_verdict *verdict)
{
	const struct aa_narrowing narrow = {.scope = verdict->scope};
	enum aa_reason reason = aa_roles_narrow(policy, agent, login, &narrow, &verdict->roles);

	return reason == AA_ROLE_DENIED && verdict->scope ? aa_verdict_about(verdict, "scope", reason)
							  : reason;
}

/* Names the space in which a jti is told apart. "agent:NAME" cannot be an issuer's URL, so an agent's jti are apart
 * from every issuer's. */
static bool name_replay_space(const struct presented *p, struct aa_verdict *verdict)
{
	static const char prefix[] = "agent:";
	char text[sizeof(prefix) + AA_AGENT_NAME_MAX];

	if (p->issuer)
		return keep(&verdict->replay_space, p->issuer->issuer);
	memcpy(text, prefix, sizeof(prefix) - 1);
	memcpy(text + sizeof(prefix) - 1, p->iss, strlen(p->iss) + 1);
	return keep(&verdict->replay_space, text);
}

/* ---- the path ------------------------------------------------------------------------------------------- */

static enum aa_reason check_agent(const struct aa_agent *agent, const struct aa_login *login)
{
	return aa_step(login->trace, AA_STEP_EXPIRY, NULL,
		       agent->expires && login->now >= agent->expires ? AA_AGENT_EXPIRED : AA_OK);
}

void aa_verify(const struct aa_policy *policy, const struct aa_agent *agent, const struct aa_login *login,
	       const char *credential, size_t len, struct aa_verdict *verdict)
{
	struct presented p = {0};
	enum aa_reason reason;
	bool was_found;

	aa_verdict_clear(verdict);
	reason = aa_step(login->trace, AA_STEP_FORM, NULL, parse(credential, len, &p, verdict));
	if (reason == AA_OK)
		reason = aa_step(login->trace, AA_STEP_ISSUER, NULL, find_issuer(policy, &p, verdict));
	if (reason == AA_OK)
		reason = aa_step(login->trace, AA_STEP_KEY, NULL, find_key(agent, login, &p, verdict));
	was_found = reason == AA_OK;
	reason = check_signature(reason, &p);
	if (was_found)
		(void)aa_step(login->trace, AA_STEP_SIGNATURE, NULL, reason);
	if (reason == AA_OK && !name_replay_space(&p, verdict))
		reason = AA_INTERNAL;
	if (reason == AA_OK && !p.issuer)
		reason = assertion_claims(policy, login, &p, verdict);
	if (reason == AA_OK && p.issuer)
		reason = aa_token_claims(policy, p.issuer, agent, login, p.jws, p.payload, verdict);
	if (reason == AA_OK)
		reason = check_agent(agent, login);
	if (reason == AA_OK && !p.issuer)
		reason = assertion_roles(policy, agent, login, verdict);
	if (reason == AA_OK && p.issuer)
		reason = aa_token_roles(policy, p.issuer, agent, login, p.payload, verdict);
	verdict->reason = reason;
	presented_clear(&p);
}

void aa_verify_nobody(const char *credential, size_t len, struct aa_verdict *verdict)
{
	struct presented p = {0};
	enum aa_reason reason;

	aa_verdict_clear(verdict);
	reason = parse(credential, len, &p, verdict);
	(void)check_signature(reason == AA_OK ? AA_UNKNOWN_KEY : reason, &p);
	free(verdict->claim);
	verdict->claim = NULL;
	verdict->reason = AA_AGENT_RETIRED;
	presented_clear(&p);
}

/* ---- before anything is presented ---- */

/* Applies the rule of an issuer's tokens for people, of whichever issuer has the agent's bindings. */
static enum aa_reason check_user(const struct aa_policy *policy, const struct aa_agent *agent,
				 const char *user)
{
	for (size_t i = 0; i < agent->bindings.n; i++) {
		struct aa_issuer *issuer = NULL;
		enum aa_reason reason = aa_policy_issuer(policy, agent->bindings.v[i].issuer, &issuer);
		bool may = reason == AA_OK && aa_token_may_act_for(issuer, agent, user);

		aa_issuer_free(issuer);
		if (reason != AA_OK)
			return AA_REGISTRY_UNAVAILABLE;
		if (may)
			return AA_OK;
	}
	return AA_DELEGATION_DENIED;
}

void aa_verify_awaited(const struct aa_policy *policy, const struct aa_agent *agent,
		       const struct aa_login *login, const char *scope, const char *user,
		       struct aa_verdict *verdict)
{
	const struct aa_narrowing narrow = {.scope = scope, .delegable_only = user != NULL};
	enum aa_reason reason = AA_OK;

	aa_verdict_clear(verdict);
	verdict->kind = user ? AA_KIND_DELEGATED : AA_KIND_NONE;
	if (!keep(&verdict->scope, scope) || !keep(&verdict->on_behalf_of, user))
		reason = AA_INTERNAL;
	if (reason == AA_OK && user)
		reason = aa_step(login->trace, AA_STEP_BEHALF, NULL, check_user(policy, agent, user));
	if (reason == AA_OK)
		reason = check_agent(agent, login);
	if (reason == AA_OK)
		reason = aa_roles_narrow(policy, agent, login, &narrow, &verdict->roles);
	verdict->reason = reason;
}

/* ---- without a token ---------------------------------------------------------------------------------------- */

/* Finds the agent's key that SSH_AUTH_INFO_0 names. It must be one line, of the method publickey, with equal TYPE and
 * BLOB. */
static const struct aa_agent_key *ssh_key(const struct aa_agent *agent, const char *info)
{
	static const char method[] = "publickey ";
	size_t len;

	if (!info || strncmp(info, method, sizeof(method) - 1) != 0)
		return NULL;
	info += sizeof(method) - 1;
	len = strcspn(info, "\n");
	if (info[len] && info[len + 1])
		return NULL;
	for (size_t i = 0; i < agent->keys.n; i++)
		if (strlen(agent->keys.v[i].ssh) == len && memcmp(agent->keys.v[i].ssh, info, len) == 0)
			return &agent->keys.v[i];
	return NULL;
}

void aa_verify_publickey(const struct aa_policy *policy, const struct aa_agent *agent,
			 const struct aa_login *login, struct aa_verdict *verdict)
{
	static const struct aa_narrowing all = {0};
	const struct aa_agent_key *key = ssh_key(agent, login->ssh_auth_info);
	enum aa_reason reason = AA_OK;

	aa_verdict_clear(verdict);
	verdict->kind = AA_KIND_PUBLICKEY;
	if (!key || key->state != AA_KEY_ACTIVE)
		reason = AA_UNKNOWN_KEY;
	else if (!keep(&verdict->kid, key->kid))
		reason = AA_INTERNAL;
	else if (key->not_after && login->now >= key->not_after)
		reason = AA_KEY_EXPIRED;
	(void)aa_step(login->trace, AA_STEP_KEY, NULL, reason);
	if (reason == AA_OK)
		reason = check_agent(agent, login);
	if (reason == AA_OK)
		reason = aa_roles_narrow(policy, agent, login, &all, &verdict->roles);
	verdict->reason = reason;
}

static bool is_own(const void *agent, const char *role)
{
	return aa_roles_lent_until(agent, role) == 0;
}

/* sshd asks before it shows the key of a login. All else that comes here without a person is started by root, and has no
 * end at which a role that the agent has for a time could be taken from it. */
void aa_verify_account(const struct aa_policy *policy, const struct aa_agent *agent,
		       const struct aa_login *login, bool delegable_only, struct aa_verdict *verdict)
{
	const bool starts = !delegable_only && strcmp(login->service, "sshd") != 0;
	const struct aa_narrowing narrow = {
	    .delegable_only = delegable_only, .admit = starts ? is_own : NULL, .data = agent};
	enum aa_reason reason;

	aa_verdict_clear(verdict);
	verdict->kind = delegable_only ? AA_KIND_LOCAL : AA_KIND_ROOT;
	reason = check_agent(agent, login);
	if (reason == AA_OK)
		reason = aa_roles_narrow(policy, agent, login, &narrow, &verdict->roles);
	/* A process that root starts runs without a role where none admits the service: root uses the account and
	 * gets no grant. */
	if (!delegable_only && (reason == AA_SERVICE_DENIED || reason == AA_ROLE_DENIED))
		reason = AA_OK;
	verdict->reason = reason;
}
