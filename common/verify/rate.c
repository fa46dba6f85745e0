/* SPDX-License-Identifier: Apache-2.0 */
/* rate.c: reads how often something may be done, see rate.h. */
#include "config.h"

#include "common/verify/rate.h"

#include <string.h>

#include "common/text/number.h"

bool aa_rate_parse(const char *text, struct aa_rate *ret)
{
	static const char units[] = "mhd";
	static const int64_t seconds[] = {60, 3600, 86400};
	const char *unit;
	int64_t most;

	if (!aa_number_take(&text, AA_RATE_MOST, &most) || most == 0 || text[0] != '/' || !text[1] || text[2])
		return false;
	unit = strchr(units, text[1]);
	if (!unit)
		return false;
	*ret = (struct aa_rate){most, seconds[unit - units]};
	return true;
}
