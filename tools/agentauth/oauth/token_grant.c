/* SPDX-License-Identifier: Apache-2.0 */
/* token_grant.c: getting a new token by the profile's grant. */
#include "config.h"

#include "tools/agentauth/oauth/token_grant.h"

#include <string.h>
#include "tools/agentauth/oauth/token_request.h"
#include "tools/cli/say.h"

int grant_run(const struct grant *grant, struct token *ret)
{
	switch (grant->idp->profile->grant) {
	case GRANT_CLIENT_CREDENTIALS:
		return grant_client_credentials(grant, ret);
	case GRANT_AUTHORIZATION_CODE:
		return grant_authorization_code(grant, ret);
	case GRANT_DEVICE_CODE:
		return grant_device_code(grant, ret);
	case GRANT_TOKEN_EXCHANGE:
		return grant_token_exchange(grant, ret);
	case GRANT_JWT_BEARER:
		return grant_jwt_bearer(grant, ret);
	}
	return say_failed("this grant is not known here"), -1;
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
