/* SPDX-License-Identifier: Apache-2.0 */
/* audit_steps.c: see audit_steps.h. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/capability.h>

#include "common/state/audit.h"
#include "common/state/audit_record.h"
#include "tests/unit/state/audit_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	(void)test_dir_setup(state);
	f->dir = test_dir;
	snprintf(f->log, sizeof(f->log), "%s/audit.jsonl", f->dir);
	snprintf(f->head, sizeof(f->head), "%s/audit.head", f->dir);
	snprintf(f->lock, sizeof(f->lock), "%s/audit.lock", f->dir);
	f->audit = (struct aa_audit){
	    .logdir = f->dir, .host = "web01.example.com", .owner = geteuid(), .quiet = true};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return test_dir_teardown(state);
}

const struct test_fixture fixture_log = {setup, teardown};

enum aa_reason append(const struct fixture *f, const char *event)
{
	json_t *record = json_object();

	aa_audit_set(record, "event", event);
	return aa_audit_append(&f->audit, record);
}

struct aa_audit_walk verify(const struct fixture *f)
{
	return support_walk(f->log, NULL);
}

/* Gives the last line of the event "log" that says this; NULL: that says anything. */
static json_t *find_notes(const struct fixture *f, const char *found, unsigned *ret_n)
{
	size_t len;
	char *text = support_read_file(f->log, &len), *save = NULL;
	json_t *last = NULL;

	*ret_n = 0;
	for (char *at = strtok_r(text, "\n", &save); at; at = strtok_r(NULL, "\n", &save)) {
		json_t *json = json_loads(at, JSON_REJECT_DUPLICATES, NULL);
		const char *says = json_string_value(json_object_get(json, "found"));

		if (says && (!found || strcmp(says, found) == 0)) {
			(*ret_n)++;
			json_decref(last);
			last = json_incref(json);
		}
		json_decref(json);
	}
	free(text);
	return last;
}

json_t *note(const struct fixture *f, const char *found)
{
	unsigned n;

	return find_notes(f, found, &n);
}

unsigned notes(const struct fixture *f)
{
	unsigned n;

	json_decref(find_notes(f, NULL, &n));
	return n;
}
