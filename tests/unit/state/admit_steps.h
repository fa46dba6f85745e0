/* SPDX-License-Identifier: Apache-2.0 */
/* admit_steps.h: builder-7 before a host that remembers. */
#ifndef AGENTAUTH_TESTS_ADMIT_STEPS_H
#define AGENTAUTH_TESTS_ADMIT_STEPS_H

#include "common/state/context.h"
#include "common/verify/verdict.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/test.h"

struct fixture {
	struct support_site *site;
	struct aa_context ctx;
	struct aa_account account;
	struct aa_agent *agent;
	struct aa_login login;
	int64_t now;
	const struct aa_trace *trace; /* for the context and the login as they are opened next */
	bool dry;
};

void reopen(struct fixture *f);
extern const struct test_fixture fixture_admitted;
/* Asks for the n-th key of ES256, as sshd shows it; builder-7 has the first. */
enum aa_reason publickey(struct fixture *f, unsigned n);
enum aa_reason started(struct fixture *f, const char *service, const char *person, struct aa_verdict *v);
enum aa_reason inside(struct fixture *f, const char *service);

#endif
