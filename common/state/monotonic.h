/* SPDX-License-Identifier: Apache-2.0 */
/* monotonic.h: how long something takes. */
#ifndef AGENTAUTH_STATE_MONOTONIC_H
#define AGENTAUTH_STATE_MONOTONIC_H

#include <stdint.h>

/* Microseconds of the monotonic clock. */
int64_t aa_monotonic_us(void);

#endif
