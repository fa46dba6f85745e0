/* SPDX-License-Identifier: Apache-2.0 */
/* problems_print.h: prints the problems that were gathered. */
#ifndef AGENTAUTH_CLI_PROBLEMS_PRINT_H
#define AGENTAUTH_CLI_PROBLEMS_PRINT_H

#include "tools/cli/problems.h"

/* Prints each problem to standard error, on a line of its own: FILE:LINE:COLUMN: SETTING: what. */
void problems_print(const struct problems *p);

#endif
