/* SPDX-License-Identifier: Apache-2.0 */
/* name.c: which names accounts and groups can have. */
#include "common/text/name.h"

#include <string.h>

bool aa_name_is_valid(const char *name, size_t max)
{
	size_t i;

	if (name[0] < 'a' || name[0] > 'z')
		return false;
	for (i = 1; name[i] != '\0'; i++) {
		bool letter = name[i] >= 'a' && name[i] <= 'z';
		bool digit = name[i] >= '0' && name[i] <= '9';

		if (i >= max || !(letter || digit || name[i] == '-'))
			return false;
	}
	return i <= max && name[i - 1] != '-';
}

bool aa_agent_name_is_valid(const char *name)
{
	return aa_name_is_valid(name, AA_AGENT_NAME_MAX) && strcmp(name, "agents") != 0 &&
	       strncmp(name, AA_ROLE_GROUP_PREFIX, sizeof(AA_ROLE_GROUP_PREFIX) - 1) != 0;
}
