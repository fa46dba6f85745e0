/* SPDX-License-Identifier: Apache-2.0 */
/* issuer_block.c writes the blocks of issuers, see issuer_block.h. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/text/list.h"
#include "tools/agentauthctl/model/issuer_block.h"
#include "tools/agentauthctl/model/issuer_check.h"
#include "tools/cli/alloc.h"
#include "tools/conf/conf_edit.h"

const char *issuer_client(const struct open_template *of, const struct issuer_request *request)
{
	return request->client_claim ? "what client_claim has" : of->t.client;
}

static void put_comment(struct buffer *b, const struct aa_list *lines, const char *name)
{
	for (size_t i = 0; i < lines->n; i++) {
		char *line = issuer_template_fill(lines->v[i], "$NAME", name);

		buffer_printf(b, "\t\t# %s\n", line);
		free(line);
	}
}

static void put_string(struct buffer *b, const char *name, const char *value, const char *note)
{
	char *quoted_value;

	if (!value)
		return;
	quoted_value = conf_quote(value);
	buffer_printf(b, "\t\t%s = %s;%s%s\n", name, quoted_value, note ? "  # " : "", note ? note : "");
	free(quoted_value);
}

/* put_keys() writes where the issuer's keys come from: the request's word, else the version's, else discovery. */
static void put_keys(struct buffer *b, const struct issuer_request *request, const char *jwks_uri)
{
	if (request->jwks_file)
		put_string(b, "jwks_file", request->jwks_file, NULL);
	else if (request->jwks_uri || jwks_uri)
		put_string(b, "jwks_uri", request->jwks_uri ? request->jwks_uri : jwks_uri, NULL);
	else
		buffer_puts(b, "\t\tdiscovery = true;\n");
	put_string(b, "ca_file", request->ca_file, NULL);
	put_string(b, "bearer_file", request->bearer_file, NULL);
}

static void put_issuer(struct buffer *b, const struct issuer_template *t,
		       const struct issuer_request *request)
{
	const struct template_version *version =
	    request->tenant ? issuer_template_version(t, request->token_version) : NULL;
	char *issuer = version ? issuer_template_fill(version->issuer, "$TENANT", request->tenant) : NULL;
	char *keys = version && version->jwks_uri
			 ? issuer_template_fill(version->jwks_uri, "$TENANT", request->tenant)
			 : NULL;

	put_string(b, "issuer", issuer ? issuer : request->issuer ? request->issuer : t->issuer, NULL);
	put_keys(b, request, keys);
	free(issuer);
	free(keys);
}

static void put_texts(struct buffer *b, const char *name, const struct aa_list *texts)
{
	if (texts->n == 0)
		return;
	buffer_printf(b, "\t\t%s = [", name);
	for (size_t i = 0; i < texts->n; i++) {
		char *text = conf_quote(texts->v[i]);

		buffer_printf(b, "%s %s", i ? "," : "", text);
		free(text);
	}
	buffer_puts(b, " ];\n");
}

static void put_rule(struct buffer *b, size_t *n, const char *claim, const char *value)
{
	char *quoted_claim, *quoted_value;

	if (!claim)
		return;
	quoted_claim = conf_quote(claim);
	quoted_value = conf_quote(value);
	buffer_printf(b, "%s\n\t\t\t{ claim = %s; value = %s; }", (*n)++ ? "," : "\t\trequire = (",
		      quoted_claim, quoted_value);
	free(quoted_claim);
	free(quoted_value);
}

static void put_rules(struct buffer *b, size_t *n, const struct aa_claim_rules *claims)
{
	for (size_t i = 0; i < claims->n; i++)
		put_rule(b, n, claims->v[i].claim, claims->v[i].value);
}

static void put_require(struct buffer *b, const struct issuer_template *t,
			const struct issuer_request *request)
{
	const struct template_version *version = issuer_template_version(t, request->token_version);
	size_t n = 0;

	if (version)
		put_rules(b, &n, &version->require);
	put_rules(b, &n, &t->require);
	if (t->people == BY_CLAIM && !request->delegation)
		put_rule(b, &n, t->own.claim.claim, t->own.claim.value);
	if (request->namespace)
		put_rule(b, &n, t->namespace_claim, request->namespace);
	if (request->blueprint)
		put_rule(b, &n, t->blueprint_claim, request->blueprint);
	if (n)
		buffer_puts(b, "\n\t\t);\n");
}

static void put_people(struct buffer *b, const struct issuer_template *t,
		       const struct issuer_request *request)
{
	bool allowed = t->people == BY_SUBJECT || request->delegation;

	put_comment(b, allowed ? &t->about_people : &t->about_own, request->name);
	put_string(b, "delegation", allowed ? "allowed" : "never", NULL);
	if (!allowed)
		return;
	put_string(b, "user_claim", t->user_claim, "names the person");
	put_string(b, "without_sub", t->without_sub, "a token without sub is the agent's own");
}

static void put_scopes(struct buffer *b, const struct issuer_template *t,
		       const struct issuer_request *request)
{
	const char *claim = request->scope_claim ? request->scope_claim : t->scope_claim;
	char *quoted_claim, *value, *quoted_value, *role;

	if (request->scopes.n == 0)
		return;
	quoted_claim = conf_quote(claim);
	buffer_puts(b, "\t\t# A token with one of these is good for these roles alone; a person's without "
		       "any, for none.\n"
		       "\t\tscopes = (");
	for (size_t i = 0; i < request->scopes.n; i++) {
		const char *colon = strrchr(request->scopes.v[i], ':');

		value = xstrndup(request->scopes.v[i], (size_t)(colon - request->scopes.v[i]));
		quoted_value = conf_quote(value);
		role = conf_quote(colon + 1);
		buffer_printf(b, "%s\n\t\t\t{ claim = %s; value = %s; role = %s; }", i ? "," : "",
			      quoted_claim, quoted_value, role);
		free(role);
		free(value);
		free(quoted_value);
	}
	buffer_puts(b, "\n\t\t);\n");
	free(quoted_claim);
}

static const char *client_claim_of(const struct issuer_template *t, const struct issuer_request *request)
{
	const struct template_version *version = issuer_template_version(t, request->token_version);

	if (request->client_claim)
		return request->client_claim;
	return version ? version->client_claim : t->client_claim;
}

char *issuer_block(const struct open_template *of, const struct issuer_request *request, char *why,
		   size_t size)
{
	const struct issuer_template *t = &of->t;
	struct buffer b = {0};

	if (!issuer_check(of, request, why, size))
		return NULL;
	buffer_puts(&b, "{\n");
	put_comment(&b, &t->about, request->name);
	put_issuer(&b, t, request);
	put_texts(&b, "algorithms", request->algorithms.n ? &request->algorithms : &t->algorithms);
	if (t->max_token_ttl)
		buffer_printf(&b, "\t\tmax_token_ttl = %lld;\n", (long long)t->max_token_ttl);
	put_texts(&b, "audience", &request->audience);
	put_string(&b, "client_claim", client_claim_of(t, request), NULL);
	put_people(&b, t, request);
	put_string(&b, "reuse", t->reuse, NULL);
	put_require(&b, t, request);
	put_scopes(&b, t, request);
	buffer_puts(&b, "\t}");
	return buffer_take(&b);
}
