/* SPDX-License-Identifier: Apache-2.0 */
/* issuer_check.c finds settings that do not fit a provider, see issuer_check.h. */
#include "config.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/model/check_value.h"
#include "tools/agentauthctl/model/issuer_check.h"

/* refuse() writes the sentence and returns false, which is the answer of every check below. */
static bool __attribute__((format(printf, 3, 4))) refuse(char *why, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return false;
}

static bool is_guid(const char *text)
{
	for (size_t i = 0; i < 36; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-'
							    : !isxdigit((unsigned char)text[i]))
			return false;
	return text[36] == '\0';
}

static bool check_tenant(const struct open_template *of, const struct issuer_request *request, char *why,
			 size_t size)
{
	if (!of->t.versions.n && (request->tenant || request->token_version))
		return refuse(why, size,
			      "--tenant and --token-version are for --provider entra and entra-agent");
	if (!of->t.versions.n)
		return true;
	if (!issuer_template_version(&of->t, request->token_version))
		return refuse(why, size, "--token-version is 1 or 2, as the API's registration has it");
	if (!request->tenant && !request->issuer)
		return refuse(
		    why, size,
		    "%s needs --tenant: the Directory (tenant) ID, as the overview of Entra ID shows it",
		    of->name);
	if (request->tenant && request->issuer)
		return refuse(why, size, "--tenant says what the issuer is: leave --issuer out");
	if (request->tenant && !is_guid(request->tenant))
		return refuse(why, size,
			      "--tenant %s: must be the tenant's ID (8-4-4-4-12 hexadecimal digits), not its "
			      "domain: it stands in the token's iss",
			      quoted(request->tenant));
	return true;
}

static bool check_blueprint(const struct open_template *of, const struct issuer_request *request, char *why,
			    size_t size)
{
	if (!request->blueprint)
		return true;
	if (!of->t.blueprint_claim)
		return refuse(why, size, "--blueprint is for --provider entra-agent");
	if (!is_guid(request->blueprint))
		return refuse(
		    why, size,
		    "--blueprint %s: must be the Application ID of the agents' blueprint (8-4-4-4-12 "
		    "hexadecimal digits)",
		    quoted(request->blueprint));
	return true;
}

static bool check_keys(const struct issuer_request *request, char *why, size_t size)
{
	if (request->jwks_file && request->jwks_uri)
		return refuse(
		    why, size,
		    "--jwks-file and --jwks-uri are two answers to where its keys come from: give one");
	if (request->jwks_file && (request->ca_file || request->bearer_file))
		return refuse(
		    why, size,
		    "--ca-file and --bearer-file are for fetching keys, and --jwks-file is there already");
	return true;
}

static bool check_people(const struct open_template *of, const struct issuer_request *request, char *why,
			 size_t size)
{
	if (of->t.people == NO_PEOPLE && request->delegation)
		return refuse(why, size, "tokens of %s are never a person's: leave --delegation out",
			      of->name);
	return true;
}

/* Checks --namespace. A service account's name alone is another account's in every other namespace. */
static bool check_namespace(const struct open_template *of, const struct issuer_request *request, char *why,
			    size_t size)
{
	if (!of->t.namespace_claim && request->namespace)
		return refuse(why, size, "--namespace is for --provider kubernetes");
	if (request->namespace && !request->client_claim)
		return refuse(why, size,
			      "--namespace belongs to --client-claim /kubernetes.io/serviceaccount/name; "
			      "without it sub is taken, "
			      "which has the namespace");
	if (request->client_claim && strncmp(request->client_claim, "/kubernetes.io/", 15) == 0 &&
	    !request->namespace)
		return refuse(why, size,
			      "a service account's name is another's in every other namespace: say which "
			      "with --namespace");
	return true;
}

static bool check_scopes(const struct open_template *of, const struct issuer_request *request, char *why,
			 size_t size)
{
	if (request->scopes.n && !request->scope_claim && !of->t.scope_claim)
		return refuse(
		    why, size,
		    "tokens of %s have no scope: name the claim that --scope is about with --scope-claim",
		    of->name);
	for (size_t i = 0; i < request->scopes.n; i++) {
		const char *colon = strrchr(request->scopes.v[i], ':');

		if (!colon || colon == request->scopes.v[i] || !colon[1])
			return refuse(why, size, "--scope %s: write VALUE:ROLE",
				      quoted(request->scopes.v[i]));
	}
	return true;
}

static bool check_issuer(const struct open_template *of, const struct issuer_request *request, char *why,
			 size_t size)
{
	const struct issuer_template *t = &of->t;
	char *sentence;

	if (!t->issuer && !request->issuer && !request->tenant)
		return refuse(why, size, "--issuer is missing: what its tokens have as iss, such as %s",
			      t->example);
	if (!request->issuer)
		return true;
	if ((!t->issuer_is || fnmatch(t->issuer_is, request->issuer, 0) == 0) &&
	    (!t->issuer_is_not || fnmatch(t->issuer_is_not, request->issuer, 0) != 0))
		return true;
	sentence = issuer_template_fill(t->issuer_otherwise, "$ISSUER", request->issuer);
	refuse(why, size, "%s", sentence);
	free(sentence);
	return false;
}

static bool has_audience(const struct open_template *of, const struct issuer_request *request, char *why,
			 size_t size)
{
	if (!of->t.needs_audience || request->audience.n)
		return true;
	return refuse(
	    why, size,
	    "--audience is missing: %s cannot write ssh://HOST into a token, but only what its API is "
	    "called there",
	    of->name);
}

bool issuer_check(const struct open_template *of, const struct issuer_request *request, char *why,
		  size_t size)
{
	return check_tenant(of, request, why, size) && check_namespace(of, request, why, size) &&
	       check_issuer(of, request, why, size) && has_audience(of, request, why, size) &&
	       check_blueprint(of, request, why, size) && check_keys(request, why, size) &&
	       check_people(of, request, why, size) && check_scopes(of, request, why, size);
}
