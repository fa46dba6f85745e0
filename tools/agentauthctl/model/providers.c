/* SPDX-License-Identifier: Apache-2.0 */
/* providers.c: the identity providers that are known, see providers.h. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/agentauthctl/model/providers.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const struct provider *const providers[] = {
    &provider_keycloak, &provider_entra,	  &provider_entra_agent, &provider_okta,
    &provider_auth0,	&provider_identityserver, &provider_google,	 &provider_aws,
    &provider_github,	&provider_kubernetes,	  &provider_spiffe,
};

const char *providers_name(size_t i)
{
	return i < COUNT(providers) ? providers[i]->name : NULL;
}

const char *providers_names(void)
{
	static char names[256];
	size_t at = 0;

	for (size_t i = 0; providers_name(i); i++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s", i ? ", " : "",
				       providers_name(i));
	return names;
}

const struct provider *providers_find(const char *name)
{
	if (!name)
		return &provider_oidc;
	for (size_t i = 0; i < COUNT(providers); i++)
		if (strcmp(providers[i]->name, name) == 0)
			return providers[i];
	return NULL;
}

bool providers_refuse(char *why, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return false;
}

bool providers_issuer_ends_in_slash(const char *issuer)
{
	size_t n = strlen(issuer);

	return n > 0 && issuer[n - 1] == '/';
}
