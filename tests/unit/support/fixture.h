/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.h: what is done before and after a test; apart from test.h, for what fuzzers and benches use, too. */
#ifndef AGENTAUTH_TESTS_SUPPORT_FIXTURE_H
#define AGENTAUTH_TESTS_SUPPORT_FIXTURE_H

#include <stdint.h>

/* NOW of test.h. */
#define TEST_NOW INT64_C(1800000000)

/* The answers are cmocka's: 0 where it is well. */
struct test_fixture {
	int (*setup)(void **state);
	int (*teardown)(void **state);
};

#endif
