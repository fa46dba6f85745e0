/* SPDX-License-Identifier: Apache-2.0 */
/* support_calls.h: counts system calls, for tests of work that must stay bounded on any machine, however busy. */
#ifndef AGENTAUTH_TESTS_SUPPORT_CALLS_H
#define AGENTAUTH_TESTS_SUPPORT_CALLS_H

/* Runs `work` in a child that is traced, and returns the number of system calls that it made. */
unsigned long support_calls(void (*work)(void *data), void *data);

#endif
