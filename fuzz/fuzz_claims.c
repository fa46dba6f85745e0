/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_claims.c: any header and payload with a true signature, through the whole verification: the attacker who
 * has a key, and the issuer who says odd things. The input is HEADER LF PAYLOAD. Holds of every verdict that
 * is a yes: it ends in the future and within the host's limits, it is marked against replay, it grants no
 * role that the entry lacks, a delegated one none that is not delegable, and it names the user. */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "common/text/list.h"
#include "common/verify/verdict.h"
#include "common/verify/verify.h"
#include "fuzz/fuzz.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"

#define NOW INT64_C(1800000000)
#define SKEW 30 /* as support_policy has it */

static void holds_of_a_yes(const struct aa_verdict *v, const struct aa_agent *agent)
{
	FUZZ_HOLDS(v->kind == AA_KIND_ASSERTION || v->kind == AA_KIND_TOKEN || v->kind == AA_KIND_DELEGATED);
	FUZZ_HOLDS((v->kind == AA_KIND_ASSERTION) == (v->issuer == NULL));
	FUZZ_HOLDS(v->expires > NOW - SKEW && v->expires <= NOW + SKEW + 3600);
	FUZZ_HOLDS(v->once && v->jti && *v->jti && v->replay_space);
	FUZZ_HOLDS((v->kind == AA_KIND_DELEGATED) == (v->on_behalf_of != NULL));
	FUZZ_HOLDS(v->roles.n > 0);
	for (size_t i = 0; i < v->roles.n; i++) {
		FUZZ_HOLDS(aa_list_has(&agent->roles, v->roles.v[i]->name));
		FUZZ_HOLDS(v->kind != AA_KIND_DELEGATED || v->roles.v[i]->delegable);
	}
}

static void decide(const struct aa_policy *policy, const struct aa_agent *agent, const struct aa_login *login,
		   char *token)
{
	struct aa_verdict verdict = {0};

	aa_verify(policy, agent, login, token, strlen(token), &verdict);
	if (verdict.reason == AA_OK)
		holds_of_a_yes(&verdict, agent);
	aa_verdict_clear(&verdict);
	free(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct support_site *site;
	static struct aa_policy *policy;
	static struct aa_agent *agent;
	static struct aa_login login;
	const uint8_t *end = memchr(data, '\n', size);
	size_t header_len = end ? (size_t)(end - data) : size;
	const uint8_t *payload = end ? end + 1 : data + size;

	if (!site) {
		site = support_site_new(NOW);
		policy = support_policy(site);
		agent = support_agent(policy, "builder-7");
		login = support_login(site, NOW);
	}
	if (size > AA_JWS_MAX / 2)
		return 0;
	/* The agent's own key, and one of the issuer's: whoever the token says it is from. */
	decide(policy, agent, &login,
	       support_sign_bytes(data, header_len, payload, (size_t)(data + size - payload), AA_ALG_ES256,
				  support_key(AA_ALG_ES256, 0)));
	decide(policy, agent, &login,
	       support_sign_bytes(data, header_len, payload, (size_t)(data + size - payload), AA_ALG_ES256,
				  support_key(AA_ALG_ES256, 2)));
	return 0;
}
