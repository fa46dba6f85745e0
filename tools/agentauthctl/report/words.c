/* SPDX-License-Identifier: Apache-2.0 */
/* words.c: see words.h. */
#include "config.h"

#include "tools/agentauthctl/report/words.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/verify/reason.h"

static bool split(int64_t when, struct tm *ret)
{
	time_t t = when;

	return gmtime_r(&t, ret) != NULL;
}

/* A day of one digit has a blank in front, which is for columns alone. */
static void trim(bool known, char ret[WORDS_TIME])
{
	if (!known)
		memcpy(ret, "?", 2);
	else if (*ret == ' ')
		memmove(ret, ret + 1, strlen(ret));
}

void words_minute(int64_t when, char ret[WORDS_TIME])
{
	struct tm tm;

	trim(split(when, &tm) && strftime(ret, WORDS_TIME, "%a %d %b %H:%M", &tm), ret);
}

void words_day(int64_t when, char ret[WORDS_TIME])
{
	struct tm tm;

	trim(split(when, &tm) && strftime(ret, WORDS_TIME, "%e %b", &tm), ret);
}

static void date(int64_t when, char ret[WORDS_TIME])
{
	struct tm tm;

	trim(split(when, &tm) && strftime(ret, WORDS_TIME, "%e %B %Y", &tm), ret);
}

void words_dates(int64_t from, int64_t to, char ret_from[WORDS_TIME], char ret_to[WORDS_TIME])
{
	char *month, *year;

	date(from, ret_from);
	date(to, ret_to);
	month = strchr(ret_from, ' ');
	year = strrchr(ret_from, ' ');
	if (!month || !strchr(ret_to, ' '))
		return;
	if (strcmp(month, strchr(ret_to, ' ')) == 0)
		*month = '\0';
	else if (strcmp(year, strrchr(ret_to, ' ')) == 0)
		*year = '\0';
}

void words_span(int64_t s, char ret[WORDS_TIME])
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	size_t i = 0;
	int64_t first, second;

	while (i < 3 && s < units[i].seconds)
		i++;
	first = s / units[i].seconds;
	second = i < 3 ? s % units[i].seconds / units[i + 1].seconds : 0;
	if (second && first < 10)
		(void)snprintf(ret, WORDS_TIME, "%" PRId64 " %s %" PRId64 " %s", first, units[i].unit, second,
			       units[i + 1].unit);
	else
		(void)snprintf(ret, WORDS_TIME, "%" PRId64 " %s", first, units[i].unit);
}

void words_number(uint64_t number, char ret[WORDS_TIME])
{
	char digits[24], *to = ret;
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, number);

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
}

const char *words_sentence(const char *reason)
{
	enum aa_reason known = aa_reason_named(reason);

	return known < AA_REASON_COUNT ? aa_reason_sentence(known)
				       : "a reason that this version does not know";
}
