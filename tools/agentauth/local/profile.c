/* SPDX-License-Identifier: Apache-2.0 */
/* profile.c: tells what kind of profile a profile is, see profile.h. */
#include "config.h"

#include "tools/agentauth/local/profile.h"

#include <string.h>

bool profile_uses_token(const struct profile *profile)
{
	return profile->issuer || profile->token_endpoint || profile_has_ready_token(profile);
}

bool profile_has_ready_token(const struct profile *profile)
{
	return secret_is_named(&profile->token);
}

bool profile_resource_is_asked(const struct profile *profile)
{
	return profile->resource.n == 1 && strcmp(profile->resource.v[0], PROFILE_RESOURCE_ASKED) == 0;
}

bool profile_needs_person(const struct profile *profile)
{
	return profile->grant == GRANT_AUTHORIZATION_CODE || profile->grant == GRANT_DEVICE_CODE;
}
