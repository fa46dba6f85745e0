/* SPDX-License-Identifier: Apache-2.0 */
/* import_text.c translates between JSON and the configuration's text, see import_text.h. */
#include "config.h"

#include "tools/agentauthctl/import/import_text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tools/agentauthctl/model/settings.h"
#include "tools/conf/conf_edit.h"

#define DEPTH_MAX 4 /* of groups and lists in a setting: bindings[0].require[0] */

/* ---- to the text ------------------------------------------------------------ */

static bool is_setting_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789-");

	return n > 0 && name[n] == '\0' && *name >= 'a' && *name <= 'z' && n <= 64;
}

static const char *wrong_at(const json_t *value, struct buffer *path, unsigned depth);

static const char *wrong_member(const json_t *value, struct buffer *path, unsigned depth)
{
	json_t *object = (json_t *)(uintptr_t)value, *member; /* jansson's loop takes no const */
	size_t len = path->len;
	const char *name, *wrong;

	json_object_foreach(object, name, member)
	{
		buffer_printf(path, "%s%s", path->len ? "." : "", name);
		wrong = is_setting_name(name) ? wrong_at(member, path, depth + 1) : "is no setting's name";
		if (wrong)
			return wrong;
		path->len = len;
		path->data[len] = '\0';
	}
	return NULL;
}

static const char *wrong_element(const json_t *value, struct buffer *path, unsigned depth)
{
	size_t i, len = path->len, groups = 0;
	const char *wrong;
	json_t *element;

	json_array_foreach(value, i, element)
	{
		buffer_printf(path, "[%zu]", i);
		groups += json_is_object(element);
		wrong = wrong_at(element, path, depth + 1);
		if (!wrong && groups != 0 && groups != i + 1)
			wrong = "is of another type than the elements before it";
		if (wrong)
			return wrong;
		path->len = len;
		path->data[len] = '\0';
	}
	return NULL;
}

static const char *wrong_at(const json_t *value, struct buffer *path, unsigned depth)
{
	if (json_is_null(value))
		return "is null: leave the member out where nothing is meant";
	if (json_is_real(value))
		return "is a number with a fraction, and no setting has one";
	if (depth > DEPTH_MAX && (json_is_array(value) || json_is_object(value)))
		return "is nested deeper than any setting";
	if (json_is_object(value))
		return wrong_member(value, path, depth);
	return json_is_array(value) ? wrong_element(value, path, depth) : NULL;
}

const char *import_value_wrong(const json_t *value, struct buffer *path)
{
	return wrong_at(value, path, 0);
}

static void put_value(struct buffer *b, const json_t *value, const char *indent);

static void put_members(struct buffer *b, const json_t *value, const char *indent, bool lines)
{
	json_t *object = (json_t *)(uintptr_t)value, *member;
	const char *name;

	buffer_puts(b, "{");
	json_object_foreach(object, name, member)
	{
		if (lines)
			buffer_printf(b, "\n%s\t%s = ", indent, name);
		else
			buffer_printf(b, " %s = ", name);
		put_value(b, member, indent);
		buffer_puts(b, ";");
	}
	if (lines)
		buffer_printf(b, "\n%s}", indent);
	else
		buffer_puts(b, " }");
}

/* A group that holds a key stands on lines of its own, as register writes it. */
static void put_group(struct buffer *b, const json_t *value, const char *indent)
{
	put_members(b, value, indent, json_object_get(value, "pem") != NULL);
}

static void put_array(struct buffer *b, const json_t *value, const char *indent)
{
	bool groups = json_is_object(json_array_get(value, 0));
	json_t *element;
	size_t i;

	buffer_puts(b, groups ? "(" : "[");
	json_array_foreach(value, i, element)
	{
		buffer_printf(b, groups ? "%s\n%s\t" : "%s%.0s ", i ? "," : "", indent);
		put_value(b, element, "\t");
	}
	buffer_printf(b, groups ? "\n%s)" : " ]%.0s", indent);
}

static void put_value(struct buffer *b, const json_t *value, const char *indent)
{
	char *text;

	if (json_is_object(value)) {
		put_group(b, value, indent);
	} else if (json_is_array(value)) {
		put_array(b, value, indent);
	} else if (json_is_string(value)) {
		text = conf_quote(json_string_value(value));
		buffer_puts(b, text);
		free(text);
	} else if (json_is_integer(value)) {
		buffer_printf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	} else {
		buffer_puts(b, json_is_true(value) ? "true" : "false");
	}
}

/* An empty array of JSON may be a list, which the text tells from an array. */
static bool is_list(const char *name)
{
	for (const struct conf_setting *s = agent_settings; s->name; s++)
		if (strcmp(s->name, name) == 0)
			return s->type == CONF_ITEMS;
	return false;
}

char *import_setting(const char *name, const json_t *value)
{
	struct buffer b = {0};

	if (json_is_array(value) && json_array_size(value) == 0 && is_list(name))
		buffer_puts(&b, "( )");
	else
		put_value(&b, value, "");
	return buffer_take(&b);
}

char *import_group(const json_t *value)
{
	struct buffer b = {0};

	put_members(&b, value, "\t", true);
	return buffer_take(&b);
}

/* ---- from the text ------------------------------------------------------------ */

static json_t *export_value(const config_setting_t *setting)
{
	json_t *array;

	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_GROUP:
		return export_group(setting);
	case CONFIG_TYPE_ARRAY:
	case CONFIG_TYPE_LIST:
		array = json_array();
		for (int i = 0; i < config_setting_length(setting); i++)
			json_array_append_new(array,
					      export_value(config_setting_get_elem(setting, (unsigned)i)));
		return array;
	case CONFIG_TYPE_STRING:
		return json_string(config_setting_get_string(setting));
	case CONFIG_TYPE_INT64:
		return json_integer(config_setting_get_int64(setting));
	case CONFIG_TYPE_INT:
		return json_integer(config_setting_get_int(setting));
	default:
		return json_boolean(config_setting_get_bool(setting));
	}
}

json_t *export_group(const config_setting_t *group)
{
	json_t *object = json_object();

	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *member = config_setting_get_elem(group, (unsigned)i);

		json_object_set_new(object, config_setting_name(member), export_value(member));
	}
	return object;
}
