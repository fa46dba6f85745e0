/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.h: what is done before and after a test; apart from test.h, for what fuzzers and benches use, too. */
#ifndef AGENTAUTH_TESTS_SUPPORT_FIXTURE_H
#define AGENTAUTH_TESTS_SUPPORT_FIXTURE_H

/* The answers are cmocka's: 0 where it is well. */
struct test_fixture {
	int (*setup)(void **state);
	int (*teardown)(void **state);
};

#endif
