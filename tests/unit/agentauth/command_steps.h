/* SPDX-License-Identifier: Apache-2.0 */
/* command_steps.h: an agent's commands, run in its home. */
#ifndef AGENTAUTH_TESTS_COMMAND_STEPS_H
#define AGENTAUTH_TESTS_COMMAND_STEPS_H

#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"

extern struct output o;

/* Arguments up to a NULL. */
#define RUN(command, input, ...) \
	run_command(&o, &(command), input, strlen(input), (const char *const[]){__VA_ARGS__})

void assert_said(int status, const char *what);
const char *public_file(void);
/* A key in its default place; the public half in HOME/public.pem. */
void generate(const char *alg);

#endif
