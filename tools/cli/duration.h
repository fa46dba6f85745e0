/* SPDX-License-Identifier: Apache-2.0 */
/* duration.h: spans of time in words. */
#ifndef AGENTAUTH_CLI_DURATION_H
#define AGENTAUTH_CLI_DURATION_H

#include <stdint.h>

#define DURATION_SIZE 40

/* Writes "8 hours", "90 minutes", "1 day": in the largest unit that leaves no rest. */
void duration_print(int64_t seconds, char ret[DURATION_SIZE]);

#endif
