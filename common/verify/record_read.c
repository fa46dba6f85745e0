/* SPDX-License-Identifier: Apache-2.0 */
/* record_read.c: a record's JSON object into a struct, see record_read.h. */
#include "config.h"

#include "common/verify/record_read.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/text/list.h"
#include "common/verify/policy_record.h"

#define NUMBER_MAX (INT64_C(1) << 53) /* what JSON carries exactly; sums of a few do not overflow */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool read_strings(const json_t *json, struct aa_list *ret)
{
	size_t i;
	json_t *item;

	if (!json_is_array(json))
		return false;
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

static const struct aa_record_member claim_members[] = {
    MEMBER(aa_claim_rule, claim, STRING, true),
    MEMBER(aa_claim_rule, value, STRING, true),
};

static bool read_claim_rules(const json_t *json, struct aa_claim_rules *ret)
{
	size_t i;
	json_t *item;

	if (!json_is_array(json))
		return false;
	ret->v = calloc(json_array_size(json) + 1, sizeof(*ret->v));
	if (!ret->v)
		return false;
	json_array_foreach(json, i, item)
	{
		if (!aa_record_read(item, claim_members, COUNT(claim_members), &ret->v[ret->n++]))
			return false;
	}
	return true;
}

static bool read_member(json_t *json, enum aa_record_kind kind, void *field)
{
	switch (kind) {
	case STRING:
		*(const char **)field = json_string_value(json);
		return json_is_string(json);
	case INTEGER:
		*(int64_t *)field = json_integer_value(json);
		return json_is_integer(json) && json_integer_value(json) >= 0 &&
		       json_integer_value(json) <= NUMBER_MAX;
	case ID:
		*(uint32_t *)field = (uint32_t)json_integer_value(json);
		return json_is_integer(json) && json_integer_value(json) > 0 &&
		       json_integer_value(json) < INT32_MAX;
	case BOOLEAN:
		*(bool *)field = json_is_true(json);
		return json_is_boolean(json);
	case STRINGS:
		return read_strings(json, field);
	case CLAIM_RULES:
		return read_claim_rules(json, field);
	case OBJECT:
		*(json_t **)field = json;
		return json_is_object(json);
	case OTHER:
		return true;
	}
	return false;
}

bool aa_record_read(json_t *json, const struct aa_record_member *members, size_t n, void *record)
{
	size_t seen = 0;

	if (!json_is_object(json))
		return false;
	for (size_t i = 0; i < n; i++) {
		json_t *value = json_object_get(json, members[i].name);

		if (!value && members[i].required)
			return false;
		if (!value)
			continue;
		if (!read_member(value, members[i].kind, (char *)record + members[i].offset))
			return false;
		seen++;
	}
	return seen == json_object_size(json);
}

bool aa_record_choice(const json_t *json, const char *name, const char *no, const char *yes, bool *ret)
{
	const char *value = json_string_value(json_object_get(json, name));

	if (!value || (strcmp(value, no) != 0 && strcmp(value, yes) != 0))
		return false;
	*ret = strcmp(value, yes) == 0;
	return true;
}
