/* SPDX-License-Identifier: Apache-2.0 */
/* audit_steps.h: a log of its own for each test. */
#ifndef AGENTAUTH_TESTS_AUDIT_STEPS_H
#define AGENTAUTH_TESTS_AUDIT_STEPS_H

#include <linux/capability.h>

#include "common/state/audit.h"
#include "tests/unit/support/support_log.h"
#include "tests/unit/support/test.h"

struct fixture {
	char *dir;
	char log[300], head[300], lock[300];
	struct aa_audit audit;
};

extern const struct test_fixture fixture_log;
enum aa_reason append(const struct fixture *f, const char *event);
struct aa_audit_walk verify(const struct fixture *f);
/* The last line that says this of the log itself, as a new reference; NULL: none does. */
json_t *note(const struct fixture *f, const char *found);
/* How many lines say anything of the log itself. */
unsigned notes(const struct fixture *f);

#endif
