/* SPDX-License-Identifier: Apache-2.0 */
/* provider_check.c: what of a request does not fit its provider, see provider_check.h. */
#include "config.h"

#include <ctype.h>
#include <string.h>

#include "tools/agentauthctl/model/provider_check.h"

static bool is_guid(const char *text)
{
	for (size_t i = 0; i < 36; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-'
							    : !isxdigit((unsigned char)text[i]))
			return false;
	return text[36] == '\0';
}

static bool check_entra(const struct provider_request *request, char *why, size_t size)
{
	if (request->token_version && strcmp(request->token_version, "1") != 0 &&
	    strcmp(request->token_version, "2") != 0)
		return providers_refuse(why, size,
					"--token-version is 1 or 2, as the API's registration has it");
	if (!request->tenant && !request->issuer)
		return providers_refuse(
		    why, size,
		    "entra needs --tenant: the Directory (tenant) ID, as the overview of Entra ID shows it");
	if (request->tenant && request->issuer)
		return providers_refuse(why, size, "--tenant says what the issuer is: leave --issuer out");
	if (request->tenant && !is_guid(request->tenant))
		return providers_refuse(
		    why, size,
		    "--tenant %s: must be the tenant's ID (8-4-4-4-12 hexadecimal digits), not its "
		    "domain: it stands in "
		    "the token's iss",
		    quoted(request->tenant));
	return true;
}

static bool check_blueprint(const struct provider *provider, const struct provider_request *request,
			    char *why, size_t size)
{
	if (!request->blueprint)
		return true;
	if (strcmp(provider->name, "entra-agent") != 0)
		return providers_refuse(why, size, "--blueprint is for --provider entra-agent");
	if (!is_guid(request->blueprint))
		return providers_refuse(
		    why, size,
		    "--blueprint %s: must be the Application ID of the agents' blueprint (8-4-4-4-12 "
		    "hexadecimal digits)",
		    quoted(request->blueprint));
	return true;
}

static bool check_keys(const struct provider_request *request, char *why, size_t size)
{
	if (request->jwks_file && request->jwks_uri)
		return providers_refuse(
		    why, size,
		    "--jwks-file and --jwks-uri are two answers to where its keys come from: give one");
	if (request->jwks_file && (request->ca_file || request->bearer_file))
		return providers_refuse(
		    why, size,
		    "--ca-file and --bearer-file are for fetching keys, and --jwks-file is there already");
	return true;
}

static bool check_people(const struct provider *provider, const struct provider_request *request, char *why,
			 size_t size)
{
	if (provider->people == NO_PEOPLE && request->delegation)
		return providers_refuse(
		    why, size, "tokens of %s are never a person's: leave --delegation out", provider->name);
	if (request->scopes.n && !request->scope_claim && !provider->scope_claim)
		return providers_refuse(
		    why, size,
		    "tokens of %s have no scope: name the claim that --scope is about with --scope-claim",
		    provider->name);
	if (request->namespace && !request->client_claim)
		return providers_refuse(
		    why, size,
		    "--namespace belongs to --client-claim /kubernetes.io/serviceaccount/name; "
		    "without it sub is taken, "
		    "which has the namespace");
	if (request->client_claim && strncmp(request->client_claim, "/kubernetes.io/", 15) == 0 &&
	    !request->namespace)
		return providers_refuse(
		    why, size,
		    "a service account's name is another's in every other namespace: say which "
		    "with --namespace");
	for (size_t i = 0; i < request->scopes.n; i++) {
		const char *colon = strrchr(request->scopes.v[i], ':');

		if (!colon || colon == request->scopes.v[i] || !colon[1])
			return providers_refuse(why, size, "--scope %s: write VALUE:ROLE",
						quoted(request->scopes.v[i]));
	}
	return true;
}

static bool check_issuer_form(const struct provider *provider, const struct provider_request *request,
			      char *why, size_t size)
{
	return !request->issuer || !provider->check_issuer ||
	       provider->check_issuer(request->issuer, why, size);
}

bool provider_check(const struct provider *provider, const struct provider_request *request, char *why,
		    size_t size)
{
	if (!provider)
		return providers_refuse(
		    why, size,
		    "--provider %s: it is one of %s; without --provider any OpenID Connect provider will do",
		    quoted(request->provider), providers_names());
	if (!provider->is_entra && (request->tenant || request->token_version))
		return providers_refuse(
		    why, size, "--tenant and --token-version are for --provider entra and entra-agent");
	if (strcmp(provider->name, "kubernetes") != 0 && request->namespace)
		return providers_refuse(why, size, "--namespace is for --provider kubernetes");
	if (provider->is_entra && !check_entra(request, why, size))
		return false;
	if (!provider->issuer && !request->issuer && !request->tenant)
		return providers_refuse(why, size,
					"--issuer is missing: what its tokens have as iss, such as %s",
					provider->issuer_looks);
	if (provider->needs_audience && request->audience.n == 0)
		return providers_refuse(
		    why, size,
		    "--audience is missing: %s cannot write ssh://HOST into a token, but only what "
		    "its API is called there",
		    provider->name);
	return check_blueprint(provider, request, why, size) &&
	       check_issuer_form(provider, request, why, size) && check_keys(request, why, size) &&
	       check_people(provider, request, why, size);
}
