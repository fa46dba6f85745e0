/* SPDX-License-Identifier: Apache-2.0 */
/* test_audit.c: the chain, and what stands in a record. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/capability.h>

#include "common/state/audit.h"
#include "common/state/audit_record.h"
#include "tests/unit/state/audit_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

/* The n-th line, from 1, parsed. */
static json_t *line(const struct fixture *f, unsigned n)
{
	size_t len;
	char *text = support_read_file(f->log, &len), *at = text;
	json_t *json;

	for (unsigned i = 1; i < n; i++) {
		at = strchr(at, '\n');
		assert_non_null(at);
		at++;
	}
	json = json_loadb(at, strcspn(at, "\n"), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	free(text);
	return json;
}

/* ---- the chain ------------------------------------------------------------------- */

TEST(lines_follow_each_other, log)
{
	struct fixture *f = *state;
	struct aa_audit_walk check;
	json_t *first, *second;

	for (int i = 0; i < 20; i++)
		assert_int_equal(append(f, "auth"), AA_OK);
	check = verify(f);
	assert_int_equal(check.n_faults, 0);
	assert_int_equal(check.lines, 20);
	assert_int_equal(check.first_seq, 1);
	assert_int_equal(check.last.seq, 20);
	first = line(f, 1);
	second = line(f, 2);
	assert_member(first, "prev", "0000000000000000000000000000000000000000000000000000000000000000");
	assert_string_not_equal(json_string_value(json_object_get(second, "prev")),
				json_string_value(json_object_get(first, "prev")));
	assert_member(first, "host", "web01.example.com");
	assert_member(first, "event", "auth");
	assert_int_equal(strlen(json_string_value(json_object_get(first, "time"))),
			 strlen("2026-01-01T00:00:00.000000Z"));
	json_decref(first);
	json_decref(second);
}

TEST(the_chain_goes_on_after_a_rotation, log)
{
	struct fixture *f = *state;
	struct aa_audit_walk first, second;
	char aside[300];

	snprintf(aside, sizeof(aside), "%s/audit.jsonl.1", f->dir);
	for (int i = 0; i < 3; i++)
		assert_int_equal(append(f, "auth"), AA_OK);
	first = verify(f);
	assert_int_equal(rename(f->log, aside), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(append(f, "auth"), AA_OK);
	second = support_walk(f->log, first.last.hash);
	assert_int_equal(second.n_faults, 0);
	assert_int_equal(second.first_seq, 4);
	assert_int_equal(second.last.seq, 6);
	second = support_walk(f->log, second.last.hash);
	assert_int_equal(second.n_faults, 1);
	assert_int_equal(second.faults[0].line, 1);
	/* copytruncate, too */
	assert_int_equal(truncate(f->log, 0), 0);
	assert_int_equal(append(f, "auth"), AA_OK);
	second = verify(f);
	assert_int_equal(second.first_seq, 7);
}

/* ---- what stands in it ---------------------------------------------------------------- */

TEST(hostile_text_is_one_escaped_value, log)
{
	static const char *const hostile[] = {
	    "a\nb",
	    "a\r\nb",
	    "\x1b[2J\x1b]0;owned\x07",
	    "\"},{\"event\":\"auth\",\"result\":\"ok",
	    "\\\"\\",
	    "\xff\xfe\xc0\xaf",
	    "\xed\xa0\x80",
	    ("\xc2\x9b"
	     "31m"),
	    "\xe2\x80\xa8line separator, \xe2\x80\xae right to left",
	    "\xf0\x9f\xa4\x96",
	    "\xf4\x90\x80\x80",
	    "\xe2\x82",
	    "\x7f",
	};
	struct fixture *f = *state;
	size_t len, n = sizeof(hostile) / sizeof(hostile[0]);
	char *text;

	for (size_t i = 0; i < n; i++) {
		json_t *record = json_pack("{s:s}", "event", "auth");

		aa_audit_set(record, "agent", hostile[i]);
		aa_audit_set(record, "result", "denied");
		assert_int_equal(aa_audit_append(&f->audit, record), AA_OK);
	}
	text = support_read_file(f->log, &len);
	for (size_t i = 0; i < len; i++)
		assert_true(text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f));
	assert_null(strstr(text, "\"result\":\"ok"));
	assert_int_equal(verify(f).lines, n);
	assert_int_equal(verify(f).n_faults, 0);
	for (unsigned i = 1; i <= n; i++) {
		json_t *json = line(f, i);
		const char *value = json_string_value(json_object_get(json, "agent"));

		assert_member(json, "result", "denied");
		assert_int_equal(strcspn(value, "\r\n\x1b\x07\x7f"), strlen(value));
		json_decref(json);
	}
	free(text);
}

TEST(text_that_is_fine_stays_as_it_is, log)
{
	static const char fine[] = "Gr\xc3\xbc\xc3\x9f"
				   "e, \xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\xa4\x96";
	struct fixture *f = *state;
	json_t *record = json_pack("{s:s}", "event", "auth"), *json;

	aa_audit_set(record, "task", fine);
	aa_audit_set(record, "nothing", NULL);
	assert_int_equal(aa_audit_append(&f->audit, record), AA_OK);
	json = line(f, 1);
	assert_member(json, "task", fine);
	assert_null(json_object_get(json, "nothing"));
	json_decref(json);
}

TEST(long_text_is_cut_between_characters, log)
{
	char text[4000];

	for (size_t start = 0; start < 4; start++) {
		json_t *record = json_object();
		const char *value;

		memset(text, 'a', start);
		for (size_t i = start; i + 4 < sizeof(text); i += 4)
			memcpy(text + i, "\xf0\x9f\xa4\x96", 5);
		aa_audit_set(record, "task", text);
		value = json_string_value(json_object_get(record, "task"));
		assert_non_null(value);
		assert_true(strlen(value) >= AA_AUDIT_STRING_MAX && strlen(value) <= AA_AUDIT_STRING_MAX + 6);
		assert_string_equal(value + strlen(value) - 3, "\xe2\x80\xa6");
		json_decref(record);
	}
}

/* The four that make the chain are this module's own. */
TEST(a_record_cannot_set_the_chains_members, log)
{
	struct fixture *f = *state;
	json_t *record = json_pack("{s:s, s:s, s:i, s:s, s:s}", "event", "auth", "time", "never", "seq", 99,
				   "prev", "x", "host", "elsewhere"),
	       *json;

	assert_int_equal(aa_audit_append(&f->audit, record), AA_OK);
	assert_int_equal(verify(f).n_faults, 0);
	assert_int_equal(verify(f).last.seq, 1);
	json = line(f, 1);
	assert_member(json, "host", "web01.example.com");
	json_decref(json);
	assert_int_equal(aa_audit_append(&f->audit, NULL), AA_AUDIT_UNAVAILABLE);
}
