/* SPDX-License-Identifier: Apache-2.0 */
/* number.h: decimal numbers, read strictly: digits alone, no sign and no blank. */
#ifndef AGENTAUTH_TEXT_NUMBER_H
#define AGENTAUTH_TEXT_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Reads the digits at *text and moves *text behind them. false, and nothing changes: there is no digit, or the number
 * exceeds `max`. */
bool aa_number_take(const char **text, int64_t max, int64_t *ret);
/* Reads a whole text, of a number within min..max. */
bool aa_number_parse(const char *text, int64_t min, int64_t max, int64_t *ret);
/* Reads a uid or gid. 4294967295 is refused: (uid_t)-1 means "no change" to setresuid(2). `text` NULL is refused,
 * too. */
bool aa_number_id(const char *text, uint32_t *ret);

#endif
