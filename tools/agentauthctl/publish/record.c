/* SPDX-License-Identifier: Apache-2.0 */
/* record.c: structs as records of policy.cdb, see record.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/json.h"
#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_ssh.h"
#include "common/registry/accounts.h"
#include "common/text/list.h"
#include "common/verify/policy.h"
#include "tools/agentauthctl/publish/record.h"
#include "tools/cli/json_text.h"

#define MEMO_SLOTS 256

/* ---- small pieces -------------------------------------------------------- */

static void put_texts(struct buffer *b, const char *name, const struct aa_list *texts)
{
	json_text_open(b, name, '[');
	for (size_t i = 0; i < texts->n; i++)
		json_text_string(b, NULL, texts->v[i]);
	json_text_close(b, ']');
}

/* The members whose absence says that there is nothing. */

static void may_put_texts(struct buffer *b, const char *name, const struct aa_list *texts)
{
	if (texts->n)
		put_texts(b, name, texts);
}

static void may_put_string(struct buffer *b, const char *name, const char *value)
{
	if (value)
		json_text_string(b, name, value);
}

static void may_put_number(struct buffer *b, const char *name, int64_t value)
{
	if (value)
		json_text_number(b, name, value);
}

static void may_put_claims(struct buffer *b, const struct model_claims *claims)
{
	if (claims->n == 0)
		return;
	json_text_open(b, "require", '[');
	for (size_t i = 0; i < claims->n; i++) {
		json_text_open(b, NULL, '{');
		json_text_string(b, "claim", claims->v[i].claim);
		json_text_string(b, "value", claims->v[i].value);
		json_text_close(b, '}');
	}
	json_text_close(b, ']');
}

static void begin(struct buffer *b)
{
	buffer_clear(b);
	json_text_open(b, NULL, '{');
}

static void end(struct buffer *b)
{
	json_text_close(b, '}');
	json_text_end(b);
}

/* ---- host, issuers, roles ------------------------------------------------ */

/* What was published holds on where the text says nothing; only the first time it is the resolver that is asked. */
static void put_audience(struct buffer *b, const struct model *model)
{
	const struct host_facts *facts = model->facts;
	char *text;

	if (model->host.audience.n) {
		put_texts(b, "audience", &model->host.audience);
		return;
	}
	json_text_open(b, "audience", '[');
	for (size_t i = 0; i < facts->n_audience; i++)
		json_text_string(b, NULL, facts->audience[i]);
	if (facts->n_audience == 0) {
		text = model_default_audience(model);
		json_text_string(b, NULL, text);
		free(text);
	}
	json_text_close(b, ']');
}

void record_host(const struct model *model, uint32_t generation, struct buffer *b)
{
	const struct model_host *h = &model->host;

	begin(b);
	json_text_number(b, "format", AA_POLICY_FORMAT);
	json_text_number(b, "generation", generation);
	json_text_string(b, "name", model->facts->fqdn);
	put_audience(b, model);
	json_text_number(b, "clock_skew", h->clock_skew);
	json_text_number(b, "max_assertion_ttl", h->max_assertion_ttl);
	json_text_number(b, "max_token_ttl", h->max_token_ttl);
	json_text_number(b, "max_failures", h->max_failures);
	json_text_string(b, "nonce", nonce_words[h->nonce]);
	json_text_string(b, "audit_failure", audit_failure_words[h->audit_failure]);
	json_text_string(b, "audit_sync", audit_sync_words[h->audit_sync]);
	put_texts(b, "without_credential", &model->accounts.without_credential);
	json_text_string(b, "home", model->accounts.home);
	json_text_string(b, "shell", model->accounts.shell);
	end(b);
}

void record_accounts(const struct model *model, struct buffer *b)
{
	const struct model_accounts *a = &model->accounts;

	begin(b);
	json_text_number(b, "uid_min", a->uid_min);
	json_text_number(b, "uid_max", a->uid_max);
	json_text_string(b, "group", a->group);
	json_text_number(b, "gid", a->gid);
	end(b);
}

static void may_put_scopes(struct buffer *b, const struct model_issuer *issuer)
{
	if (issuer->scopes.n == 0)
		return;
	json_text_open(b, "scopes", '[');
	for (size_t i = 0; i < issuer->scopes.n; i++) {
		json_text_open(b, NULL, '{');
		json_text_string(b, "claim", issuer->scopes.v[i].claim);
		json_text_string(b, "value", issuer->scopes.v[i].value);
		json_text_string(b, "role", issuer->scopes.v[i].role);
		json_text_close(b, '}');
	}
	json_text_close(b, ']');
}

void record_issuer(const struct model *model, const struct model_issuer *issuer, struct buffer *b)
{
	static const char *usual[] = {"RS256", "ES256"};
	const struct aa_list usual_algorithms = {2, usual};

	begin(b);
	json_text_string(b, "name", issuer->name);
	json_text_string(b, "issuer", issuer->issuer);
	may_put_string(b, "keys_file", issuer->jwks_file);
	may_put_string(b, "jwks_uri", issuer->jwks_uri);
	may_put_string(b, "ca_file", issuer->ca_file);
	may_put_string(b, "bearer_file", issuer->bearer_file);
	if (issuer->discovery)
		json_text_raw(b, "discovery", "true");
	put_texts(b, "algorithms", issuer->algorithms.n ? &issuer->algorithms : &usual_algorithms);
	json_text_number(b, "jwks_max_age", issuer->jwks_max_age);
	json_text_number(b, "max_token_ttl",
			 issuer->max_token_ttl ? issuer->max_token_ttl : model->host.max_token_ttl);
	may_put_texts(b, "audience", &issuer->audience);
	json_text_string(b, "client_claim", issuer->client_claim);
	json_text_string(b, "user_claim", issuer->user_claim);
	json_text_string(b, "delegation", delegation_words[issuer->delegation]);
	if (issuer->without_sub)
		json_text_string(b, "without_sub", without_sub_words[issuer->without_sub]);
	json_text_string(b, "reuse", reuse_words[issuer->reuse]);
	may_put_claims(b, &issuer->require);
	may_put_scopes(b, issuer);
	end(b);
}

void record_issuer_name(const struct model_issuer *issuer, struct buffer *b)
{
	begin(b);
	json_text_string(b, "issuer", issuer->name);
	end(b);
}

static void may_put_limits(struct buffer *b, const struct model_limits *limits)
{
	if (!limits->given)
		return;
	json_text_open(b, "limits", '{');
	may_put_string(b, "memory_max", limits->memory_max);
	may_put_number(b, "tasks_max", limits->tasks_max);
	may_put_number(b, "cpu_weight", limits->cpu_weight);
	json_text_close(b, '}');
}

void record_role(const struct model_role *role, struct buffer *b)
{
	begin(b);
	json_text_string(b, "name", role->name);
	json_text_number(b, "gid", role->gid);
	may_put_texts(b, "services", &role->services);
	may_put_texts(b, "sources", &role->sources);
	may_put_texts(b, "sudo", &role->sudo);
	may_put_texts(b, "approval", &role->approval);
	may_put_number(b, "max_session", role->max_session);
	may_put_number(b, "max_sessions", role->max_sessions);
	if (role->delegable)
		json_text_raw(b, "delegable", "true");
	may_put_limits(b, &role->limits);
	may_put_texts(b, "groups", &role->groups);
	end(b);
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
	free(forms->jwk);
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
		snprintf(why, size,
			 "is a private key. Only its public half belongs on a host: openssl pkey -in KEY "
			 "-pubout. Whoever could read this file may have the private key now");
	else if (err == AA_JOSE_KEY_WEAK)
		snprintf(why, size, "is too weak to trust (%s): make a new one with agentauth keygen",
			 aa_jose_strerror(err));
	else if (err == AA_JOSE_KEY_MALFORMED)
		snprintf(why, size,
			 "is not a public key in PEM, which begins with -----BEGIN PUBLIC KEY-----");
	else
		snprintf(why, size, "cannot be used: %s", aa_jose_strerror(err));
}

static char *jwk_text(const struct aa_key *key)
{
	json_t *jwk = aa_key_to_jwk(key);
	char *text = jwk ? aa_json_text(jwk, JSON_COMPACT) : NULL;

	json_decref(jwk);
	return text;
}

static enum aa_jose_err convert(const char *pem, bool with_thumbprint, struct key_forms *ret)
{
	struct key_forms forms = {0};
	struct aa_key *key;
	enum aa_jose_err err = aa_key_from_pem(pem, strlen(pem), &key);

	if (err != AA_JOSE_OK)
		return err;
	err = aa_key_to_ssh(key, &forms.ssh);
	if (err == AA_JOSE_OK && with_thumbprint)
		err = aa_key_thumbprint(key, forms.thumbprint);
	if (err == AA_JOSE_OK) {
		forms.jwk = jwk_text(key);
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

/* NULL: refused; `why` has the rest of a sentence. The forms stay the memo's, until the next call. */
static const struct key_forms *key_memo_get(struct key_memo *memo, const char *pem, bool with_thumbprint,
					    char *why, size_t size)
{
	size_t i = memo_slot(pem);
	struct key_forms *forms = &memo->slots[i].forms, new;
	enum aa_jose_err err;

	if (memo->slots[i].pem && strcmp(memo->slots[i].pem, pem) == 0 &&
	    (forms->thumbprint[0] || !with_thumbprint))
		return forms;
	err = convert(pem, with_thumbprint, &new);
	if (err != AA_JOSE_OK) {
		explain_key(err, why, size);
		return NULL;
	}
	free(memo->slots[i].pem);
	forms_clear(forms);
	memo->slots[i].pem = xstrdup(pem);
	*forms = new;
	return forms;
}

/* ---- agents -------------------------------------------------------------- */

static void put_binding(struct buffer *b, const struct agent_binding *binding)
{
	json_text_open(b, NULL, '{');
	json_text_string(b, "issuer", binding->issuer);
	json_text_string(b, "client", binding->client);
	may_put_string(b, "subject", binding->subject);
	may_put_claims(b, &binding->require);
	json_text_close(b, '}');
}

/* The kids of an agent's keys, so far. */
struct kids {
	char **v;
	size_t n, cap;
};

static bool take_kid(struct kids *kids, const char *kid)
{
	for (size_t i = 0; i < kids->n; i++)
		if (strcmp(kids->v[i], kid) == 0)
			return false;
	grow(&kids->v, &kids->cap, kids->n + 1, sizeof(*kids->v));
	kids->v[kids->n++] = xstrdup(kid);
	return true;
}

static void kids_free(struct kids *kids)
{
	for (size_t i = 0; i < kids->n; i++)
		free(kids->v[i]);
	free(kids->v);
}

static void put_key(struct buffer *b, const struct agent_key *key, const char *kid,
		    const struct key_forms *forms)
{
	json_text_open(b, NULL, '{');
	json_text_string(b, "kid", kid);
	json_text_raw(b, "jwk", forms->jwk);
	json_text_string(b, "ssh", forms->ssh);
	json_text_string(b, "state", key_state_words[key->state]);
	may_put_number(b, "not_after", key->not_after);
	json_text_close(b, '}');
}

/* Appends the key to the record and, where it may log in, its line to `ssh`. */
static void add_key(const struct agent *agent, size_t i, const struct conf_file *file, struct key_memo *memo,
		    struct kids *kids, struct problems *problems, struct buffer *b, struct buffer *ssh)
{
	const struct agent_key *key = &agent->keys.v[i];
	const struct key_forms *forms;
	char path[64], why[256];
	const char *kid;

	if (!key->pem)
		return; /* missing or unreadable, which has been reported */
	snprintf(path, sizeof(path), "keys[%zu].pem", i);
	forms = key_memo_get(memo, key->pem, !key->kid, why, sizeof(why));
	if (!forms) {
		conf_error(file, problems, path, "this %s", why);
		return;
	}
	kid = key->kid ? key->kid : forms->thumbprint;
	if (!take_kid(kids, kid)) {
		conf_error(file, problems, path,
			   "the kid %s is another key's of this agent already, so that it would not be known "
			   "which one is meant",
			   quoted(kid));
		return;
	}
	put_key(b, key, kid, forms);
	if (key->state == 0)
		buffer_printf(ssh, "%s %lld\n", forms->ssh, (long long)key->not_after);
}

static void put_keys(const struct agent *agent, const struct conf_file *file, struct key_memo *memo,
		     struct problems *problems, struct buffer *b, struct buffer *ssh)
{
	struct kids kids = {0};

	buffer_clear(ssh);
	json_text_open(b, "keys", '[');
	for (size_t i = 0; i < agent->keys.n; i++)
		add_key(agent, i, file, memo, &kids, problems, b, ssh);
	json_text_close(b, ']');
	kids_free(&kids);
	if (ssh->len > AA_SSH_KEYS_MAX)
		conf_error(file, problems, "keys", "the keys take %zu bytes in SSH's form, more than %d",
			   ssh->len, AA_SSH_KEYS_MAX);
}

static void may_put_delegation(struct buffer *b, const struct agent_delegation *delegation)
{
	if (!delegation->given)
		return;
	json_text_open(b, "delegation", '{');
	may_put_texts(b, "users", &delegation->users);
	may_put_texts(b, "local_users", &delegation->local_users);
	json_text_close(b, '}');
}

int record_agent(const struct agent *agent, const struct conf_file *file, struct key_memo *memo,
		 struct problems *problems, struct buffer *b, struct buffer *ssh)
{
	size_t errors_before = problems->errors;

	begin(b);
	json_text_string(b, "name", agent->name);
	json_text_number(b, "uid", agent->uid);
	may_put_string(b, "owner", agent->owner);
	may_put_string(b, "description", agent->description);
	may_put_number(b, "expires", agent->expires);
	put_texts(b, "roles", &agent->roles);
	put_keys(agent, file, memo, problems, b, ssh);
	json_text_open(b, "bindings", '[');
	for (size_t i = 0; i < agent->bindings.n; i++)
		put_binding(b, &agent->bindings.v[i]);
	json_text_close(b, ']');
	may_put_delegation(b, &agent->delegation);
	may_put_texts(b, "sources", &agent->sources);
	may_put_number(b, "max_sessions", agent->max_sessions);
	json_text_string(b, "mixed_sessions", mixed_sessions_words[agent->mixed_sessions]);
	end(b);
	return problems->errors > errors_before ? -1 : 0;
}

void record_gecos(const char *description, struct buffer *ret)
{
	buffer_clear(ret);
	for (; *description; description++)
		buffer_add(ret, *description == ':' ? ";" : description, 1);
}
