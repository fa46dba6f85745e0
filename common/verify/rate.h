/* SPDX-License-Identifier: Apache-2.0 */
/* rate.h: reads how often something may be done, "20/h". */
#ifndef AGENTAUTH_VERIFY_RATE_H
#define AGENTAUTH_VERIFY_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define AA_RATE_MOST 1000

/* So many times within any stretch of so many seconds. */
struct aa_rate {
	int64_t most, seconds;
};

/* Reads 1 to AA_RATE_MOST, a slash, and m, h or d. False: the text is none. */
bool aa_rate_parse(const char *text, struct aa_rate *ret);

#endif
