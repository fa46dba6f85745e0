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

static int setup(void **state)
{
	*state = support_site_new(NOW);
	return 0;
}

static int teardown(void **state)
{
	support_site_free(*state);
	return 0;
}

const struct test_fixture fixture_site = {setup, teardown};

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

void expect(const struct support_site *site, char *token, enum aa_reason want, const char *what)
{
	enum aa_reason reason = support_reason(site, NOW, token);

	if (reason != want)
		fail_msg("%s: %s, not %s", what, aa_reason_name(reason), aa_reason_name(want));
}
