/* SPDX-License-Identifier: Apache-2.0 */
/* test_export.c: what becomes of a record on its way to others; tests/integration/audit_export.bats holds it against the
 * published schemas. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "tests/unit/support/test.h"
#include "tools/agentauthctl/commands/audit/export_record.h"

static json_t *exported_as(enum export_format format, const char *text)
{
	struct log_line line = {.text = text, .len = strlen(text)};
	json_t *record = json_loads(text, 0, NULL), *event;

	assert_non_null(record);
	event = format == EXPORT_OCSF ? export_ocsf(record, &line) : export_ecs(record, &line);
	json_decref(record);
	return event;
}

TEST(a_value_is_put_where_its_path_says)
{
	json_t *root = json_object();

	export_put_text(root, "a.b.c", "x");
	export_put_text(root, "a.b.d", "y");
	export_put_text(root, "l[]", "one");
	export_put_text(root, "l[]", "two");
	export_put_text(root, "l[]", "one");
	export_put_text(root, "m.n[].name", "p");
	export_put_text(root, "m.n[].name", "q");
	export_put_text(root, "none", "");
	assert_string_equal(export_text(root, "a.b.c"), "x");
	assert_null(export_text(root, "a.x.c"));
	assert_null(export_text(root, "a"));
	assert_null(export_text(root, "none"));
	assert_int_equal(json_array_size(json_object_get(root, "l")), 2);
	assert_int_equal(json_array_size(json_object_get(json_object_get(root, "m"), "n")), 2);
	/* What stands in the way of a path gives way to it. */
	export_put_text(root, "a.b.c.d", "z");
	assert_string_equal(export_text(root, "a.b.c.d"), "z");
	json_decref(root);
}

TEST(a_record_without_members_or_with_ones_of_other_types_is_an_event_all_the_same)
{
	static const char *const records[] = {
	    "{}",
	    "{\"event\":1,\"seq\":\"x\",\"time\":7,\"host\":[],\"result\":{}}",
	    "{\"event\":\"admin\"}",
	    "{\"event\":\"admin\",\"command\":\"agent\"}",
	    "{\"event\":\"admin\",\"command\":\"agent x changed by y\",\"agent\":[]}",
	    "{\"event\":\"sudo\",\"roles\":[1],\"agent\":{},\"unmapped\":1,\"process\":\"x\"}",
	    "{\"event\":\"auth\",\"roles\":[],\"rhost\":\"\",\"agentauth\":1,\"event.id\":\"x\"}"};

	for (size_t i = 0; i < COUNT(records); i++) {
		json_t *ocsf = exported_as(EXPORT_OCSF, records[i]),
		       *ecs = exported_as(EXPORT_ECS, records[i]);

		assert_true(json_is_integer(json_object_get(ocsf, "class_uid")));
		assert_string_equal(export_text(ocsf, "raw_data"), records[i]);
		assert_string_equal(export_text(ecs, "event.kind"), "event");
		assert_string_equal(export_text(ecs, "event.original"), records[i]);
		json_decref(ocsf);
		json_decref(ecs);
	}
}

TEST(a_change_is_told_from_a_command_that_begins_alike)
{
	static const struct {
		const char *command;
		int type;
	} cases[] = {{"role deploy changed by role set deploy", 300802},
		     {"role set deploy --max-session 5", 300499},
		     {"role set changed by role set set", 300802},
		     {"issuer corp removed by issuer remove corp", 300404},
		     {"host settings changed by apply", 300403},
		     {"agent b left out by rollback", 300703},
		     {"suspend b --why x", 300705},
		     {"resume b", 300704}};
	char text[200];

	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *event;

		(void)snprintf(text, sizeof(text),
			       "{\"event\":\"admin\",\"agent\":\"b\",\"result\":\"ok\",\"command\":\"%s\"}",
			       cases[i].command);
		event = exported_as(EXPORT_OCSF, text);
		assert_int_equal(json_integer_value(json_object_get(event, "type_uid")), cases[i].type);
		json_decref(event);
	}
}
