/* SPDX-License-Identifier: Apache-2.0 */
/* provider.c: blocks for identity providers, see provider.h. The shapes of tokens are those that the
 * providers document; tests/unit/providers/ has one of each. */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/model/check_value.h"
#include "tools/conf/conf_edit.h"
#include "tools/agentauthctl/model/provider.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* How an agent's own token is told from one that the same client got for a person. */
enum people {
	NO_PEOPLE,  /* no token of it is a person's */
	BY_CLAIM,   /* an own one has a claim that is required, unless tokens for people are wanted too */
	BY_SUBJECT, /* sub: what is neither the client nor the binding's subject is a person */
};

struct provider {
	const char *name;
	const char *issuer;	  /* NULL: it has one for each customer */
	const char *issuer_looks; /* an example */
	const char *algorithms;
	const char *client_claim, *client; /* and what the claim's value is */
	const char *user_claim, *scope_claim;
	const char *reuse;
	int max_token_ttl; /* 0: the host's */
	bool needs_audience;
	enum people people;
	const char *own_claim, *own_value; /* BY_CLAIM */
	const char *require_claim, *require_value;
	const char *without_sub; /* what a token without sub is; NULL: refused */
	bool is_entra;		 /* the issuer follows from a tenant, and tokens have a version */
	const char *about;	 /* lines of a comment */
	const char *person_about;
};

#define ONCE "once"
#define UNTIL_EXPIRY "until_expiry"
#define RSA_ONLY "[ \"RS256\" ]"

static const struct provider providers[] = {
    {.name = "keycloak",
     .issuer_looks = "https://HOST/realms/REALM",
     .algorithms = "[ \"RS256\", \"PS256\", \"ES256\" ]",
     .client_claim = "azp",
     .client = "the Client ID",
     .user_claim = "preferred_username",
     .scope_claim = "scope",
     .reuse = ONCE,
     .people = BY_SUBJECT,
     .require_claim = "typ",
     .require_value = "Bearer",
     .about =
	 "Keycloak. azp is the Client ID; typ \"Bearer\" is an access token, an ID token has \"ID\".\n"
	 "A client's service account has a user of its own, service-account-CLIENT, whose id is sub: give it "
	 "with\n"
	 "the binding, agentauthctl set AGENT --bind $NAME:CLIENT --subject ID. A token with another sub is "
	 "a\n"
	 "person's, who logged in through this client, and is refused unless the agent's delegation names "
	 "them.\n"
	 "aud is \"account\" until the client has an audience mapper (Client scopes, CLIENT-dedicated, "
	 "Audience):\n"
	 "let it add ssh://HOST or the audience below. Realm roles are the claim /realm_access/roles.\n"},
    {.name = "entra",
     .is_entra = true,
     .issuer_looks = "https://login.microsoftonline.com/TENANT/v2.0",
     .algorithms = RSA_ONLY,
     .client_claim = "azp",
     .client = "the Application (client) ID",
     .user_claim = "oid",
     .scope_claim = "scp",
     .reuse = UNTIL_EXPIRY,
     .max_token_ttl = 5700,
     .needs_audience = true,
     .people = BY_CLAIM,
     .own_claim = "idtyp",
     .own_value = "app",
     .about =
	 "Microsoft Entra ID. The token's version is the choice of the API's registration (its manifest,\n"
	 "requestedAccessTokenVersion), not of who asks: v2 has ver 2.0, azp, and the API's client ID as "
	 "aud;\n"
	 "v1 has ver 1.0, appid, another iss, and the Application ID URI (api://…) as aud.\n"
	 "There is no jti, so a token cannot be told from its copy: it is good until it expires, 60 to 90 "
	 "minutes.\n"
	 "App roles that were granted to the agent are the claim roles.\n",
     .person_about = "sub of an app-only token is the object ID of its service principal (Enterprise "
		     "applications): give\n"
		     "it with the binding, agentauthctl set AGENT --bind $NAME:CLIENT --subject ID. Another "
		     "sub is a person's.\n"
		     "oid is the person's object ID, the same for every application; sub is not.\n"},
    {.name = "entra-agent",
     .is_entra = true,
     .issuer_looks = "https://login.microsoftonline.com/TENANT/v2.0",
     .algorithms = RSA_ONLY,
     .client_claim = "azp",
     .client = "the agent identity's Application (client) ID",
     .user_claim = "oid",
     .scope_claim = "scp",
     .reuse = UNTIL_EXPIRY,
     .max_token_ttl = 29400,
     .needs_audience = true,
     .people = BY_CLAIM,
     .own_claim = "idtyp",
     .own_value = "app",
     .about =
	 "Microsoft Entra Agent ID. azp (v2; appid in v1) is the agent identity's Application ID. Its "
	 "blueprint's is\n"
	 "xms_par_app_azp, which no ordinary application's token has: required below where --blueprint named "
	 "it. Never bind\n"
	 "an agent to the blueprint's own ID. xms_act_fct and xms_sub_fct say 11 for an agent identity and "
	 "13 "
	 "for an agent's\n"
	 "user account, in a list in no fixed order, which no rule here can ask for and none needs to.\n"
	 "There is no jti, so a token cannot be told from its copy: it is good until it expires, in the "
	 "token "
	 "that Microsoft\n"
	 "shows after 8 hours and 5 minutes. Set max_token_ttl to what yours have.\n",
     .person_about =
	 "sub of an agent's token for itself is its object ID: give it with the binding, agentauthctl set "
	 "AGENT\n"
	 "--bind $NAME:CLIENT --subject ID. Another sub is a person's, or that of the agent's user account, "
	 "which is a user\n"
	 "here too: the agent's delegation must name its object ID, oid.\n"},
    {.name = "okta",
     .issuer_looks = "https://DOMAIN.okta.com/oauth2/default",
     .algorithms = RSA_ONLY,
     .client_claim = "cid",
     .client = "the client ID",
     .user_claim = "sub",
     .scope_claim = "scp",
     .reuse = ONCE,
     .needs_audience = true,
     .people = BY_SUBJECT,
     .about =
	 "Okta, a custom authorization server (Security, API); tokens of the org's own (without /oauth2/) "
	 "are for\n"
	 "Okta alone. cid is the client ID; sub is the same in a token by client credentials, and a person's "
	 "login\n"
	 "in any other, which is refused unless the agent's delegation names the person. scp is an array.\n"
	 "The audience is the authorization server's; an ID token has no cid.\n"},
    {.name = "auth0",
     .issuer_looks = "https://TENANT.auth0.com/",
     .algorithms = RSA_ONLY,
     .client_claim = "azp",
     .client = "the Client ID",
     .user_claim = "sub",
     .scope_claim = "scope",
     .reuse = UNTIL_EXPIRY,
     .max_token_ttl = 86400,
     .needs_audience = true,
     .people = BY_CLAIM,
     .own_claim = "gty",
     .own_value = "client-credentials",
     .about =
	 "Auth0. The issuer ends in a slash. azp is the Client ID, the audience the API's identifier; with "
	 "RBAC on,\n"
	 "what was granted is the array permissions too.\n"
	 "Without jti a token is good until it expires, 24 hours unless the API says less: let it say 3600 "
	 "and set\n"
	 "max_token_ttl here to that. With the API's token profile RFC 9068 there is a jti: then set reuse "
	 "to\n"
	 "\"once\" and client_claim to \"client_id\"; gty is missing there, so take the rule away and set\n"
	 "delegation = \"allowed\" and each binding's subject, CLIENT@clients.\n",
     .person_about =
	 "sub of an agent's own token is CLIENT@clients: give it with the binding, agentauthctl set AGENT\n"
	 "--bind $NAME:CLIENT --subject CLIENT@clients. Another sub is a person's.\n"},
    {.name = "identityserver",
     .issuer_looks = "https://identity.example.com",
     .algorithms = "[ \"RS256\", \"PS256\", \"ES256\" ]",
     .client_claim = "client_id",
     .client = "the ClientId",
     .user_claim = "sub",
     .scope_claim = "scope",
     .reuse = ONCE,
     .people = BY_SUBJECT,
     .without_sub = "own",
     .about =
	 "Duende IdentityServer (and IdentityServer4): access tokens as JWT. client_id names the agent. A "
	 "token by client\n"
	 "credentials has no sub, a person's always has one, and is refused unless the agent's delegation "
	 "names them.\n"
	 "aud is the name of an API resource: name one ssh://HOST, or the audience below, and put the scopes "
	 "into it.\n"},
    {.name = "google",
     .issuer = "https://accounts.google.com",
     .algorithms = RSA_ONLY,
     .client_claim = "sub",
     .client = "the service account's unique ID, a number",
     .user_claim = "sub",
     .reuse = UNTIL_EXPIRY,
     .people = NO_PEOPLE,
     .about = "Google: ID tokens of service accounts, by the metadata server "
	      "(identity?audience=ssh://HOST&format=full) or\n"
	      "gcloud auth print-identity-token --audiences=ssh://HOST. Google writes any audience that is "
	      "asked for, so\n"
	      "the host's own is best. sub (and azp) is the account's unique ID, which is never given again, "
	      "as an email\n"
	      "can be: gcloud iam service-accounts describe EMAIL --format='value(uniqueId)'. Google's "
	      "access tokens are\n"
	      "no JWT. There is no jti: a token is good until it expires, an hour.\n"},
    {.name = "aws",
     .issuer_looks = "https://UUID.tokens.sts.global.api.aws",
     .algorithms = "[ \"RS256\", \"ES384\" ]",
     .client_claim = "sub",
     .client = "the role's ARN, as arn:aws:iam::123456789012:role/builder",
     .user_claim = "sub",
     .reuse = ONCE,
     .people = NO_PEOPLE,
     .about =
	 "AWS: IAM outbound identity federation. The issuer is the account's own: aws iam\n"
	 "get-outbound-web-identity-federation-info. The workload asks a regional STS: aws sts "
	 "get-web-identity-token\n"
	 "--audience ssh://HOST --signing-algorithm ES384 --duration-seconds 300. sub is the ARN of the "
	 "role or user that\n"
	 "asked, whatever session it was. Bind no role that people take on "
	 "(aws-reserved/sso.amazonaws.com/…): "
	 "the token is the\n"
	 "role's, and never a person's here. request_tags are the asker's own words, and prove nothing.\n"
	 "Workloads of EKS have Kubernetes' tokens: --provider kubernetes with the cluster's own issuer. "
	 "Cognito's tokens by\n"
	 "client credentials have no aud, and are refused.\n"},
    {.name = "github",
     .issuer = "https://token.actions.githubusercontent.com",
     .algorithms = RSA_ONLY,
     .client_claim = "sub",
     .client = "the workflow's subject, as repo:ORG/REPO:environment:production",
     .user_claim = "sub",
     .reuse = ONCE,
     .people = NO_PEOPLE,
     .about = "GitHub Actions. The workflow asks for its audience (core.getIDToken('ssh://HOST')), and sub "
	      "says what runs:\n"
	      "repo:ORG/REPO:environment:ENV, repo:ORG/REPO:ref:refs/heads/BRANCH, "
	      "repo:ORG/REPO:pull_request. Bind to an\n"
	      "environment with reviewers rather than to a branch, and never to pull_request. Repositories "
	      "that were made,\n"
	      "renamed or moved since the summer of 2026, and others by choice, have ids beside the names: "
	      "take sub as the\n"
	      "repository's OIDC settings show it. Without ids a name that is given up can be taken by "
	      "others: have the\n"
	      "binding require repository_id or repository_owner_id. To bind to a workflow that repositories "
	      "share, set\n"
	      "client_claim to \"job_workflow_ref\" and require repository_owner_id. actor is whoever pushed "
	      "the button, and\n"
	      "proves nothing: such a token is never a person's.\n"},
    {.name = "kubernetes",
     .issuer_looks = "https://kubernetes.default.svc.cluster.local",
     .algorithms = "[ \"RS256\", \"ES256\" ]",
     .client_claim = "sub",
     .client = "system:serviceaccount:NAMESPACE:NAME",
     .user_claim = "sub",
     .reuse = UNTIL_EXPIRY,
     .people = NO_PEOPLE,
     .about =
	 "Kubernetes: projected service account tokens. Let the pod's volume ask for the audience "
	 "ssh://HOST; one for\n"
	 "the API server must not be taken. The issuer is the cluster's: kubectl get --raw\n"
	 "/.well-known/openid-configuration. sub is system:serviceaccount:NAMESPACE:NAME. To bind by the "
	 "name alone,\n"
	 "set client_claim to \"/kubernetes.io/serviceaccount/name\" and require the namespace, which is "
	 "part of it.\n"
	 "A pod reads the same token from its file until it is renewed, so one is good until it expires.\n"
	 "Keys come from the API server, to who may read them: ca_file is the cluster's CA, bearer_file a "
	 "token of a\n"
	 "service account with the cluster role system:service-account-issuer-discovery.\n"},
    {.name = "spiffe",
     .issuer_looks = "https://oidc.TRUST-DOMAIN",
     .algorithms = "[ \"RS256\", \"ES256\", \"ES384\" ]",
     .client_claim = "sub",
     .client = "the SPIFFE ID, as spiffe://TRUST-DOMAIN/builder",
     .user_claim = "sub",
     .reuse = UNTIL_EXPIRY,
     .people = NO_PEOPLE,
     .about = "SPIFFE: JWT-SVIDs. sub is the SPIFFE ID; the workload asks for the audience ssh://HOST. An "
	      "SVID has no iss\n"
	      "of its own: set jwt_issuer of the SPIRE server to this issuer, and run SPIRE's OIDC discovery "
	      "provider there,\n"
	      "whose keys are plain ones (a bundle's say use \"jwt-svid\" and are not taken). The workload "
	      "API hands out the\n"
	      "same SVID until half of its life is over, and jti is not mandatory: one is good until it "
	      "expires.\n"},
};

static const struct provider any_provider = {
    .name = "oidc",
    .issuer_looks = "https://idp.example.com",
    .algorithms = "[ \"RS256\", \"PS256\", \"ES256\", \"EdDSA\" ]",
    .client_claim = "client_id",
    .client = "the client's ID",
    .user_claim = "sub",
    .scope_claim = "scope",
    .reuse = ONCE,
    .people = BY_SUBJECT,
    .about = "Access tokens as RFC 9068 has them: client_id names the agent, and sub is the same in a token "
	     "of its own. Where\n"
	     "the provider gives its own tokens another sub, say so with the binding, agentauthctl set AGENT "
	     "--bind\n"
	     "$NAME:CLIENT --subject SUB. Any other sub is a person's, and refused unless the agent's "
	     "delegation names it.\n",
};

/* "keycloak, entra, …" */
const char *provider_name(size_t i)
{
	return i < sizeof(providers) / sizeof(*providers) ? providers[i].name : NULL;
}

/* Every name, ", " between them, in a static buffer. */
static const char *provider_names(void)
{
	static char names[256];
	size_t at = 0;

	for (size_t i = 0; provider_name(i); i++)
		at +=
		    (size_t)snprintf(names + at, sizeof(names) - at, "%s%s", i ? ", " : "", provider_name(i));
	return names;
}

static const struct provider *find(const char *name)
{
	if (!name)
		return &any_provider;
	for (size_t i = 0; i < COUNT(providers); i++)
		if (strcmp(providers[i].name, name) == 0)
			return &providers[i];
	return NULL;
}

const char *provider_client(const struct provider_request *request)
{
	const struct provider *provider = find(request->provider);

	if (request->client_claim || !provider)
		return "what client_claim has";
	return provider->client;
}

/* ---- what does not fit ------------------------------------------------------------------- */

static bool __attribute__((format(printf, 3, 4))) refuse(char *why, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return false;
}

static bool ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

static bool is_v1(const struct provider_request *request)
{
	return request->token_version && strcmp(request->token_version, "1") == 0;
}

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
		return refuse(why, size, "--token-version is 1 or 2, as the API's registration has it");
	if (!request->tenant && !request->issuer)
		return refuse(
		    why, size,
		    "entra needs --tenant: the Directory (tenant) ID, as the overview of Entra ID shows it");
	if (request->tenant && request->issuer)
		return refuse(why, size, "--tenant says what the issuer is: leave --issuer out");
	if (request->tenant && !is_guid(request->tenant))
		return refuse(why, size,
			      "--tenant %s: must be the tenant's ID (8-4-4-4-12 hexadecimal digits), not its "
			      "domain: it stands in "
			      "the token's iss",
			      quoted(request->tenant));
	return true;
}

/* An issuer that is written wrong never matches a token, and nothing would say why. */
static bool check_issuer_form(const struct provider_request *request, char *why, size_t size)
{
	const char *issuer = request->issuer, *name = request->provider ? request->provider : "";

	if (!issuer)
		return true;
	if (strcmp(name, "auth0") == 0 && !ends_in(issuer, "/"))
		return refuse(why, size, "Auth0's tokens have an issuer that ends in a slash: --issuer %s/",
			      issuer);
	if (strcmp(name, "keycloak") == 0 && (!strstr(issuer, "/realms/") || ends_in(issuer, "/")))
		return refuse(why, size,
			      "Keycloak's issuer is https://HOST/realms/REALM, without a slash at the end");
	if (strcmp(name, "aws") == 0 && (strstr(issuer, "://sts.") || ends_in(issuer, "/")))
		return refuse(
		    why, size,
		    "that is no account's issuer: it is https://UUID.tokens.sts.global.api.aws, as aws iam "
		    "get-outbound-web-identity-federation-info shows it, without a slash at the end");
	if (strcmp(name, "okta") == 0 && !strstr(issuer, "/oauth2/"))
		return refuse(why, size,
			      "this is the org's own authorization server, whose tokens are for Okta alone; "
			      "name a custom one, as "
			      "https://DOMAIN.okta.com/oauth2/default");
	return true;
}

static bool check_blueprint(const struct provider *provider, const struct provider_request *request,
			    char *why, size_t size)
{
	if (!request->blueprint)
		return true;
	if (strcmp(provider->name, "entra-agent") != 0)
		return refuse(why, size, "--blueprint is for --provider entra-agent");
	if (!is_guid(request->blueprint))
		return refuse(
		    why, size,
		    "--blueprint %s: must be the Application ID of the agents' blueprint (8-4-4-4-12 "
		    "hexadecimal digits)",
		    quoted(request->blueprint));
	return true;
}

static bool check_keys(const struct provider_request *request, char *why, size_t size)
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

static bool check_people(const struct provider *provider, const struct provider_request *request, char *why,
			 size_t size)
{
	if (provider->people == NO_PEOPLE && request->delegation)
		return refuse(why, size, "tokens of %s are never a person's: leave --delegation out",
			      provider->name);
	if (request->scopes.n && !request->scope_claim && !provider->scope_claim)
		return refuse(
		    why, size,
		    "tokens of %s have no scope: name the claim that --scope is about with --scope-claim",
		    provider->name);
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
	for (size_t i = 0; i < request->scopes.n; i++) {
		const char *colon = strrchr(request->scopes.v[i], ':');

		if (!colon || colon == request->scopes.v[i] || !colon[1])
			return refuse(why, size, "--scope %s: write VALUE:ROLE",
				      quoted(request->scopes.v[i]));
	}
	return true;
}

static bool check(const struct provider *provider, const struct provider_request *request, char *why,
		  size_t size)
{
	if (!provider)
		return refuse(
		    why, size,
		    "--provider %s: it is one of %s; without --provider any OpenID Connect provider will do",
		    quoted(request->provider), provider_names());
	if (!provider->is_entra && (request->tenant || request->token_version))
		return refuse(why, size,
			      "--tenant and --token-version are for --provider entra and entra-agent");
	if (strcmp(provider->name, "kubernetes") != 0 && request->namespace)
		return refuse(why, size, "--namespace is for --provider kubernetes");
	if (provider->is_entra && !check_entra(request, why, size))
		return false;
	if (!provider->issuer && !request->issuer && !request->tenant)
		return refuse(why, size, "--issuer is missing: what its tokens have as iss, such as %s",
			      provider->issuer_looks);
	if (provider->needs_audience && request->audience.n == 0)
		return refuse(why, size,
			      "--audience is missing: %s cannot write ssh://HOST into a token, but only what "
			      "its API is called there",
			      provider->name);
	return check_blueprint(provider, request, why, size) && check_issuer_form(request, why, size) &&
	       check_keys(request, why, size) && check_people(provider, request, why, size);
}

/* ---- writing ------------------------------------------------------------------------------- */

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

static void put_texts(struct buffer *b, const char *name, const struct texts *texts)
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
	const struct provider *provider = find(request->provider);
	const char *client = request->client_claim;
	struct buffer b = {0};

	if (!check(provider, request, why, size))
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
