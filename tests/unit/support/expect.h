/* SPDX-License-Identifier: Apache-2.0 */
/* expect.h: what the host of support_policy.h says of a credential at NOW, held against what it should say. */
#ifndef AGENTAUTH_TESTS_SUPPORT_EXPECT_H
#define AGENTAUTH_TESTS_SUPPORT_EXPECT_H

#include "tests/unit/support/support_policy.h"

/* Frees the credential; `what` names the case where it fails. */
void expect(const struct support_site *site, char *credential, enum aa_reason want, const char *what);

#endif
