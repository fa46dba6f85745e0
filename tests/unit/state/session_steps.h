/* SPDX-License-Identifier: Apache-2.0 */
/* session_steps.h: sessions of builder-7, and processes inside and outside of them. */
#ifndef AGENTAUTH_TESTS_SESSION_STEPS_H
#define AGENTAUTH_TESTS_SESSION_STEPS_H

#include <sys/wait.h>
#include <unistd.h>

#include "common/state/session_sweep.h"
#include "common/verify/verdict.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/test.h"

struct fixture {
	struct support_site *site;
	struct aa_policy *policy;
	struct aa_agent *agent; /* builder-7, which a test may bend */
	struct aa_login login;
	struct aa_verdict verdict; /* AA_OK, roles deploy and audit */
	int64_t now;
};

extern const struct test_fixture fixture_session;
enum aa_reason create(const struct fixture *f, struct aa_session **ret);
struct aa_session *created(const struct fixture *f);
enum aa_reason find_as(const struct fixture *f, uint32_t uid);

enum aa_reason find_in_grandchild(const struct fixture *f);
/* A child of the opener's goes on after it: with it the session has ended, though the record still lies there. */
enum aa_reason survive_the_opener(const struct fixture *f);
/* One login of these rights, over as soon as it was let in. */
enum aa_reason in_and_out(struct fixture *f, const struct aa_verdict *verdict);

#endif
