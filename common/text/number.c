/* SPDX-License-Identifier: Apache-2.0 */
/* number.c: decimal numbers, see number.h. */
#include "config.h"

#include "common/text/number.h"

bool aa_number_take(const char **text, int64_t max, int64_t *ret)
{
	const char *at = *text;
	int64_t number = 0;

	for (; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, *at - '0', &number) || number > max)
			return false;
	}
	if (at == *text)
		return false;
	*text = at;
	*ret = number;
	return true;
}

bool aa_number_parse(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	int64_t number;

	if (!aa_number_take(&text, max, &number) || *text || number < min)
		return false;
	*ret = number;
	return true;
}

bool aa_number_id(const char *text, uint32_t *ret)
{
	int64_t number;

	if (!text || !aa_number_parse(text, 0, UINT32_MAX - 1, &number))
		return false;
	*ret = (uint32_t)number;
	return true;
}
