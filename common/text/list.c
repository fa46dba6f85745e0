/* SPDX-License-Identifier: Apache-2.0 */
/* list.c: a list of strings, see list.h. */
#include "config.h"

#include "common/text/list.h"

#include <string.h>

bool aa_list_has(const struct aa_list *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->v[i], text) == 0)
			return true;
	}
	return false;
}
