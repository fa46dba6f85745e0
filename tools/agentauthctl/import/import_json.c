/* SPDX-License-Identifier: Apache-2.0 */
/* import_json.c reads agents from JSON: {"agents": […]} as `export --json` writes it, or the array alone. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/json.h"
#include "common/text/name.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/import/import_internal.h"
#include "tools/agentauthctl/import/import_text.h"
#include "tools/agentauthctl/import/json_place.h"

static void find_lines(struct import *import)
{
	size_t cap = 0;

	for (const char *p = import->bytes; p; p = memchr(p, '\n', (size_t)(import->end - p))) {
		p += import->n_lines > 0; /* behind the line feed */
		grow(&import->lines, &cap, import->n_lines + 1, sizeof(*import->lines));
		import->lines[import->n_lines++] = p;
	}
}

static void position_at(const struct import *import, const char *at, struct position *ret)
{
	size_t low = 0, high = import->n_lines;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (import->lines[middle] <= at)
			low = middle;
		else
			high = middle;
	}
	ret->line = (unsigned)low + 1;
	ret->column = (unsigned)(at - import->lines[low]) + 1;
}

void import_json_position(const struct import *import, const struct import_agent *agent, const char *setting,
			  struct position *ret, bool *ret_given)
{
	size_t found;

	position_at(import, json_place(agent->from, import->end, setting, &found), ret);
	*ret_given = found > 0;
}

/* ---- one agent -------------------------------------------------------------------- */

/* A key is an object as the agent's text has it, with a PEM; or a JWK; or a text in any form that --key takes. */
static void read_key(const struct import *import, const struct import_agent *agent, size_t i, json_t *key,
		     json_t *keys)
{
	char *path = xasprintf("keys[%zu]", i), *jwk = NULL;
	struct position position;
	bool given;

	import_position(import, agent, path, &position, &given);
	if (json_is_object(key) && json_object_get(key, "kty"))
		jwk = aa_json_text(key, JSON_COMPACT);
	if (jwk)
		import_keys(import, &position, jwk, strlen(jwk), keys);
	else if (json_is_string(key))
		import_keys(import, &position, json_string_value(key), json_string_length(key), keys);
	else
		json_array_append(keys, key);
	if (jwk)
		explicit_bzero(jwk, strlen(jwk));
	free(jwk);
	free(path);
}

static json_t *read_keys(const struct import *import, const struct import_agent *agent, json_t *value)
{
	json_t *keys = json_array(), *key;
	size_t i;

	if (json_is_string(value))
		read_key(import, agent, 0, value, keys);
	json_array_foreach(value, i, key)
	{
		read_key(import, agent, i, key, keys);
	}
	return keys;
}

/* is_in_order() reports what of the setting could not be written into a text. */
static bool is_in_order(const struct import *import, const struct import_agent *agent, const char *name,
			json_t *value)
{
	json_t *alone = json_pack("{s:O}", name, value);
	struct buffer path = {0};
	const char *wrong;

	buffer_puts(&path, "");
	wrong = import_value_wrong(alone, &path);
	if (wrong)
		import_wrong(import, agent, path.data, "%s", wrong);
	buffer_free(&path);
	json_decref(alone);
	return !wrong;
}

static void read_member(const struct import *import, struct import_agent *agent, const char *name,
			json_t *value)
{
	if (strcmp(name, "name") == 0) {
		if (json_is_string(value))
			agent->name = json_string_value(value);
		else
			import_wrong(import, agent, "name", "is no text");
		return;
	}
	if (strcmp(name, "keys") == 0 && (json_is_array(value) || json_is_string(value)))
		value = read_keys(import, agent, value);
	else
		json_incref(value);
	if (is_in_order(import, agent, name, value))
		json_object_set(agent->settings, name, value);
	json_decref(value);
}

static void read_agent(struct import *import, struct import_agent *agent, json_t *json)
{
	const char *name;
	json_t *value;

	if (!json_is_object(json)) {
		import_wrong(import, agent, "", "an agent is an object, {\"name\": …}");
		return;
	}
	if (!json_object_get(json, "name"))
		import_wrong(import, agent, "", "an agent has a name, and this one has none");
	json_object_foreach(json, name, value)
	{
		read_member(import, agent, name, value);
	}
}

static void add_agent(void *data, const char *element)
{
	import_add(data)->from = element;
}

/* ---- all of them -------------------------------------------------------------------- */

/* These are the other members of what export and the frame of --json write. */
static bool is_member(const char *name)
{
	static const char *const names[] = {"agents", "roles",	"issuers", "ids",
					    "from",   "result", "errors",  "warnings"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void check_members(const struct import *import)
{
	const char *first = aa_json_skip_space(import->bytes, import->end), *name;
	const struct import_agent whole = {.from = first};
	json_t *value;

	json_object_foreach(import->json, name, value)
	{
		if (!is_member(name))
			import_wrong(import, &whole, name,
				     "is no member of an export, which has agents, roles, issuers and ids");
	}
	if (!json_is_array(json_object_get(import->json, "agents")))
		import_wrong(import, &whole, "agents", "there is no array \"agents\"");
}

static bool read_id(const json_t *json, struct given_id *ret)
{
	const char *kind = json_string_value(json_object_get(json, "kind"));
	const char *name = json_string_value(json_object_get(json, "name"));
	const char *time = json_string_value(json_object_get(json, "time"));
	json_int_t id = json_integer_value(json_object_get(json, "id"));

	*ret = (struct given_id){.kind = ID_AGENT, .retired = json_is_true(json_object_get(json, "retired"))};
	if (kind && strcmp(kind, id_kind_name(ID_ROLE)) == 0)
		ret->kind = ID_ROLE;
	else if (!kind || strcmp(kind, id_kind_name(ID_AGENT)) != 0)
		return false;
	if (!name || !aa_name_is_valid(name, 32) || id < 1 || id > INT32_MAX || !time ||
	    !aa_utc_parse(time, &ret->time))
		return false;
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	ret->id = (uint32_t)id;
	return true;
}

static void read_ids(struct import *import)
{
	const json_t *ids = json_object_get(import->json, "ids");
	size_t i;
	json_t *id;

	import->ids = xcalloc(json_array_size(ids) + 1, sizeof(*import->ids));
	json_array_foreach(ids, i, id)
	{
		char *path = xasprintf("ids[%zu]", i);
		const struct import_agent whole = {.from = import->bytes};

		if (read_id(id, &import->ids[import->n_ids]))
			import->n_ids++;
		else
			import_wrong(
			    import, &whole, path,
			    "is no id of an export: kind (agent or role), name, id, retired and time");
		free(path);
	}
}

/* groups_of() returns the roles or issuers, where all of them could be written into a text. */
static const json_t *groups_of(const struct import *import, const char *member)
{
	const struct import_agent whole = {.from = import->bytes};
	json_t *groups = json_object_get(import->json, member), *group;
	const char *name;

	if (!groups || !is_in_order(import, &whole, member, groups))
		return NULL;
	json_object_foreach(groups, name, group)
	{
		if (!json_is_object(group))
			return import_wrong(import, &whole, member, "is no object of objects"), NULL;
	}
	return groups;
}

void import_read_json(struct import *import, const char *bytes, size_t len)
{
	const char *first = aa_json_skip_space(bytes, bytes + len);
	json_t *agents;
	json_error_t why;
	size_t found;

	import->bytes = bytes;
	find_lines(import);
	import->json = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &why);
	if (!import->json) {
		const struct position position = {.file = import->file,
						  .line = why.line > 0 ? (unsigned)why.line : 1,
						  .column = why.column > 0 ? (unsigned)why.column : 1};

		problem_error(import->problems, &position, "this is no JSON: %s", why.text);
		return;
	}
	agents = json_is_array(import->json) ? import->json : json_object_get(import->json, "agents");
	if (agents == import->json)
		json_elements(first, import->end, add_agent, import);
	else
		check_members(import);
	if (agents != import->json) {
		import->roles = groups_of(import, "roles");
		import->issuers = groups_of(import, "issuers");
		read_ids(import);
	}
	if (agents != import->json && json_is_array(agents))
		json_elements(json_place(first, import->end, "agents", &found), import->end, add_agent,
			      import);
	for (size_t i = 0; i < import->n; i++) {
		read_agent(import, &import->v[i], json_array_get(agents, i));
		progress_show(&import->progress, i + 1, import->n);
	}
}
