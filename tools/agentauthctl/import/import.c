/* SPDX-License-Identifier: Apache-2.0 */
/* import.c reads agents that a file brings, see import.h. */
#include "config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/json.h"
#include "tools/agentauthctl/import/import_internal.h"
#include "tools/agentauthctl/publish/given_keys.h"

struct import_agent *import_add(struct import *import)
{
	grow(&import->v, &import->cap, import->n + 1, sizeof(*import->v));
	import->v[import->n] = (struct import_agent){.name = "", .settings = json_object()};
	return &import->v[import->n++];
}

static void add_key(json_t *keys, const struct given_key *key)
{
	char *kid = given_key_kid(key), *pem = given_key_pem(key);

	json_array_append_new(keys, json_pack("{s:s, s:s}", "kid", kid, "pem", pem));
	free(kid);
	free(pem);
}

void import_keys(const struct import *import, const struct position *position, const char *text, size_t len,
		 json_t *keys)
{
	const struct key_source source = {
	    .name = "this text", .position = position, .problems = import->problems};
	struct given_keys given;

	if (given_keys_read(&source, text, len, &given) == 0)
		for (size_t i = 0; i < given.n; i++)
			add_key(keys, &given.v[i]);
	given_keys_free(&given);
}

void import_read(struct import *import, const char *bytes, size_t len)
{
	const char *first = aa_json_skip_space(bytes, bytes + len);

	import->end = bytes + len;
	if (first < import->end && (*first == '{' || *first == '['))
		import_read_json(import, bytes, len);
	else
		import_read_csv(import, bytes, len);
}

void import_free(struct import *import)
{
	for (size_t i = 0; i < import->n; i++)
		json_decref(import->v[i].settings);
	import_tree_free(import);
	free(import->v);
	free(import->ids);
	free(import->lines);
	json_decref(import->json);
	import_csv_free(import);
}

void import_position(const struct import *import, const struct import_agent *agent, const char *setting,
		     struct position *ret, bool *ret_given)
{
	*ret = (struct position){.file = import->file, .setting = *setting ? setting : NULL};
	if (agent->file)
		import_conf_position(agent->file, setting, ret, ret_given);
	else if (import->bytes)
		import_json_position(import, agent, setting, ret, ret_given);
	else
		import_csv_position(import, agent, setting, ret, ret_given);
}

void import_main_position(const struct import *import, const char *setting, struct position *ret,
			  bool *ret_given)
{
	const struct import_agent whole = {.from = import->bytes};

	*ret = (struct position){.file = import->file, .setting = setting};
	*ret_given = false;
	if (import->main.has_config)
		import_conf_position(&import->main, setting, ret, ret_given);
	else if (import->bytes)
		import_json_position(import, &whole, setting, ret, ret_given);
}

void import_wrong(const struct import *import, const struct import_agent *agent, const char *setting,
		  const char *format, ...)
{
	struct position position;
	va_list args;
	bool given;

	import_position(import, agent, setting, &position, &given);
	va_start(args, format);
	problems_add(import->problems, false, &position, format, args);
	va_end(args);
}
