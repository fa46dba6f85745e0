/* SPDX-License-Identifier: Apache-2.0 */
/* limit.h: limits for which 0 means none. */
#ifndef AGENTAUTH_VERIFY_LIMIT_H
#define AGENTAUTH_VERIFY_LIMIT_H

#include <stdint.h>

/* Gives the smaller of two limits, or the only one; 0: there is none. */
static inline int64_t aa_limit(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return a ? a : b;
	return a < b ? a : b;
}

#endif
