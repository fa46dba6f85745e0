/* SPDX-License-Identifier: Apache-2.0 */
/* provider.c: blocks for identity providers, see provider.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/list.h"
#include "tools/agentauthctl/model/provider.h"
#include "tools/agentauthctl/model/provider_check.h"
#include "tools/agentauthctl/model/providers.h"
#include "tools/cli/alloc.h"
#include "tools/conf/conf_edit.h"

const char *provider_client(const struct provider_request *request)
{
	const struct provider *provider = providers_find(request->provider);

	if (request->client_claim || !provider)
		return "what client_claim has";
	return provider->client;
}

static bool is_v1(const struct provider_request *request)
{
	return request->token_version && strcmp(request->token_version, "1") == 0;
}

/* Lines of a comment, with the block's name for $NAME. */
static void put_comment(struct buffer *b, const char *lines, const char *name)
{
	static const char mark[] = "$NAME";
	const char *end, *at;

	for (; lines && (end = strchr(lines, '\n')); lines = end + 1) {
		at = strstr(lines, mark);
		if (at && at < end)
			buffer_printf(b, "\t\t# %.*s%s%.*s\n", (int)(at - lines), lines, name,
				      (int)(end - at - (ptrdiff_t)strlen(mark)), at + strlen(mark));
		else
			buffer_printf(b, "\t\t# %.*s\n", (int)(end - lines), lines);
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

static void put_issuer(struct buffer *b, const struct provider *provider,
		       const struct provider_request *request)
{
	char *issuer = NULL, *keys = NULL;

	if (request->tenant && is_v1(request)) {
		issuer = xasprintf("https://sts.windows.net/%s/", request->tenant);
		keys = xasprintf("https://login.microsoftonline.com/%s/discovery/keys", request->tenant);
	} else if (request->tenant) {
		issuer = xasprintf("https://login.microsoftonline.com/%s/v2.0", request->tenant);
	}
	put_string(b, "issuer", issuer ? issuer : request->issuer ? request->issuer : provider->issuer, NULL);
	if (request->jwks_file)
		put_string(b, "jwks_file", request->jwks_file, NULL);
	else if (request->jwks_uri || keys)
		put_string(b, "jwks_uri", request->jwks_uri ? request->jwks_uri : keys, NULL);
	else
		buffer_puts(b, "\t\tdiscovery = true;\n");
	put_string(b, "ca_file", request->ca_file, NULL);
	put_string(b, "bearer_file", request->bearer_file, NULL);
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

static void put_require(struct buffer *b, const struct provider *provider,
			const struct provider_request *request)
{
	size_t n = 0;

	if (provider->is_entra)
		put_rule(b, &n, "ver", is_v1(request) ? "1.0" : "2.0");
	put_rule(b, &n, provider->require_claim, provider->require_value);
	if (provider->people == BY_CLAIM && !request->delegation)
		put_rule(b, &n, provider->own_claim, provider->own_value);
	if (request->namespace)
		put_rule(b, &n, "/kubernetes.io/namespace", request->namespace);
	if (request->blueprint)
		put_rule(b, &n, "xms_par_app_azp", request->blueprint);
	if (n)
		buffer_puts(b, "\n\t\t);\n");
}

static void put_people(struct buffer *b, const struct provider *provider,
		       const struct provider_request *request)
{
	bool allowed = provider->people == BY_SUBJECT || request->delegation;

	if (allowed)
		put_comment(b, provider->person_about, request->name);
	else if (provider->people == BY_CLAIM)
		buffer_printf(b, "\t\t# %s is \"%s\" in a token of the agent's own alone%s.\n",
			      provider->own_claim, provider->own_value,
			      provider->is_entra ? ": add the optional claim idtyp to the API's access tokens"
						 : "");
	put_string(b, "delegation", allowed ? "allowed" : "never", NULL);
	if (allowed)
		put_string(b, "user_claim", provider->user_claim, "names the person");
	if (allowed)
		put_string(b, "without_sub", provider->without_sub, "a token without sub is the agent's own");
}

static void put_scopes(struct buffer *b, const struct provider *provider,
		       const struct provider_request *request)
{
	const char *claim = request->scope_claim ? request->scope_claim : provider->scope_claim;
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

char *provider_block(const struct provider_request *request, char *why, size_t size)
{
	const struct provider *provider = providers_find(request->provider);
	const char *client = request->client_claim;
	struct buffer b = {0};

	if (!provider_check(provider, request, why, size))
		return NULL;
	if (!client)
		client = provider->is_entra && is_v1(request) ? "appid" : provider->client_claim;
	buffer_puts(&b, "{\n");
	put_comment(&b, provider->about, request->name);
	put_issuer(&b, provider, request);
	if (request->algorithms.n)
		put_texts(&b, "algorithms", &request->algorithms);
	else
		buffer_printf(&b, "\t\talgorithms = %s;\n", provider->algorithms);
	if (provider->max_token_ttl)
		buffer_printf(&b, "\t\tmax_token_ttl = %d;\n", provider->max_token_ttl);
	put_texts(&b, "audience", &request->audience);
	put_string(&b, "client_claim", client, NULL);
	put_people(&b, provider, request);
	put_string(&b, "reuse", provider->reuse, NULL);
	put_require(&b, provider, request);
	put_scopes(&b, provider, request);
	buffer_puts(&b, "\t}");
	return buffer_take(&b);
}
