/* SPDX-License-Identifier: Apache-2.0 */
/* pam_steps.h: the phases of a handle as sshd, su and sudo call them. */
#ifndef AGENTAUTH_TESTS_PAM_STEPS_H
#define AGENTAUTH_TESTS_PAM_STEPS_H

#include "tests/unit/support/support_pam.h"
#include "tests/unit/support/test.h"

extern const struct test_fixture fixture_pam;
int authenticate(struct support_pam *p);
int account(struct support_pam *p);
/* Authenticates builder-7 at this service with this answer, which is given up. */
int log_in(struct support_pam *p, const char *service, char *answer);
const char *env(struct support_pam *p, const char *name);
bool is_a_refusal(int err);
int sudo_account(const struct support_pam *p);

#endif
