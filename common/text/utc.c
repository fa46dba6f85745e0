/* SPDX-License-Identifier: Apache-2.0 */
/* utc.c: reads and prints times, see utc.h. */
#include "config.h"

#include "common/text/utc.h"

#include <string.h>
#include <time.h>

#include "common/text/number.h"

#define SPAN_MAX 1000000000 /* of a unit: 31 years of seconds, and no overflow in years */

/* Reads the digits at text[0..n) as a number; -1: one of them is no digit. */
static int digits_at(const char *text, int n)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

static int month_length(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

static bool parse_date(const char *text, struct tm *ret)
{
	int year, month, day;

	if (strlen(text) < 10 || text[4] != '-' || text[7] != '-')
		return false;
	year = digits_at(text, 4);
	month = digits_at(text + 5, 2);
	day = digits_at(text + 8, 2);
	if (year < 2000 || month < 1 || month > 12 || day < 1 || day > month_length(year, month))
		return false;
	*ret = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
	return true;
}

bool aa_utc_parse(const char *text, int64_t *ret)
{
	struct tm tm;

	if (strlen(text) != 20 || !parse_date(text, &tm) || text[10] != 'T' || text[13] != ':' ||
	    text[16] != ':' || text[19] != 'Z')
		return false;
	tm.tm_hour = digits_at(text + 11, 2);
	tm.tm_min = digits_at(text + 14, 2);
	tm.tm_sec = digits_at(text + 17, 2);
	if (tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 || tm.tm_min > 59 || tm.tm_sec < 0 ||
	    tm.tm_sec > 59)
		return false;
	*ret = timegm(&tm);
	return true;
}

static int64_t unit_seconds(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 7 * 86400;
	case 'y':
		return 365 * 86400;
	}
	return 0;
}

/* Reads a moment, or a span as the moment that lies so far from `now` in the direction of `sign`. */
static bool parse_from(const char *text, int64_t now, int sign, int64_t *ret)
{
	struct tm tm;
	int64_t n;

	if (aa_utc_parse(text, ret))
		return true;
	if (strlen(text) == 10 && parse_date(text, &tm)) {
		*ret = timegm(&tm);
		return true;
	}
	if (!aa_number_take(&text, SPAN_MAX, &n) || !unit_seconds(*text) || text[1])
		return false;
	*ret = now + sign * n * unit_seconds(*text);
	return true;
}

bool aa_utc_parse_loose(const char *text, int64_t now, int64_t *ret)
{
	return parse_from(text, now, 1, ret);
}

bool aa_utc_parse_ago(const char *text, int64_t now, int64_t *ret)
{
	return parse_from(text, now, -1, ret);
}

void aa_utc_print(int64_t when, char ret[AA_UTC_SIZE])
{
	time_t t = (time_t)when;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(ret, AA_UTC_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		strcpy(ret, "?");
}
