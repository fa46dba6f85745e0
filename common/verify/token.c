/* SPDX-License-Identifier: Apache-2.0 */
/* token.c: an issuer's access token: RFC 9068, and the shapes that providers give it. */
#include "config.h"

#include "common/verify/token.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/jose/sha256.h"
#include "common/text/list.h"
#include "common/verify/claims.h"
#include "common/verify/roles.h"

#define USER_MAX 256

/* RFC 9068 section 2.1 says at+jwt; providers also write JWT, JOSE or nothing. */
static enum aa_reason token_type(const struct aa_jws *jws)
{
	static const char *const types[] = {"at+jwt", "application/at+jwt", "JWT", "JOSE"};

	if (!jws->typ)
		return AA_OK;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcasecmp(jws->typ, types[i]) == 0)
			return AA_OK;
	return AA_WRONG_TYPE;
}

/* ---- the binding ------------------------------------------------------------------ */

/* Finds the binding of this account that the client claim selects, and whose own rules hold. */
static enum aa_reason find_binding(const struct aa_issuer *issuer, const struct aa_agent *agent,
				   const json_t *payload, const char *client, const struct aa_binding **ret,
				   const char **ret_claim)
{
	enum aa_reason reason = AA_WRONG_SUBJECT;

	*ret_claim = issuer->client_claim;
	for (size_t i = 0; i < agent->bindings.n; i++) {
		const struct aa_binding *binding = &agent->bindings.v[i];

		if (strcmp(binding->issuer, issuer->name) != 0 || strcmp(binding->client, client) != 0)
			continue;
		reason = aa_claims_require(payload, &binding->require, ret_claim);
		if (reason == AA_OK) {
			*ret = binding;
			return AA_OK;
		}
	}
	return reason;
}

/* ---- on whose behalf, RFC 8693 section 4.1 ------------------------------------------- */

static bool names_agent(const char *subject, const char *client, const struct aa_binding *binding)
{
	return strcmp(subject, client) == 0 || (binding->subject && strcmp(subject, binding->subject) == 0);
}

/* Reads the chain of actors. The outermost alone decides; the inner ones are history. */
static enum aa_reason read_actors(const json_t *act, json_t **ret)
{
	json_t *actors = json_array();
	enum aa_reason reason = actors ? AA_OK : AA_INTERNAL;

	for (; act && reason == AA_OK; act = json_object_get(act, "act")) {
		const char *sub = NULL;

		if (!json_is_object(act) || json_array_size(actors) >= AA_ACTORS_MAX)
			reason = AA_MALFORMED;
		else
			reason = aa_claim_string(act, "sub", AA_CLAIM_MAX, &sub);
		if (reason == AA_OK && json_array_append_new(actors, json_string(sub)) < 0)
			reason = AA_INTERNAL;
	}
	if (reason == AA_OK)
		*ret = actors;
	else
		json_decref(actors);
	return reason;
}

bool aa_token_may_act_for(const struct aa_issuer *issuer, const struct aa_agent *agent, const char *user)
{
	return issuer->delegation && agent->delegation.given && aa_list_has(&agent->delegation.users, user);
}

static enum aa_reason check_user(const struct aa_issuer *issuer, const struct aa_agent *agent,
				 const json_t *payload, struct aa_verdict *verdict)
{
	const char *user = NULL;
	enum aa_reason reason = aa_claim_string(payload, issuer->user_claim, USER_MAX, &user);

	verdict->kind = AA_KIND_DELEGATED;
	if (reason != AA_OK)
		return aa_verdict_about(verdict, issuer->user_claim, reason);
	free(verdict->on_behalf_of);
	verdict->on_behalf_of = strdup(user);
	if (!verdict->on_behalf_of)
		return AA_INTERNAL;
	if (aa_token_may_act_for(issuer, agent, user))
		return AA_OK;
	return aa_verdict_about(verdict, issuer->user_claim, AA_DELEGATION_DENIED);
}

static enum aa_reason check_actor(const struct aa_issuer *issuer, const struct aa_agent *agent,
				  const json_t *payload, const char *client, const struct aa_binding *binding,
				  struct aa_verdict *verdict)
{
	enum aa_reason reason = read_actors(json_object_get(payload, "act"), &verdict->actors);

	if (reason == AA_OK &&
	    !names_agent(json_string_value(json_array_get(verdict->actors, 0)), client, binding))
		reason = AA_WRONG_SUBJECT;
	if (reason != AA_OK)
		return aa_verdict_about(verdict, "act", reason);
	return check_user(issuer, agent, payload, verdict);
}

/* Decides on a token without sub, whose user cannot be told, unless all tokens of its issuer for people have one. A
 * binding's subject demands that sub, and a claim that names a person says that the token is a person's. */
static enum aa_reason without_sub(const struct aa_issuer *issuer, const struct aa_agent *agent,
				  const json_t *payload, const struct aa_binding *binding,
				  struct aa_verdict *verdict)
{
	if (issuer->without_sub != AA_WITHOUT_SUB_OWN || binding->subject)
		return aa_verdict_about(verdict, "sub", AA_CLAIM_REQUIRED);
	return aa_claim(payload, issuer->user_claim) ? check_user(issuer, agent, payload, verdict) : AA_OK;
}

/* Decides for whom the token is. With act it is an actor's on behalf of a user; without, it is a user's where sub is
 * neither the client nor the agent's own subject. */
static enum aa_reason check_delegation(const struct aa_issuer *issuer, const struct aa_agent *agent,
				       const json_t *payload, const char *client,
				       const struct aa_binding *binding, struct aa_verdict *verdict)
{
	const char *sub = NULL;
	enum aa_reason reason;

	if (json_object_get(payload, "act"))
		return check_actor(issuer, agent, payload, client, binding, verdict);
	reason = aa_claim_string(payload, "sub", AA_CLAIM_MAX, &sub);
	if (reason == AA_MALFORMED)
		return aa_verdict_about(verdict, "sub", reason);
	if (!issuer->delegation) {
		if (binding->subject && (!sub || strcmp(sub, binding->subject) != 0))
			return aa_verdict_about(verdict, "sub", AA_WRONG_SUBJECT);
		return AA_OK;
	}
	if (!sub)
		return without_sub(issuer, agent, payload, binding, verdict);
	return names_agent(sub, client, binding) ? AA_OK : check_user(issuer, agent, payload, verdict);
}

/* ---- replay ------------------------------------------------------------------------------ */

/* Gives a token without jti the name by which the log and `revoke` know it: SHA-256 of header.payload. */
static char *digest_name(const struct aa_jws *jws)
{
	char *name = malloc(AA_SHA256_HEX_SIZE);

	if (name && aa_sha256_hex(name, jws->input, jws->input_len) == 0)
		return name;
	free(name);
	return NULL;
}

static enum aa_reason name_token(const struct aa_issuer *issuer, const struct aa_jws *jws,
				 const json_t *payload, struct aa_verdict *verdict)
{
	const char *jti = NULL;
	enum aa_reason reason = aa_claim_string(payload, "jti", AA_CLAIM_MAX, &jti);

	verdict->once = issuer->reuse == AA_REUSE_ONCE;
	if (reason == AA_MALFORMED || (reason == AA_CLAIM_REQUIRED && issuer->reuse == AA_REUSE_ONCE))
		return reason;
	free(verdict->jti);
	verdict->jti = jti ? strdup(jti) : digest_name(jws);
	return verdict->jti ? AA_OK : AA_INTERNAL;
}

/* ---- the steps ---------------------------------------------------------------------------- */

enum aa_reason aa_token_claims(const struct aa_policy *policy, const struct aa_issuer *issuer,
			       const struct aa_agent *agent, const struct aa_login *login,
			       const struct aa_jws *jws, const json_t *payload, struct aa_verdict *verdict)
{
	const struct aa_host *host = aa_policy_host(policy);
	const struct aa_time_rules times = {login->now, host->clock_skew, issuer->max_token_ttl,
					    issuer->reuse == AA_REUSE_ONCE};
	const struct aa_trace *t = login->trace;
	const struct aa_binding *binding = NULL;
	const char *client = NULL, *claim = NULL;
	enum aa_reason reason = aa_step(t, AA_STEP_TYPE, NULL, token_type(jws));

	if (reason == AA_OK)
		reason = aa_step(t, AA_STEP_IDENTITY, NULL,
				 aa_verdict_about(verdict, "jti", name_token(issuer, jws, payload, verdict)));
	if (reason == AA_OK)
		reason = aa_step(
		    t, AA_STEP_AUDIENCE, NULL,
		    aa_verdict_about(verdict, "aud",
				     aa_claims_audience(payload, issuer->audience.n ? &issuer->audience
										    : &host->audience)));
	if (reason == AA_OK) {
		reason = aa_claims_times(payload, &times, &verdict->iat, &verdict->expires, &claim);
		(void)aa_step(t, AA_STEP_TIMES, NULL, aa_verdict_about(verdict, claim, reason));
	}
	if (reason == AA_OK) {
		reason = aa_claims_require(payload, &issuer->require, &claim);
		(void)aa_step(t, AA_STEP_REQUIRE, NULL, aa_verdict_about(verdict, claim, reason));
	}
	if (reason == AA_OK) {
		claim = issuer->client_claim;
		reason = aa_claim_string(payload, claim, AA_CLAIM_MAX, &client);
		if (reason == AA_OK)
			reason = find_binding(issuer, agent, payload, client, &binding, &claim);
		(void)aa_step(t, AA_STEP_BINDING, NULL, aa_verdict_about(verdict, claim, reason));
	}
	if (reason == AA_OK)
		reason = aa_step(t, AA_STEP_BEHALF, NULL,
				 check_delegation(issuer, agent, payload, client, binding, verdict));
	if (reason == AA_OK)
		reason = aa_step(t, AA_STEP_PROOF, NULL, aa_claims_proof(payload, login->ssh_auth_info));
	return reason;
}

/* ---- roles ------------------------------------------------------------------------------------ */

struct scope_source {
	const struct aa_issuer *issuer;
	const json_t *payload;
};

static bool scope_admits(const void *data, const char *role)
{
	const struct scope_source *source = data;

	for (size_t i = 0; i < source->issuer->scopes.n; i++) {
		const struct aa_scope_rule *rule = &source->issuer->scopes.v[i];

		if (strcmp(rule->role, role) == 0 &&
		    aa_claim_matches(source->payload, rule->claim, rule->value))
			return true;
	}
	return false;
}

/* Says whether the token's scopes leave the agent any role, whatever else a login asks of it. */
static bool admits_any(const struct aa_agent *agent, const struct scope_source *source)
{
	for (size_t i = 0; i < agent->roles.n; i++)
		if (scope_admits(source, agent->roles.v[i]))
			return true;
	return false;
}

/* Joins the strings of an array with spaces. From malloc(); NULL: memory is out. */
static char *join(const json_t *array)
{
	size_t i, len = 0;
	json_t *item;
	char *text, *end;

	json_array_foreach(array, i, item)
	{
		len += json_string_length(item) + 1;
	}
	text = end = malloc(len + 1);
	if (!text)
		return NULL;
	json_array_foreach(array, i, item)
	{
		if (!json_is_string(item))
			continue;
		if (end > text)
			*end++ = ' ';
		memcpy(end, json_string_value(item), json_string_length(item));
		end += json_string_length(item);
	}
	*end = '\0';
	return text;
}

/* Keeps the token's scope for the log: `scope` or `scp`, a string or an array of strings. */
static bool keep_scope(const json_t *payload, struct aa_verdict *verdict)
{
	const json_t *scope = json_object_get(payload, "scope");

	if (!scope)
		scope = json_object_get(payload, "scp");
	free(verdict->scope);
	verdict->scope = NULL;
	if (json_is_string(scope))
		verdict->scope = strdup(json_string_value(scope));
	else if (json_is_array(scope))
		verdict->scope = join(scope);
	else
		return true;
	return verdict->scope != NULL;
}

enum aa_reason aa_token_roles(const struct aa_policy *policy, const struct aa_issuer *issuer,
			      const struct aa_agent *agent, const struct aa_login *login,
			      const json_t *payload, struct aa_verdict *verdict)
{
	const struct scope_source source = {issuer, payload};
	struct aa_narrowing narrow = {.data = &source};
	enum aa_reason reason;

	if (!keep_scope(payload, verdict))
		return AA_INTERNAL;
	narrow.delegable_only = verdict->kind == AA_KIND_DELEGATED;
	/* An issuer that has scopes grants what they say, and a token without any scope nothing. */
	if (narrow.delegable_only || issuer->scopes.v)
		narrow.admit = scope_admits;
	reason = aa_roles_narrow(policy, agent, login, &narrow, &verdict->roles);
	if (reason == AA_ROLE_DENIED && issuer->scopes.n && !admits_any(agent, &source))
		return aa_verdict_about(verdict, issuer->scopes.v[0].claim, reason);
	return reason;
}
