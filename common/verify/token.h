/* SPDX-License-Identifier: Apache-2.0 */
/* token.h: the checks that only an issuer's access token needs: binding, delegation, scopes. For verify's own files. */
#ifndef AGENTAUTH_VERIFY_TOKEN_H
#define AGENTAUTH_VERIFY_TOKEN_H

#include <stdbool.h>

#include "common/jose/jws.h"
#include "common/verify/policy.h"
#include "common/verify/verdict.h"

#define AA_ACTORS_MAX 4 /* of one chain */

/* Checks type, audience, times, required claims, the binding, delegation, proof of possession and replay identity. */
enum aa_reason aa_token_claims(const struct aa_policy *policy, const struct aa_issuer *issuer,
			       const struct aa_agent *agent, const struct aa_login *login,
			       const struct aa_jws *jws, const json_t *payload, struct aa_verdict *verdict);

/* Says whether the issuer's word is good for this agent to act for the user. */
bool aa_token_may_act_for(const struct aa_issuer *issuer, const struct aa_agent *agent, const char *user);

/* Gives the roles of a token. On behalf of a user they are the agent's roles that are delegable and that `scopes`
 * grant, and no others. For the agent itself they are the agent's roles; where the token has a scope that `scopes`
 * maps, only those that it maps to. */
enum aa_reason aa_token_roles(const struct aa_policy *policy, const struct aa_issuer *issuer,
			      const struct aa_agent *agent, const struct aa_login *login,
			      const json_t *payload, struct aa_verdict *verdict);

#endif
