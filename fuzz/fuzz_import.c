/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_import.c: any bytes as what import is given: CSV, JSON, and keys in any form. Holds: a mistake has a position in
 * the bytes; and what is taken of an agent makes a text that can be parsed, with these settings and no other, whatever
 * its names and values are. */
#include "config.h"

#include <string.h>

#include "fuzz/fuzz.h"
#include "tools/agentauthctl/import/import.h"
#include "tools/agentauthctl/import/import_text.h"
#include "tools/agentauthctl/publish/given_keys.h"
#include "tools/conf/conf_tree.h"

static void lies_within(const struct import *import, const struct import_agent *agent, const char *setting,
			unsigned lines)
{
	struct position position;
	bool given;

	import_position(import, agent, setting, &position, &given);
	FUZZ_HOLDS(position.line >= 1 && position.line <= lines && position.column >= 1);
}

static void makes_a_text(const struct import_agent *agent)
{
	struct conf_text text = {0};
	struct conf_tree tree = {0};
	struct problems problems = {0};
	struct buffer b = {0};
	const char *name;
	json_t *value;

	json_object_foreach(agent->settings, name, value)
	{
		char *as_text = import_setting(name, value);

		buffer_printf(&b, "%s = %s;\n", name, as_text);
		free(as_text);
	}
	conf_text_set(&text, "text", b.data ? b.data : "", b.len);
	FUZZ_HOLDS(conf_tree_read(&tree, &text, &problems) >= 0);
	FUZZ_HOLDS(tree.v[0].count == json_object_size(agent->settings));
	conf_tree_free(&tree);
	problems_free(&problems);
	conf_text_free(&text);
	buffer_free(&b);
}

static void read_agents(const char *bytes, size_t size, unsigned lines)
{
	struct problems problems = {0};
	struct import import = {
	    .file = "fuzz", .now = 1767225600, .problems = &problems, .progress = {.off = true}};
	static const char *const settings[] = {"", "uid", "keys[0].pem", "keys[1]", "delegation.users[0]"};

	import_read(&import, bytes, size);
	for (size_t i = 0; i < import.n; i++) {
		FUZZ_HOLDS(import.v[i].name);
		for (size_t k = 0; k < sizeof(settings) / sizeof(*settings); k++)
			lies_within(&import, &import.v[i], settings[k], lines);
		makes_a_text(&import.v[i]);
	}
	for (size_t i = 0; i < problems.n; i++) {
		FUZZ_HOLDS(problems.v[i].file && strcmp(problems.v[i].file, "fuzz") == 0);
		FUZZ_HOLDS(problems.v[i].line <= lines);
	}
	import_free(&import);
	problems_free(&problems);
}

static void read_keys(const char *bytes, size_t size)
{
	struct problems problems = {0};
	const struct key_source source = {.name = "fuzz", .file = "fuzz", .problems = &problems};
	struct given_keys keys;
	int r = given_keys_read(&source, bytes, size, &keys);

	FUZZ_HOLDS(r == 0 ? keys.n > 0 && problems.errors == 0 : problems.errors > 0);
	for (size_t i = 0; i < keys.n; i++) {
		char *kid = given_key_kid(&keys.v[i]), *pem = given_key_pem(&keys.v[i]);

		FUZZ_HOLDS(kid && *kid && pem && !strstr(pem, "PRIVATE"));
		free(kid);
		free(pem);
	}
	given_keys_free(&keys);
	problems_free(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned lines = 2; /* a mistake may lie behind the last line's end */
	char *bytes;

	if (size > 16384)
		return 0;
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	bytes = malloc(size + 1);
	FUZZ_HOLDS(bytes);
	memcpy(bytes, data, size);
	bytes[size] = '\0';
	read_agents(bytes, size, lines);
	read_keys(bytes, size);
	free(bytes);
	return 0;
}
