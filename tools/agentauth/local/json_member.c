/* SPDX-License-Identifier: Apache-2.0 */
/* json_member.c: copies texts out of a JSON object, see json_member.h. */
#include "config.h"

#include "tools/agentauth/local/json_member.h"

#include "tools/cli/alloc.h"

char *json_member_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text && *text ? xstrdup(text) : NULL;
}
