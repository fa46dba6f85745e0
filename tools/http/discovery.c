/* SPDX-License-Identifier: Apache-2.0 */
/* discovery.c: makes the addresses of a provider's metadata, see discovery.h. */
#include "config.h"

#include "tools/http/discovery.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static char *well_known(const char *issuer, const char *name, bool before_path)
{
	const char *host = strstr(issuer, "://"), *end = issuer + strlen(issuer), *at;
	char *url = NULL;

	if (!host)
		return NULL;
	host += 3;
	while (end > host && end[-1] == '/')
		end--;
	at = before_path ? host + strcspn(host, "/") : end;
	if (at > end)
		at = end;
	if (asprintf(&url, "%.*s%s%.*s", (int)(at - issuer), issuer, name, (int)(end - at), at) < 0)
		return NULL;
	return url;
}

char *discovery_openid(const char *issuer)
{
	return well_known(issuer, DISCOVERY_OPENID, false);
}

char *discovery_oauth(const char *issuer)
{
	return well_known(issuer, DISCOVERY_OAUTH, true);
}
