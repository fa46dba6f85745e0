/* SPDX-License-Identifier: Apache-2.0 */
/* provider_spiffe.c: SPIFFE, see providers.h. */
#include "config.h"

#include "tools/agentauthctl/model/providers.h"

const struct provider provider_spiffe = {
    .name = "spiffe",
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
	     "expires.\n",
};
