/* SPDX-License-Identifier: Apache-2.0 */
/* test_brake.c: a flood of refusals leaves few lines, which count for every one of them. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/state/audit.h"
#include "common/state/audit_brake.h"
#include "common/state/audit_record.h"
#include "tests/unit/support/support_log.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

#define OVER (NOW + AA_BRAKE_WINDOW)
#define MOST 4

struct fixture {
	char *dir;
	char log[300], table[300];
	struct aa_audit audit;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	(void)test_dir_setup(state);
	f->dir = test_dir;
	snprintf(f->log, sizeof(f->log), "%s/audit.jsonl", f->dir);
	snprintf(f->table, sizeof(f->table), "%s/audit.brake", f->dir);
	f->audit = (struct aa_audit){.logdir = f->dir,
				     .host = "web01.example.com",
				     .owner = geteuid(),
				     .quiet = true,
				     .brake = MOST,
				     .now = NOW};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return test_dir_teardown(state);
}

FIXTURE(here, setup, teardown);

/* What the log holds: its lines, and how many refusals they count for, of this reason or of all. */
struct sum {
	unsigned lines, refusals, counts;
};

static struct sum sum_of(const struct fixture *f, const char *reason)
{
	struct sum sum = {0, 0, 0};
	size_t len;
	char *text, *save = NULL;

	if (access(f->log, F_OK) < 0)
		return sum;
	text = support_read_file(f->log, &len);
	for (char *at = strtok_r(text, "\n", &save); at; at = strtok_r(NULL, "\n", &save)) {
		json_t *json = json_loads(at, 0, NULL);
		const json_t *count = json_object_get(json, "count");

		assert_non_null(json);
		if (!reason || strcmp(reason, json_string_value(json_object_get(json, "reason"))) == 0) {
			sum.lines++;
			sum.counts += count != NULL;
			sum.refusals += count ? (unsigned)json_integer_value(count) : 1;
		}
		json_decref(json);
	}
	free(text);
	return sum;
}

static enum aa_reason put(const struct fixture *f, const char *agent, const char *rhost, const char *reason)
{
	json_t *record = json_object();

	aa_audit_set(record, "event", "auth");
	aa_audit_set(record, "service", "sshd");
	aa_audit_set(record, "agent", agent);
	aa_audit_set(record, "rhost", rhost);
	aa_audit_set(record, "result", strcmp(reason, "ok") == 0 ? "ok" : "denied");
	aa_audit_set(record, "reason", reason);
	aa_audit_put(record, "micros", json_integer(rand()));
	return aa_audit_append(&f->audit, record);
}

static void flood(const struct fixture *f, unsigned n, const char *reason)
{
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(put(f, "builder-7", "10.1.2.3", reason), AA_OK);
}

static void expect(const struct fixture *f, const char *reason, unsigned lines, unsigned refusals)
{
	struct sum sum = sum_of(f, reason);

	assert_int_equal(sum.lines, lines);
	assert_int_equal(sum.refusals, refusals);
	assert_int_equal(support_walk(f->log, NULL).n_faults, 0);
}

/* ---- few lines, the right sum ------------------------------------------------------------------ */

TEST(a_flood_has_a_few_lines_a_minute_and_one_with_the_count, here)
{
	struct fixture *f = *state;

	flood(f, 180, "bad_signature");
	expect(f, "bad_signature", MOST, MOST);
	f->audit.now = OVER;
	flood(f, 180, "bad_signature"); /* goes on: the minute before is told, and the next begins */
	expect(f, "bad_signature", 2 * MOST + 1, 180 + MOST);
	f->audit.now = OVER + AA_BRAKE_WINDOW;
	assert_int_equal(aa_audit_settle(&f->audit), AA_OK); /* it stopped */
	expect(f, "bad_signature", 2 * MOST + 2, 360);
	/* once */
	assert_int_equal(aa_audit_settle(&f->audit), AA_OK);
	expect(f, "bad_signature", 2 * MOST + 2, 360);
}

TEST(a_count_says_of_what, here)
{
	struct fixture *f = *state;
	size_t len;
	char *text, *at;
	json_t *json;

	flood(f, 20, "bad_signature");
	f->audit.now = OVER;
	assert_int_equal(aa_audit_settle(&f->audit), AA_OK);
	text = support_read_file(f->log, &len);
	text[len - 1] = '\0';
	at = strrchr(text, '\n') + 1;
	json = json_loads(at, 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(json, "count")), 20 - MOST);
	assert_member(json, "event", "auth");
	assert_member(json, "service", "sshd");
	assert_member(json, "agent", "builder-7");
	assert_member(json, "rhost", "10.1.2.3");
	assert_member(json, "result", "denied");
	assert_member(json, "reason", "bad_signature");
	assert_member(json, "host", "web01.example.com");
	assert_null(json_object_get(json, "micros"));
	json_decref(json);
	free(text);
}

TEST(what_the_brake_of_credentials_refuses_has_one_line_and_a_count, here)
{
	struct fixture *f = *state;

	flood(f, 150, "rate_limited");
	expect(f, "rate_limited", 1, 1);
	f->audit.now = OVER;
	assert_int_equal(aa_audit_settle(&f->audit), AA_OK);
	expect(f, "rate_limited", 2, 150);
}

TEST(what_differs_is_not_counted_together, here)
{
	struct fixture *f = *state;

	flood(f, 50, "bad_signature");
	assert_int_equal(put(f, "builder-7", "10.1.2.4", "bad_signature"), AA_OK);
	assert_int_equal(put(f, "other-1", "10.1.2.3", "bad_signature"), AA_OK);
	assert_int_equal(put(f, "builder-7", "10.1.2.3", "expired"), AA_OK);
	expect(f, NULL, MOST + 3, MOST + 3);
}

TEST(an_ipv6_network_is_one_address, here)
{
	struct fixture *f = *state;
	char address[64];

	for (unsigned i = 0; i < 100; i++) {
		snprintf(address, sizeof(address), "2001:db8:1:2::%x", i + 1);
		assert_int_equal(put(f, "builder-7", address, "bad_signature"), AA_OK);
	}
	assert_int_equal(put(f, "builder-7", "2001:db8:1:3::1", "bad_signature"), AA_OK);
	expect(f, NULL, MOST + 1, MOST + 1);
}

/* ---- what has its line ------------------------------------------------------------------------- */

TEST(what_was_granted_always_has_its_line, here)
{
	struct fixture *f = *state;

	flood(f, 100, "bad_signature");
	flood(f, 100, "ok");
	expect(f, "ok", 100, 100);
}

TEST(what_a_person_did_and_steps_of_a_request_have_their_lines, here)
{
	static const char *const members[] = {"by", "request"};
	struct fixture *f = *state;

	for (size_t m = 0; m < 2; m++)
		for (unsigned i = 0; i < 50; i++) {
			json_t *record = json_pack("{s:s, s:s, s:s, s:s}", "event", "approval", "result",
						   "denied", "reason", "approval_denied", members[m], "bob");

			assert_int_equal(aa_audit_append(&f->audit, record), AA_OK);
		}
	expect(f, NULL, 100, 100);
}

TEST(without_a_brake_each_has_its_line, here)
{
	struct fixture *f = *state;

	f->audit.brake = 0;
	flood(f, 50, "bad_signature");
	expect(f, NULL, 50, 50);
}

TEST(a_full_table_loses_nothing, here)
{
	struct fixture *f = *state;
	char address[64];
	unsigned n = 3000;

	for (unsigned round = 0; round < 10; round++)
		for (unsigned i = 0; i < n; i++) {
			snprintf(address, sizeof(address), "10.1.%u.%u", i / 250, i % 250);
			assert_int_equal(put(f, "builder-7", address, "bad_signature"), AA_OK);
		}
	f->audit.now = OVER;
	assert_int_equal(aa_audit_settle(&f->audit), AA_OK);
	assert_int_equal(sum_of(f, NULL).refusals, 10 * n);
	assert_true(sum_of(f, NULL).counts > 500);
}

/* ---- what goes wrong ----------------------------------------------------------------------------- */

TEST(many_at_once_are_all_counted, here)
{
	enum { PROCESSES = 8, EACH = 200 };
	struct fixture *f = *state;
	int status;

	for (unsigned p = 0; p < PROCESSES; p++)
		if (fork() == 0) {
			for (unsigned i = 0; i < EACH; i++)
				if (put(f, "builder-7", "10.1.2.3", "bad_signature") != AA_OK)
					_exit(1);
			_exit(0);
		}
	for (unsigned p = 0; p < PROCESSES; p++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	f->audit.now = OVER;
	assert_int_equal(aa_audit_settle(&f->audit), AA_OK);
	expect(f, NULL, MOST + 1, PROCESSES * EACH);
}

TEST(a_table_that_is_damaged_or_none_has_each_written_or_counted, here)
{
	struct fixture *f = *state;
	char junk[9000];
	int fd;

	memset(junk, 'x', sizeof(junk));
	fd = open(f->table, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, junk, sizeof(junk)), sizeof(junk));
	close(fd);
	flood(f, 20, "bad_signature");
	expect(f, NULL, MOST, MOST);
	assert_int_equal(unlink(f->table), 0);
	assert_int_equal(mkdir(f->table, 0700), 0);
	flood(f, 20, "bad_signature");
	expect(f, NULL, MOST + 20, MOST + 20);
	assert_int_equal(rmdir(f->table), 0);
	/* counts that name nothing are dropped, and the rest is settled */
	flood(f, 20, "expired");
	fd = open(f->table, O_WRONLY);
	assert_true(fd >= 0);
	for (off_t at = 16; at < 16 + 128 * 8 * 512; at += 512) {
		static const struct {
			uint64_t key;
			int64_t since;
			uint32_t written, count;
		} cell = {1, NOW, 1, 5};

		if (at % 1024 == 16)
			assert_int_equal(pwrite(fd, &cell, sizeof(cell), at), sizeof(cell));
	}
	close(fd);
	f->audit.now = OVER;
	assert_int_equal(aa_audit_settle(&f->audit), AA_OK);
	flood(f, 1, "expired");
}

TEST(a_clock_that_is_set_back_ends_the_minute, here)
{
	struct fixture *f = *state;

	flood(f, 20, "bad_signature");
	f->audit.now = NOW - 86400;
	assert_int_equal(aa_audit_settle(&f->audit), AA_OK);
	expect(f, NULL, MOST + 1, 20);
	/* the control: within its minute it stays a count */
	flood(f, 20, "bad_signature");
	assert_int_equal(aa_audit_settle(&f->audit), AA_OK);
	expect(f, NULL, 2 * MOST + 1, 20 + MOST);
}

TEST(a_log_that_takes_nothing_keeps_the_count, here)
{
	struct fixture *f = *state;
	char aside[320];

	flood(f, 20, "bad_signature");
	snprintf(aside, sizeof(aside), "%s.1", f->log);
	assert_int_equal(rename(f->log, aside), 0);
	assert_int_equal(mkdir(f->log, 0700), 0);
	f->audit.now = OVER;
	assert_int_equal(aa_audit_settle(&f->audit), AA_AUDIT_UNAVAILABLE);
	assert_int_equal(rmdir(f->log), 0);
	assert_int_equal(rename(aside, f->log), 0);
	assert_int_equal(aa_audit_settle(&f->audit), AA_OK);
	expect(f, NULL, MOST + 1, 20);
}
