/* SPDX-License-Identifier: Apache-2.0 */
/* json_place.c finds where a value stands in JSON text, see json_place.h. */
#include "config.h"

#include "tools/agentauthctl/import/json_place.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/json.h"

/* skip_value() returns what stands behind the value at `p`, or NULL at the end of the text. */
static const char *skip_value(const char *p, const char *end)
{
	size_t depth = 0;

	p = aa_json_skip_space(p, end);
	while (p && p < end) {
		if (*p == '"') {
			p = aa_json_skip_string(p, end);
			if (depth == 0)
				return p;
			continue;
		}
		if (*p == '{' || *p == '[') {
			depth++;
		} else if (*p == '}' || *p == ']') {
			if (depth == 0)
				return p; /* that of what the value stands in */
			if (--depth == 0)
				return p + 1;
		} else if (depth == 0 && (*p == ',' || *p == ':')) {
			return p;
		}
		p++;
	}
	return p;
}

/* next_item() steps to the next element or member of what `p` stands in, or returns NULL behind the last. */
static const char *next_item(const char *p, const char *end)
{
	p = p ? aa_json_skip_space(p, end) : NULL;
	if (!p || p >= end || *p == '}' || *p == ']')
		return NULL;
	if (*p == ',')
		p = aa_json_skip_space(p + 1, end);
	return p < end ? p : NULL;
}

void json_elements(const char *from, const char *end, void (*each)(void *data, const char *element),
		   void *data)
{
	const char *p = aa_json_skip_space(from, end);

	if (p >= end || *p != '[')
		return;
	for (p = next_item(p + 1, end); p; p = next_item(skip_value(p, end), end))
		each(data, p);
}

static const char *element_at(const char *p, const char *end, size_t index)
{
	if (*p != '[')
		return NULL;
	for (p = next_item(p + 1, end); p && index > 0; index--)
		p = next_item(skip_value(p, end), end);
	return p;
}

static const char *member_at(const char *p, const char *end, const char *name, size_t len)
{
	if (*p != '{')
		return NULL;
	for (p = next_item(p + 1, end); p && *p == '"';) {
		const char *behind = aa_json_skip_string(p, end);
		bool found = behind && (size_t)(behind - p) == len + 2 && memcmp(p + 1, name, len) == 0;

		if (!behind)
			return NULL;
		p = aa_json_skip_space(behind, end);
		p = p < end ? aa_json_skip_space(p + 1, end) : NULL; /* behind the colon */
		if (found || !p)
			return p;
		p = next_item(skip_value(p, end), end);
	}
	return NULL;
}

const char *json_place(const char *from, const char *end, const char *path, size_t *ret_found)
{
	const char *p = aa_json_skip_space(from, end), *at = path;

	*ret_found = 0;
	while (*at && p < end) {
		const char *next;
		char *behind;

		if (*at == '[') {
			next = element_at(p, end, strtoul(at + 1, &behind, 10));
			at = *behind == ']' ? behind + 1 : behind;
		} else {
			size_t len;

			at += *at == '.';
			len = strcspn(at, ".[");
			next = member_at(p, end, at, len);
			at += len;
			if (len == 0)
				break;
		}
		if (!next)
			break;
		p = next;
		*ret_found = (size_t)(at - path);
	}
	return p;
}
