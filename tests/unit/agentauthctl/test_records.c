/* SPDX-License-Identifier: Apache-2.0 */
/* test_records.c: what is published of a text in which every setting stands is, byte by byte, what modules that are
 * installed read: records/records.golden, which GOLDEN=renew ./test_records writes anew.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/verify/policy_record.h"
#include "common/verify/record_read.h"
#include "tests/unit/support/support_tools.h"
#include "tests/unit/support/test.h"
#include "tools/agentauthctl/publish/published.h"
#include "tools/cli/problems_print.h"

#define FOLDER TEST_SRCDIR "/unit/agentauthctl/records/"

static char *read_file(const char *name)
{
	char *path = xasprintf(FOLDER "%s", name), part[4096];
	FILE *f = fopen(path, "r");
	struct buffer b = {0};
	size_t n;

	if (!f)
		fail_msg("%s is not there", path);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buffer_add(&b, part, n);
	fclose(f);
	free(path);
	return buffer_take(&b);
}

static void copy_into(struct house *h, const char *from, const char *to)
{
	char *text = read_file(from);

	house_write(h, to, text);
	free(text);
}

/* Rules with approval are refused where sudo does not load the plugin. */
static void load_plugin(struct house *h)
{
	char *path = xasprintf("%s/agentauth_approval.so", h->etc),
	     *line = xasprintf("Plugin agentauth_approval %s\n", path);

	house_write(h, "etc/agentauth_approval.so", "\177ELF");
	assert_int_equal(chmod(path, 0644), 0);
	house_write(h, "etc/sudo.conf", line);
	free(path);
	free(line);
}

static void publish_text(const struct house *h)
{
	struct publish_options options = {.now = 1800000000, .accept_risk = true};
	struct workspace workspace;
	struct publish_result result = {0};
	struct problems problems = {0};

	if (workspace_open(&workspace, &h->paths, true, &problems) == 0)
		publish(&workspace, &options, &result);
	workspace_close(&workspace);
	if (result.outcome != PUBLISH_DONE)
		problems_print(&problems);
	assert_int_equal(result.outcome, PUBLISH_DONE);
	publish_result_free(&result);
	problems_free(&problems);
}

/* ---- what is published ----------------------------------------------------- */

/* The name of the machine that the test runs on stands in one record. */
static void put_without_name(struct buffer *b, const char *record, size_t len)
{
	static const char member[] = "\"name\":\"";
	const char *name = memmem(record, len, member, strlen(member)), *end;

	assert_non_null(name);
	name += strlen(member);
	end = memchr(name, '"', len - (size_t)(name - record));
	buffer_add(b, record, (size_t)(name - record));
	buffer_puts(b, "HOST");
	buffer_add(b, end, len - (size_t)(end - record));
}

static bool note(void *data, const char *key, const char *record, size_t len)
{
	struct buffer *b = data;

	buffer_printf(b, "%s ", key);
	if (strcmp(key, "host") == 0)
		put_without_name(b, record, len);
	else
		buffer_add(b, record, len);
	buffer_puts(b, "\n");
	return true;
}

static void put_records(const struct house *h, struct buffer *b)
{
	struct published *published = published_open(h->state, geteuid());

	assert_non_null(published);
	assert_true(published_walk(published, "", note, b));
	published_close(published);
}

/* ---- that the text has every setting --------------------------------------- */

/* The values that a member has in these objects; those of a list of items one by one. */
static json_t *values_of(const json_t *objects, const struct aa_record_member *member)
{
	json_t *values = json_array(), *object, *value;
	size_t i;

	json_array_foreach(objects, i, object)
	{
		value = json_object_get(object, member->name);
		if (member->type == AA_MEMBER_ITEMS)
			(void)json_array_extend(values, value);
		else if (value)
			(void)json_array_append(values, value);
	}
	return values;
}

static void check_members(const char *path, const json_t *objects, const struct aa_record_member *m)
{
	for (; m->name; m++) {
		char *deeper = xasprintf("%s.%s", path, m->name);
		json_t *values = values_of(objects, m);

		if (m->type == AA_MEMBER_SPREAD)
			check_members(path, objects, m->members);
		else if (m->rule != AA_RECORD_NOWHERE && m->rule != AA_RECORD_ACCOUNTS &&
			 !json_array_size(values))
			fail_msg("no text in " FOLDER " sets %s", deeper);
		else if (m->type == AA_MEMBER_PART || m->type == AA_MEMBER_ITEMS)
			check_members(deeper, values, m->members);
		json_decref(values);
		free(deeper);
	}
}

static bool keep_record(void *data, const char *key, const char *record, size_t len)
{
	json_t *kinds = data, *json = json_loadb(record, len, 0, NULL);
	char *kind = xstrndup(key, strcspn(key, ":"));

	assert_non_null(json);
	if (!json_object_get(kinds, kind))
		(void)json_object_set_new(kinds, kind, json_array());
	(void)json_array_append_new(json_object_get(kinds, kind), json);
	free(kind);
	return true;
}

static void check_complete(const struct house *h)
{
	static const struct {
		const char *kind;
		const struct aa_record_member *members;
	} tables[] = {{"host", aa_host_members},
		      {"issuer", aa_issuer_members},
		      {"role", aa_role_members},
		      {"agent", aa_agent_members}};
	struct published *published = published_open(h->state, geteuid());
	json_t *kinds = json_object();

	assert_non_null(published);
	assert_true(published_walk(published, "", keep_record, kinds));
	published_close(published);
	for (size_t i = 0; i < COUNT(tables); i++)
		check_members(tables[i].kind, json_object_get(kinds, tables[i].kind), tables[i].members);
	json_decref(kinds);
}

/* ---------------------------------------------------------------------------- */

static void compare(const struct buffer *records)
{
	const char *renew = getenv("GOLDEN");
	char *golden;
	FILE *f;

	if (renew && strcmp(renew, "renew") == 0) {
		f = fopen(FOLDER "records.golden", "w");
		assert_non_null(f);
		assert_int_equal(fwrite(records->data, 1, records->len, f), records->len);
		assert_int_equal(fclose(f), 0);
	}
	golden = read_file("records.golden");
	assert_string_equal(records->data, golden);
	free(golden);
}

TEST(records_are_byte_by_byte_what_they_were, house)
{
	struct house *h = *state;
	struct buffer records = {0};

	load_plugin(h);
	copy_into(h, "agentauth.conf", "conf/agentauth.conf");
	copy_into(h, "full.conf", "conf/agents.d/full.conf");
	copy_into(h, "least.conf", "conf/agents.d/least.conf");
	copy_into(h, "nothing.conf", "conf/agents.d/nothing.conf");
	publish_text(h);
	check_complete(h);
	put_records(h, &records);
	house_teardown(state);
	house_setup(state);
	h = *state;
	copy_into(h, "agentauth-least.conf", "conf/agentauth.conf");
	publish_text(h);
	buffer_puts(&records, "\n");
	put_records(h, &records);
	compare(&records);
	buffer_free(&records);
}
