/* SPDX-License-Identifier: Apache-2.0 */
/* profile_hosts.c: the hosts and audiences of a profile, see profile_hosts.h. */
#include "config.h"

#include "tools/agentauth/local/profile_hosts.h"

#include <string.h>
#include <strings.h>

/* Tells whether the audience is ssh://HOST or ssh://HOST:PORT of this host. An IPv6 address stands in brackets (RFC 3986). */
static bool audience_names(const char *audience, const char *host)
{
	size_t len = strlen(host);
	const char *p = audience;
	bool bracket;

	if (strncasecmp(p, "ssh://", 6) != 0)
		return false;
	p += 6;
	bracket = *p == '[';
	p += bracket;
	if (strncasecmp(p, host, len) != 0)
		return false;
	p += len;
	if (bracket && *p++ != ']')
		return false;
	return !*p || *p == ':';
}

static bool is_for_one_of_each(const struct profile *p)
{
	return p->hosts.n <= 1 || p->audiences.n <= 1;
}

bool profile_audiences_are_told_apart(const struct profile *p)
{
	bool told = true;

	if (is_for_one_of_each(p))
		return true;
	for (size_t h = 0; h < p->hosts.n; h++) {
		bool named = false;

		for (size_t a = 0; a < p->audiences.n; a++)
			named |= audience_names(p->audiences.v[a], p->hosts.v[h]);
		told &= named;
	}
	for (size_t a = 0; a < p->audiences.n; a++) {
		bool names = false;

		for (size_t h = 0; h < p->hosts.n; h++)
			names |= audience_names(p->audiences.v[a], p->hosts.v[h]);
		told &= names;
	}
	return told;
}

bool profile_has_host(const struct profile *profile, const char *host)
{
	for (size_t i = 0; i < profile->hosts.n; i++)
		if (strcasecmp(profile->hosts.v[i], host) == 0)
			return true;
	return false;
}

bool profile_may_have(const struct profile *profile, const char *host, const char *audience)
{
	if (!profile_has_host(profile, host))
		return false;
	for (size_t i = 0; i < profile->audiences.n; i++)
		if (strcmp(profile->audiences.v[i], audience) == 0)
			return is_for_one_of_each(profile) || audience_names(audience, host);
	return false;
}
