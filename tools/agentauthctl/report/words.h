/* SPDX-License-Identifier: Apache-2.0 */
/* words.h: times, spans and numbers as a report has them in words. All times are in UTC. */
#ifndef AGENTAUTHCTL_WORDS_H
#define AGENTAUTHCTL_WORDS_H

#include <stdint.h>

#define WORDS_TIME 56

/* "Fri 15 Jan 08:02", "15 Jan". */
void words_minute(int64_t when, char ret[WORDS_TIME]);
void words_day(int64_t when, char ret[WORDS_TIME]);
/* "15 January 2027" of each, the first without what both have. */
void words_dates(int64_t from, int64_t to, char ret_from[WORDS_TIME], char ret_to[WORDS_TIME]);
/* Writes a span in its two largest units: "2 d 4 h", "3 min", "12 s". */
void words_span(int64_t seconds, char ret[WORDS_TIME]);
/* Writes a number with a comma at each thousand. */
void words_number(uint64_t number, char ret[WORDS_TIME]);
/* Returns the sentence of a reason, without a full stop, whether this version knows it or not. */
const char *words_sentence(const char *reason);

#endif
