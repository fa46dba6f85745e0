/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c: reads the monotonic clock, see clock.h. */
#include "config.h"

#include "tools/cli/clock.h"

#include <time.h>

int64_t clock_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void clock_wait(int64_t ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	while (nanosleep(&t, &t) < 0)
		;
}
