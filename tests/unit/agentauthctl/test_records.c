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
