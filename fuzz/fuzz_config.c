/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_config.c: any text as agentauth.conf, as an agent's file and as the agent's own profiles. Holds: what
 * our scanner takes, libconfig takes as well, so that both mean the same places; and a setting that is set in
 * such a text can be read again and be taken away. */
#include "config.h"

#include <string.h>

#include <libconfig.h>

#include "fuzz/fuzz.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/local/profiles.h"
#include "tools/agentauthctl/model/host_facts.h"
#include "tools/agentauthctl/model/model.h"
#include "tools/conf/conf_edit.h"
#include "tools/conf/conf_tree.h"

/* libconfig leaks a string where it finds a syntax error. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static void libconfig_agrees(const char *text)
{
	config_t config;

	config_init(&config);
	FUZZ_HOLDS(config_read_string(&config, text) == CONFIG_TRUE);
	config_destroy(&config);
}

static void can_be_edited(const struct conf_text *text)
{
	struct conf_text copy = {0};
	struct problems problems = {0};
	struct conf_tree tree = {0};

	conf_text_set(&copy, "copy", text->bytes, text->len);
	if (conf_edit_set(&copy, "fuzzed_setting", "\"value\"") == 0) {
		FUZZ_HOLDS(conf_tree_read(&tree, &copy, &problems) == 0);
		FUZZ_HOLDS(conf_tree_find(&tree, &copy, "fuzzed_setting") > 0);
		FUZZ_HOLDS(conf_edit_unset(&copy, "fuzzed_setting") == 0);
	}
	conf_tree_free(&tree);
	problems_free(&problems);
	conf_text_free(&copy);
}

static void scan(const uint8_t *data, size_t size)
{
	struct conf_text text = {0};
	struct conf_tree tree = {0};
	struct problems problems = {0};

	conf_text_set(&text, "fuzz", (const char *)data, size);
	if (conf_tree_read(&tree, &text, &problems) == 0) {
		libconfig_agrees(text.bytes);
		can_be_edited(&text);
	} else {
		FUZZ_HOLDS(problems.errors > 0);
	}
	conf_tree_free(&tree);
	problems_free(&problems);
	conf_text_free(&text);
}

static void read_model(const uint8_t *data, size_t size)
{
	static const struct host_facts facts = {0};
	struct model model = {0};
	struct conf_file file = {0};
	struct aa_agent agent = {0};
	struct arena arena = {0};
	struct problems problems = {0};

	conf_text_set(&model.file.text, "agentauth.conf", (const char *)data, size);
	conf_text_set(&file.text, "builder-7.conf", (const char *)data, size);
	(void)model_read(&model, &facts, &problems);
	(void)agent_read(&model, "builder-7", &file, &arena, &problems, &agent);
	problems_free(&problems);
	conf_file_free(&file);
	arena_free(&arena);
	model_free(&model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nobody;
	struct profiles *profiles;
	char *text;

	if (!nobody)
		stderr = nobody = fopen("/dev/null", "we"); /* where profiles say what is wrong with them */
	if (size > 16384 || memchr(data, 0, size))
		return 0; /* a file with a NUL is refused when it is read */
	scan(data, size);
	read_model(data, size);
	text = strndup((const char *)data, size);
	profiles = profiles_parse(text, "config");
	profiles_free(profiles);
	free(text);
	return 0;
}
