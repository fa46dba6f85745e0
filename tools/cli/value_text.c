/* SPDX-License-Identifier: Apache-2.0 */
/* value_text.c: numbers, times and lines of text, see value_text.h. */
#include "config.h"

#include "tools/cli/value_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/text/utf8.h"

const char *find_control(const char *text)
{
	size_t len = strlen(text), n;
	uint32_t character;

	for (; len; text += n, len -= n) {
		n = aa_utf8_next(text, len, &character);
		if (n == 0)
			return "bytes that are not UTF-8";
		if (character == '\n' || character == '\r')
			return "a line break";
		if (aa_utf8_is_control(character))
			return "a control character";
	}
	return NULL;
}

bool number_parse(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	long long value;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || *end || value < min || value > max)
		return false;
	*ret = value;
	return true;
}

/* Digits at text[0..n) as a number; -1: they are not. */
static int digits_at(const char *text, int n)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		if (!isdigit((unsigned char)text[i]))
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

bool time_parse(const char *text, int64_t *ret)
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

bool time_parse_loose(const char *text, int64_t now, int64_t *ret)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	size_t len = strlen(text);
	char number[16];
	struct tm tm;
	int64_t n;

	if (time_parse(text, ret))
		return true;
	if (len == 10 && parse_date(text, &tm)) {
		*ret = timegm(&tm);
		return true;
	}
	if (len < 2 || len >= sizeof number)
		return false;
	snprintf(number, sizeof number, "%.*s", (int)len - 1, text);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (text[len - 1] == units[i].unit && number_parse(number, 0, 1000000000, &n)) {
			*ret = now + n * units[i].seconds;
			return true;
		}
	return false;
}

void time_format(int64_t when, char ret[32])
{
	time_t t = (time_t)when;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || strftime(ret, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		strcpy(ret, "?");
}
