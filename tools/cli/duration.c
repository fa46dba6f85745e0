/* SPDX-License-Identifier: Apache-2.0 */
/* duration.c: spans of time in words, see duration.h. */
#include "config.h"

#include "tools/cli/duration.h"

#include <stdio.h>

void duration_print(int64_t seconds, char ret[DURATION_SIZE])
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {{"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}};
	size_t i = 0;

	while (units[i].seconds > 1 && (seconds == 0 || seconds % units[i].seconds))
		i++;
	seconds /= units[i].seconds;
	(void)snprintf(ret, DURATION_SIZE, "%lld %s%s", (long long)seconds, units[i].name,
		       seconds == 1 ? "" : "s");
}
