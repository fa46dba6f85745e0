/* SPDX-License-Identifier: Apache-2.0 */
/* providers.h: what is known of each identity provider. The shapes of tokens are those that the providers document;
 * tests/unit/providers/ has one of each.
 *
 * A provider is a file, provider_NAME.c, and a line of the table in providers.c. */
#ifndef AGENTAUTHCTL_PROVIDERS_H
#define AGENTAUTHCTL_PROVIDERS_H

#include <stdbool.h>
#include <stddef.h>

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
	/* An issuer that is written wrong never matches a token, and nothing would say why. NULL: any may be right. */
	bool (*check_issuer)(const char *issuer, char *why, size_t size);
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

extern const struct provider provider_keycloak, provider_entra, provider_entra_agent, provider_okta,
    provider_auth0, provider_identityserver, provider_google, provider_aws, provider_github,
    provider_kubernetes, provider_spiffe, provider_oidc;

/* The provider of this name, as --provider takes it, or NULL if there is none; without a name, what is taken of any
 * OpenID Connect provider. */
const struct provider *providers_find(const char *name);

/* The name of the provider at i, as --provider takes it; NULL: there are no more. */
const char *providers_name(size_t i);

/* Every name, ", " between them, in a static buffer. */
const char *providers_names(void);

/* Says why, and is false. */
bool providers_refuse(char *why, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

bool providers_issuer_ends_in_slash(const char *issuer);

#endif
