/* SPDX-License-Identifier: Apache-2.0 */
/* monotonic.c: how long something takes. */
#include "config.h"

#include "common/state/monotonic.h"

#include <time.h>

int64_t aa_monotonic_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}
