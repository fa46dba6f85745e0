/* SPDX-License-Identifier: Apache-2.0 */
/* support_faults.h: has each allocation, and each system call, of a piece of code fail in turn.
 *
 * The program that links this has malloc(), and the system calls that the core makes, in front of libc's: for
 * itself, and with -rdynamic for what it loads, jansson and OpenSSL included. Not with sanitizers, which do
 * the same.
 */
#ifndef AGENTAUTH_TESTS_SUPPORT_FAULTS_H
#define AGENTAUTH_TESTS_SUPPORT_FAULTS_H

#include <stdbool.h>

struct support_scene {
	const char *name;
	void (*before)(void *data); /* without a fault; NULL: nothing */
	int (*run)(
	    void *data); /* with the n-th call failing, for n = 1, 2, … until it ends before that call */
	/* What is wrong with this answer, after "with the call failing it …"; NULL: nothing. */
	const char *(*wrong)(void *data, int answer);
	int answer; /* where nothing fails */
};

/* Runs the scene in a child process for each fault; with FAULTS=some in the environment only every fourth
 * allocation fails. Fails the test for a wrong answer, a child that dies, or another answer without a fault than
 * the scene's. */
void support_faults_try(const struct support_scene *scene, void *data);

/* As support_faults_try(), but of allocations alone: each of the first `dense` ones, and a 64th of those behind them. */
void support_faults_try_first(const struct support_scene *scene, unsigned dense, void *data);

/* Runs the scene in a child process under each limit of descriptors from 3 to 64, and with files that may not grow; `soft`: as
 * far as the hard limits allow, which are not touched; else the limits cannot be raised any more. `ready` is called, and
 * `wrong` asked, where the limits do not hold. Where they are soft the answer is the scene's,
 * from eight descriptors on. */
void support_limits_try(const struct support_scene *scene, void *data, bool soft, void (*ready)(void *data));

/* Within run(): what the world around does meanwhile, without faults. */
void support_faults_pause(bool pause);

#endif
