/* SPDX-License-Identifier: Apache-2.0 */
/* label.c checks labels, see label.h. */
#include "config.h"

#include "tools/agentauthctl/fleet/label.h"

#include <stdio.h>

#include "common/text/name.h"

#define LABEL_MAX 32

bool check_label(const char *value, char *why, size_t size)
{
	if (aa_name_is_valid(value, LABEL_MAX))
		return true;
	snprintf(
	    why, size,
	    "is no name here: it has lower case letters, digits and hyphens, begins with a letter and has at "
	    "most %d characters",
	    LABEL_MAX);
	return false;
}
