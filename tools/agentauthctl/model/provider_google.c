/* SPDX-License-Identifier: Apache-2.0 */
/* provider_google.c: Google, see providers.h. */
#include "config.h"

#include "tools/agentauthctl/model/providers.h"

const struct provider provider_google = {
    .name = "google",
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
	     "no JWT. There is no jti: a token is good until it expires, an hour.\n",
};
