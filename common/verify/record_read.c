/* SPDX-License-Identifier: Apache-2.0 */
/* record_read.c: reads a record's JSON object into a struct, see record_read.h. */
#include "config.h"

#include "common/verify/record_read.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/json.h"
#include "common/text/list.h"

#define NUMBER_MAX (INT64_C(1) << 53) /* what JSON carries exactly; sums of a few do not overflow */

/* Every list of items has this form. */
struct items {
	size_t n;
	char *v;
};

static bool read_items(const json_t *json, const struct aa_record_member *member, struct items *ret)
{
	size_t i;
	json_t *item;

	if (!json_is_array(json))
		return false;
	ret->v = calloc(json_array_size(json) + 1, member->size);
	if (!ret->v)
		return false;
	json_array_foreach(json, i, item)
	{
		if (!aa_record_read(item, member->members, ret->v + ret->n++ * member->size))
			return false;
	}
	return true;
}

static bool read_word(const json_t *json, const char *const *words, int *ret)
{
	const char *word = json_string_value(json);

	for (int i = 0; word && words[i]; i++)
		if (strcmp(words[i], word) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

static bool read_member(json_t *json, const struct aa_record_member *member, void *field)
{
	json_int_t number = json_integer_value(json);

	switch ((enum aa_member_type)member->type) {
	case AA_MEMBER_TEXT:
		*(const char **)field = json_string_value(json);
		return json_is_string(json);
	case AA_MEMBER_NUMBER:
		*(int64_t *)field = number;
		return json_is_integer(json) && number >= 0 && number <= NUMBER_MAX;
	case AA_MEMBER_ID:
		*(uint32_t *)field = (uint32_t)number;
		return json_is_integer(json) && number > 0 && number < INT32_MAX;
	case AA_MEMBER_FLAG:
		*(bool *)field = json_is_true(json);
		return json_is_boolean(json);
	case AA_MEMBER_WORD:
		return read_word(json, member->words, field);
	case AA_MEMBER_LIST:
		return aa_json_list(json, field);
	case AA_MEMBER_KEY:
		((struct aa_key_object *)field)->json = json;
		return json_is_object(json);
	case AA_MEMBER_PART:
		*(bool *)field = true;
		return aa_record_read(json, member->members, field);
	case AA_MEMBER_ITEMS:
		return read_items(json, member, field);
	case AA_MEMBER_SPREAD:
		break;
	}
	return false;
}

static bool is_held(const struct aa_record_member *member)
{
	return member->rule != AA_RECORD_NOWHERE && member->rule != AA_RECORD_ACCOUNTS;
}

/* Counts the members that are there, so that one that is not known shows. */
static bool read_members(json_t *json, const struct aa_record_member *members, char *record, size_t *seen)
{
	for (const struct aa_record_member *m = members; m->name; m++) {
		json_t *value;

		if (m->type == AA_MEMBER_SPREAD && !read_members(json, m->members, record + m->offset, seen))
			return false;
		if (m->type == AA_MEMBER_SPREAD || !is_held(m))
			continue;
		value = json_object_get(json, m->name);
		if (!value && m->rule == AA_RECORD_ALWAYS)
			return false;
		if (!value)
			continue;
		if (!read_member(value, m, record + m->offset))
			return false;
		++*seen;
	}
	return true;
}

bool aa_record_read(json_t *json, const struct aa_record_member *members, void *record)
{
	size_t seen = 0;

	return json_is_object(json) && read_members(json, members, record, &seen) &&
	       seen == json_object_size(json);
}

void aa_record_clear(const struct aa_record_member *members, void *record)
{
	for (const struct aa_record_member *m = members; m->name; m++) {
		void *field = (char *)record + m->offset;
		struct items *items = field;

		if (m->type == AA_MEMBER_LIST)
			free(((struct aa_list *)field)->v);
		if (m->type == AA_MEMBER_PART || m->type == AA_MEMBER_SPREAD)
			aa_record_clear(m->members, field);
		if (m->type != AA_MEMBER_ITEMS)
			continue;
		for (size_t i = 0; i < items->n; i++)
			aa_record_clear(m->members, items->v + i * m->size);
		free(items->v);
	}
}
