/* SPDX-License-Identifier: Apache-2.0 */
/* support_faulty.h: starts a program behind faulty.so, and has it run with one call failing, see faulty.h. */
#ifndef AGENTAUTH_TESTS_SUPPORT_FAULTY_PROGRAM_H
#define AGENTAUTH_TESTS_SUPPORT_FAULTY_PROGRAM_H

#include <sys/types.h>
#include <time.h>

#include "tests/unit/support/faulty.h"

struct faulty_program {
	pid_t pid;
	int fd;
};

/* Starts it in the folder, up to its main(); what it prints goes to the files `out` and `err` there, anew with each run. `now` is the
 * time that it sees. */
struct faulty_program faulty_start(char *const argv[], const char *folder, time_t now);
void faulty_run(const struct faulty_program *program, const struct faulty_order *order,
		struct faulty_answer *ret);
void faulty_end(struct faulty_program *program);

const char *faulty_kind_name(enum faulty_kind kind);

#endif
