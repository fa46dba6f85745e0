/* SPDX-License-Identifier: Apache-2.0 */
/* delegation_steps.h: access tokens of corp, bent in one member. */
#ifndef AGENTAUTH_TESTS_DELEGATION_STEPS_H
#define AGENTAUTH_TESTS_DELEGATION_STEPS_H

#include "common/verify/verdict.h"
#include "tests/unit/support/expect.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"

#define KEY support_key(AA_ALG_RS256, 0)

/* A good token with up to three members bent; on behalf of somebody else it says no scope of itself. */
struct bend {
	const char *member, *text;
};

char *token_of(const struct bend *bends, size_t n);

#define TOKEN(...) token_of((const struct bend[]){__VA_ARGS__}, COUNT(((const struct bend[]){__VA_ARGS__})))

struct aa_verdict verdict_on(const struct support_site *site, char *token);

#endif
