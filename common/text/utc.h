/* SPDX-License-Identifier: Apache-2.0 */
/* utc.h: reads and prints times in RFC 3339 and UTC, whole seconds, "2027-01-31T00:00:00Z". In the program a time is
 * seconds since 1970. */
#ifndef AGENTAUTH_TEXT_UTC_H
#define AGENTAUTH_TEXT_UTC_H

#include <stdbool.h>
#include <stdint.h>

#define AA_UTC_SIZE 32 /* bytes of any printed time, with its zero */

/* Reads exactly that form; years from 2000 on. */
bool aa_utc_parse(const char *text, int64_t *ret);
/* Reads what a command line may hold besides: 2027-01-31 (its beginning), 1y (of 365 days), 2w,
 * 90d, 12h, 30m, 45s (from `now` on). */
bool aa_utc_parse_loose(const char *text, int64_t now, int64_t *ret);
/* Reads the same with spans that go back from `now`: 90d is 90 days ago. */
bool aa_utc_parse_ago(const char *text, int64_t now, int64_t *ret);
/* Prints "?" for a year that overflows the calendar. */
void aa_utc_print(int64_t when, char ret[AA_UTC_SIZE]);

#endif
