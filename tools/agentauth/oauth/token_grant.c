/* SPDX-License-Identifier: Apache-2.0 */
/* token_grant.c: gets a new token by the profile's grant, or by a refresh token. */
#include "config.h"

#include "tools/agentauth/oauth/token_grant.h"

#include <string.h>
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/oauth/token_request.h"

static int (*const grants[])(const struct grant *grant, struct token *ret) = {
    [GRANT_CLIENT_CREDENTIALS] = grant_client_credentials,
    [GRANT_AUTHORIZATION_CODE] = grant_authorization_code,
    [GRANT_DEVICE_CODE] = grant_device_code,
    [GRANT_TOKEN_EXCHANGE] = grant_token_exchange,
    [GRANT_JWT_BEARER] = grant_jwt_bearer,
};

int grant_run(const struct grant *grant, struct token *ret)
{
	const struct profile *profile = grant->idp->profile;

	if (grants[profile->grant](grant, ret) < 0)
		return -1;
	/* Without a person the grant itself is repeated, from what the subject has then; client credentials should come without
	 * a refresh token (RFC 6749 section 4.4.3). */
	if (!profile_needs_person(profile)) {
		own_wipe(ret->refresh);
		ret->refresh = NULL;
	}
	return 0;
}

int grant_refresh(const struct grant *grant, const char *refresh, struct token *ret)
{
	struct form form = {0};
	struct token_refusal refusal;
	int result;

	form_add(&form, "grant_type", "refresh_token");
	form_add(&form, "refresh_token", refresh);
	token_request_add_wishes(grant->idp->profile, &form);
	result = token_request(grant->idp, &form, grant->now, ret, &refusal);
	form_free(&form);
	if (result != 1)
		return result;
	token_refusal_say(&refusal, "the refresh token", grant->now);
	return strcmp(refusal.error, "invalid_grant") == 0 ? 1 : -1;
}
