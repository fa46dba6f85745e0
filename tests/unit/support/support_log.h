/* SPDX-License-Identifier: Apache-2.0 */
/* support_log.h: whether the chain of a log that a test wrote holds. */
#ifndef AGENTAUTH_TESTS_SUPPORT_LOG_H
#define AGENTAUTH_TESTS_SUPPORT_LOG_H

#include "common/state/audit_verify.h"

/* Walks over a whole log, which must be there. `expect_prev` NULL: the first line's prev is taken as it stands. */
struct aa_audit_walk support_walk(const char *path, const char *expect_prev);

#endif
