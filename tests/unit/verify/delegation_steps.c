/* SPDX-License-Identifier: Apache-2.0 */
/* delegation_steps.c: see delegation_steps.h. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "common/verify/verdict.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"
#include "tests/unit/verify/delegation_steps.h"

char *token_of(const struct bend *bends, size_t n)
{
	json_t *claims = support_token_claims(NOW);

	for (size_t i = 0; i < n; i++)
		if (strcmp(bends[i].member, "sub") == 0)
			support_bend(claims, "scope", NULL);
	for (size_t i = 0; i < n; i++)
		support_bend(claims, bends[i].member, bends[i].text);
	return support_sign(claims, AA_ALG_RS256, KEY, "r1", "at+jwt");
}

struct aa_verdict verdict_on(const struct support_site *site, char *token)
{
	struct aa_login login = support_login(site, NOW);
	struct aa_verdict v;

	support_verify(site, &login, token, &v);
	return v;
}
