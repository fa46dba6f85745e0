/* SPDX-License-Identifier: Apache-2.0 */
/* record.c: structs as records of policy.cdb, see record.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jose/key.h"
#include "record.h"
#include "registry/accounts.h"
#include "verify/policy.h"

#define MEMO_SLOTS 256

/* ---- small pieces -------------------------------------------------------- */

/* NULL for none, so that json_pack's * leaves the member out. */
static json_t *texts_or_none(const struct texts *texts)
{
	json_t *list;

	if (texts->n == 0)
		return NULL;
	list = json_array();
	for (size_t i = 0; i < texts->n; i++)
		json_array_append_new(list, json_string(texts->v[i]));
	return list;
}

static json_t *texts_or_empty(const struct texts *texts)
{
	return texts->n ? texts_or_none(texts) : json_array();
}

static json_t *claims_or_none(const struct model_claims *claims)
{
	json_t *list;

	if (claims->n == 0)
		return NULL;
	list = json_array();
	for (size_t i = 0; i < claims->n; i++)
		json_array_append_new(
		    list, json_pack("{s:s, s:s}", "claim", claims->v[i].claim, "value", claims->v[i].value));
	return list;
}

/* A number whose absence means 0. */
static void set_number(json_t *object, const char *name, int64_t number)
{
	if (number)
		json_object_set_new(object, name, json_integer(number));
}

/* ---- host, issuers, roles ------------------------------------------------ */

json_t *record_host(const struct model *model, uint32_t generation)
{
	const struct model_host *h = &model->host;
	json_t *audience = texts_or_none(&h->audience);

	if (!audience) {
		char *text = model_default_audience(model);

		audience = json_pack("[s]", text);
		free(text);
	}
	return json_pack("{s:i, s:I, s:s, s:o, s:I, s:I, s:I, s:s, s:s, s:s, s:o, s:s, s:s}", "format",
			 AA_POLICY_FORMAT, "generation", (json_int_t)generation, "name", model->facts->fqdn,
			 "audience", audience, "clock_skew", (json_int_t)h->clock_skew, "max_assertion_ttl",
			 (json_int_t)h->max_assertion_ttl, "max_token_ttl", (json_int_t)h->max_token_ttl,
			 "nonce", nonce_words[h->nonce], "audit_failure",
			 audit_failure_words[h->audit_failure], "audit_sync", audit_sync_words[h->audit_sync],
			 "without_credential", texts_or_empty(&model->accounts.without_credential), "home",
			 model->accounts.home, "shell", model->accounts.shell);
}

static json_t *scopes_or_none(const struct model_issuer *issuer)
{
	json_t *list;

	if (issuer->scopes.n == 0)
		return NULL;
	list = json_array();
	for (size_t i = 0; i < issuer->scopes.n; i++) {
		const struct model_scope *s = &issuer->scopes.v[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "claim", s->claim, "value", s->value,
						      "role", s->role));
	}
	return list;
}

json_t *record_issuer(const struct model *model, const struct model_issuer *issuer)
{
	static const char *usual[] = {"RS256", "ES256"};
	const struct texts usual_algorithms = {2, usual};
	int64_t ttl = issuer->max_token_ttl ? issuer->max_token_ttl : model->host.max_token_ttl;
	json_t *o;

	o = json_pack("{s:s, s:s, s:s*, s:s*, s:o, s:I, s:I, s:o*, s:s, s:s, s:s, s:s, s:o*, s:o*}", "name",
		      issuer->name, "issuer", issuer->issuer, "keys_file", issuer->jwks_file, "jwks_uri",
		      issuer->jwks_uri, "algorithms",
		      texts_or_none(issuer->algorithms.n ? &issuer->algorithms : &usual_algorithms),
		      "jwks_max_age", (json_int_t)issuer->jwks_max_age, "max_token_ttl", (json_int_t)ttl,
		      "audience", texts_or_none(&issuer->audience), "client_claim", issuer->client_claim,
		      "user_claim", issuer->user_claim, "delegation", delegation_words[issuer->delegation],
		      "reuse", reuse_words[issuer->reuse], "require", claims_or_none(&issuer->require),
		      "scopes", scopes_or_none(issuer));
	if (o && issuer->discovery)
		json_object_set_new(o, "discovery", json_true());
	return o;
}

static json_t *limits_or_none(const struct model_limits *limits)
{
	json_t *o;

	if (!limits->given)
		return NULL;
	o = json_pack("{s:s*}", "memory_max", limits->memory_max);
	set_number(o, "tasks_max", limits->tasks_max);
	set_number(o, "cpu_weight", limits->cpu_weight);
	return o;
}

json_t *record_role(const struct model_role *role)
{
	json_t *o = json_pack("{s:s, s:I, s:o*, s:o*, s:o*, s:o*, s:o*, s:o*}", "name", role->name, "gid",
			      (json_int_t)role->gid, "services", texts_or_none(&role->services), "sources",
			      texts_or_none(&role->sources), "sudo", texts_or_none(&role->sudo), "approval",
			      texts_or_none(&role->approval), "limits", limits_or_none(&role->limits),
			      "groups", texts_or_none(&role->groups));

	if (!o)
		return NULL;
	set_number(o, "max_session", role->max_session);
	set_number(o, "max_sessions", role->max_sessions);
	if (role->delegable)
		json_object_set_new(o, "delegable", json_true());
	return o;
}

/* ---- keys ---------------------------------------------------------------- */

struct key_memo {
	struct {
		char *pem;
		struct key_forms forms;
	} slots[MEMO_SLOTS];
};

struct key_memo *key_memo_new(void)
{
	return xcalloc(1, sizeof(struct key_memo));
}

static void forms_clear(struct key_forms *forms)
{
	json_decref(forms->jwk);
	free(forms->ssh);
	*forms = (struct key_forms){0};
}

void key_memo_free(struct key_memo *memo)
{
	if (!memo)
		return;
	for (size_t i = 0; i < MEMO_SLOTS; i++) {
		free(memo->slots[i].pem);
		forms_clear(&memo->slots[i].forms);
	}
	free(memo);
}

static void explain_key(enum aa_jose_err err, char *why, size_t size)
{
	if (err == AA_JOSE_KEY_PRIVATE || err == AA_JOSE_KEY_ENCRYPTED)
		snprintf(
		    why, size,
		    "is a private key. Only its public half belongs on a host: openssl pkey -in KEY -pubout. "
		    "Whoever could read this file may have the private key now");
	else if (err == AA_JOSE_KEY_WEAK)
		snprintf(why, size, "is too weak to trust (%s): make a new one with agentauth keygen",
			 aa_jose_strerror(err));
	else
		snprintf(why, size, "is not a public key in PEM (-----BEGIN PUBLIC KEY-----): %s",
			 aa_jose_strerror(err));
}

static enum aa_jose_err convert(const char *pem, struct key_forms *ret)
{
	struct key_forms forms = {0};
	struct aa_key *key;
	enum aa_jose_err err = aa_key_from_pem(pem, strlen(pem), &key);

	if (err != AA_JOSE_OK)
		return err;
	err = aa_key_thumbprint(key, forms.thumbprint);
	if (err == AA_JOSE_OK)
		err = aa_key_to_ssh(key, &forms.ssh);
	if (err == AA_JOSE_OK) {
		forms.jwk = aa_key_to_jwk(key);
		err = forms.jwk ? AA_JOSE_OK : AA_JOSE_NOMEM;
	}
	aa_key_free(key);
	if (err == AA_JOSE_OK)
		*ret = forms;
	else
		forms_clear(&forms);
	return err;
}

static size_t memo_slot(const char *pem)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *pem; pem++)
		h = (h ^ (unsigned char)*pem) * UINT64_C(0x100000001b3);
	return (size_t)(h % MEMO_SLOTS);
}

const struct key_forms *key_memo_get(struct key_memo *memo, const char *pem, char *why, size_t size)
{
	size_t i = memo_slot(pem);
	struct key_forms forms;
	enum aa_jose_err err;

	if (memo->slots[i].pem && strcmp(memo->slots[i].pem, pem) == 0)
		return &memo->slots[i].forms;
	err = convert(pem, &forms);
	if (err != AA_JOSE_OK) {
		explain_key(err, why, size);
		return NULL;
	}
	free(memo->slots[i].pem);
	forms_clear(&memo->slots[i].forms);
	memo->slots[i].pem = xstrdup(pem);
	memo->slots[i].forms = forms;
	return &memo->slots[i].forms;
}

/* ---- agents -------------------------------------------------------------- */

json_t *record_binding(const struct agent_binding *binding)
{
	return json_pack("{s:s, s:s, s:s*, s:o*}", "issuer", binding->issuer, "client", binding->client,
			 "subject", binding->subject, "require", claims_or_none(&binding->require));
}

static bool has_kid(const json_t *keys, const char *kid)
{
	size_t i;
	json_t *key;

	json_array_foreach(keys, i, key)
	{
		if (strcmp(json_string_value(json_object_get(key, "kid")), kid) == 0)
			return true;
	}
	return false;
}

/* Appends the key's JSON to `keys` and, where it may log in, its line to `ssh`. */
static void add_key(const struct agent *agent, size_t i, const struct conf_file *file, struct key_memo *memo,
		    struct problems *problems, json_t *keys, struct buffer *ssh)
{
	const struct agent_key *key = &agent->keys.v[i];
	const struct key_forms *forms;
	char path[64], why[256];
	const char *kid;
	json_t *o;

	snprintf(path, sizeof(path), "keys[%zu].pem", i);
	forms = key_memo_get(memo, key->pem, why, sizeof(why));
	if (!forms) {
		conf_error(file, problems, path, "this %s", why);
		return;
	}
	kid = key->kid ? key->kid : forms->thumbprint;
	if (has_kid(keys, kid)) {
		conf_error(file, problems, path,
			   "the kid %s is another key's of this agent already, so that it would not be "
			   "known which one is meant",
			   quoted(kid));
		return;
	}
	o = json_pack("{s:s, s:O, s:s, s:s}", "kid", kid, "jwk", forms->jwk, "ssh", forms->ssh, "state",
		      key_state_words[key->state]);
	set_number(o, "not_after", key->not_after);
	json_array_append_new(keys, o);
	if (key->state == 0)
		buffer_printf(ssh, "%s %lld\n", forms->ssh, (long long)key->not_after);
}

static json_t *bindings_json(const struct agent *agent)
{
	json_t *list = json_array();

	for (size_t i = 0; i < agent->bindings.n; i++)
		json_array_append_new(list, record_binding(&agent->bindings.v[i]));
	return list;
}

static json_t *delegation_or_none(const struct agent_delegation *delegation)
{
	if (!delegation->given)
		return NULL;
	return json_pack("{s:o*, s:o*}", "users", texts_or_none(&delegation->users), "local_users",
			 texts_or_none(&delegation->local_users));
}

json_t *record_agent(const struct agent *agent, const struct conf_file *file, struct key_memo *memo,
		     struct problems *problems, struct buffer *ssh)
{
	size_t errors_before = problems->errors;
	json_t *keys = json_array(), *o;

	for (size_t i = 0; i < agent->keys.n; i++)
		if (agent->keys.v[i].pem)
			add_key(agent, i, file, memo, problems, keys, ssh);
	if (ssh->len > AA_SSH_KEYS_MAX)
		conf_error(file, problems, "keys", "the keys take %zu bytes in SSH's form, more than %d",
			   ssh->len, AA_SSH_KEYS_MAX);
	if (problems->errors > errors_before) {
		json_decref(keys);
		return NULL;
	}
	o = json_pack("{s:s, s:I, s:s*, s:s*, s:o, s:o, s:o, s:o*, s:o*, s:s}", "name", agent->name, "uid",
		      (json_int_t)agent->uid, "owner", agent->owner, "description", agent->description,
		      "roles", texts_or_empty(&agent->roles), "keys", keys, "bindings", bindings_json(agent),
		      "delegation", delegation_or_none(&agent->delegation), "sources",
		      texts_or_none(&agent->sources), "mixed_sessions",
		      mixed_sessions_words[agent->mixed_sessions]);
	if (!o)
		return NULL;
	set_number(o, "expires", agent->expires);
	set_number(o, "max_sessions", agent->max_sessions);
	return o;
}

void record_gecos(const char *description, struct buffer *ret)
{
	for (; *description; description++)
		buffer_add(ret, *description == ':' ? ";" : description, 1);
}
