/* SPDX-License-Identifier: Apache-2.0 */
/* agent_home.h: a home directory of its own for the tests of the agent's side, and what a command prints. */
#ifndef TESTS_AGENT_HOME_H
#define TESTS_AGENT_HOME_H

#include <sys/types.h>

#include "tests/unit/support/fixture.h"
#include "tools/cli/program.h"

/* A fresh HOME and XDG_RUNTIME_DIR below a temporary folder; AGENTAUTH_* variables unset. */
void home_make(void);
void home_remove(void);
/* The same as what cmocka calls before and after a test. */
int home_setup(void **state);
int home_teardown(void **state);
extern const struct test_fixture fixture_home;
/* HOME/NAME; static. */
const char *home_path(const char *name);
/* Writes HOME/NAME, folders too. */
void home_write(const char *name, const char *text, mode_t mode);

struct output {
	int status;
	char out[65536], err[8192];
};
/* Runs a command with these arguments (up to a NULL) and `input` on standard input. */
void run_command(struct output *ret, const struct command *command, const char *input, size_t input_len,
		 const char *const *args);

#endif
