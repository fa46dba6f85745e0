/* SPDX-License-Identifier: Apache-2.0 */
/* value_text.h: numbers, times and lines of text as people write them, on a command line and in a configuration. */
#ifndef AGENTAUTH_CLI_VALUE_TEXT_H
#define AGENTAUTH_CLI_VALUE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What of a control character or the like a line holds, in words; NULL: nothing. */
const char *find_control(const char *text);

/* RFC 3339 in UTC, whole seconds: 2027-01-31T00:00:00Z. */
bool time_parse(const char *text, int64_t *ret);
/* For a command line also: 2027-01-31 (its beginning), 90d, 12h, 30m, 45s (from `now` on). */
bool time_parse_loose(const char *text, int64_t now, int64_t *ret);
void time_format(int64_t time, char ret[32]);

/* Decimal digits alone, within min..max. */
bool number_parse(const char *text, int64_t min, int64_t max, int64_t *ret);

#endif
