/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h: the clock that nobody sets, and waits that are measured by it. */
#ifndef AGENTAUTH_CLI_CLOCK_H
#define AGENTAUTH_CLI_CLOCK_H

#include <stdint.h>

/* Returns the milliseconds since some moment in the past (CLOCK_MONOTONIC): a deadline that is counted by it
 * does not move when somebody sets the time. */
int64_t clock_ms(void);

/* Waits for all of `ms` milliseconds, whatever signals are caught meanwhile. */
void clock_wait(int64_t ms);

#endif
