/* SPDX-License-Identifier: Apache-2.0 */
/* json.c: checks what jansson does not: depth before it recurses, zero bytes, and anything but an object. */
#include "common/jose/json.h"

#include <stdlib.h>
#include <string.h>

const char *aa_json_skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

const char *aa_json_skip_string(const char *p, const char *end)
{
	for (p++; p < end; p++) {
		if (*p == '"')
			return p + 1;
		if (*p == '\\' && ++p == end)
			break;
	}
	return NULL;
}

/* Brackets inside strings do not count: jansson does not recurse for them. */
static bool depth_is_bounded(const char *p, const char *end)
{
	unsigned depth = 0;

	while (p && p < end) {
		if (*p == '"') {
			p = aa_json_skip_string(p, end);
			continue;
		}
		if ((*p == '{' || *p == '[') && ++depth > AA_JSON_DEPTH_MAX)
			return false;
		if ((*p == '}' || *p == ']') && depth-- == 0)
			return false;
		p++;
	}
	return p && depth == 0;
}

enum aa_jose_err aa_json_object(const void *text, size_t len, json_t **ret)
{
	const char *begin = text, *end = begin + len, *first = aa_json_skip_space(begin, end);
	json_error_t why;
	json_t *json;

	if (first == end || *first != '{' || memchr(begin, 0, len))
		return AA_JOSE_MALFORMED;
	if (!depth_is_bounded(first, end))
		return AA_JOSE_MALFORMED;
	json = json_loadb(begin, len, JSON_REJECT_DUPLICATES, &why);
	if (!json)
		return json_error_code(&why) == json_error_out_of_memory ? AA_JOSE_NOMEM : AA_JOSE_MALFORMED;
	*ret = json;
	return AA_JOSE_OK;
}

char *aa_json_text(const json_t *json, size_t flags)
{
	size_t len = json_dumpb(json, NULL, 0, flags);
	char *text = len ? malloc(len + 1) : NULL;

	if (!text)
		return NULL;
	if (json_dumpb(json, text, len, flags) != len) {
		free(text);
		return NULL;
	}
	text[len] = '\0';
	return text;
}

bool aa_json_list(const json_t *json, struct aa_list *ret)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(json))
		return false;
	ret->n = 0;
	ret->v = calloc(json_array_size(json) + 1, sizeof(*ret->v));
	if (!ret->v)
		return false;
	json_array_foreach(json, i, item)
	{
		if (!json_is_string(item))
			return false;
		ret->v[ret->n++] = json_string_value(item);
	}
	return true;
}
