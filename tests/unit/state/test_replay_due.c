/* SPDX-License-Identifier: Apache-2.0 */
/* test_replay_due.c: how many replay marks a login looks at, which go, and when. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/jose/sha256.h"
#include "common/state/replay.h"
#include "common/state/replay_due.h"
#include "common/state/replay_room.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_calls.h"
#include "tests/unit/support/test.h"

#define SPAN 256 /* seconds whose marks are forgotten together */
#define LIFE 90	 /* seconds that a mark is kept in these tests */

struct fixture {
	char *dir;
	char run[256], store[300];
	int64_t now;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	(void)test_dir_setup(state);
	f->dir = test_dir;
	f->now = time(NULL);
	snprintf(f->run, sizeof(f->run), "%s/run", f->dir);
	snprintf(f->store, sizeof(f->store), "%s/replay", f->run);
	assert_int_equal(aa_replay_init(f->run), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return test_dir_teardown(state);
}

FIXTURE(here, setup, teardown);

static enum aa_reason mark_at(const struct fixture *f, const char *space, const char *jti, int64_t now)
{
	return aa_replay_mark(f->run, space, jti, f->now, now + LIFE, now);
}

static enum aa_reason mark(const struct fixture *f, const char *space, const char *jti)
{
	return mark_at(f, space, jti, f->now);
}

static void mark_range(const struct fixture *f, const char *prefix, int n, int64_t now, int64_t keep_until)
{
	char jti[64];

	for (int i = 0; i < n; i++) {
		snprintf(jti, sizeof(jti), "%s-%d", prefix, i);
		assert_int_equal(aa_replay_mark(f->run, "agent:b", jti, f->now, keep_until, now), AA_OK);
	}
}

struct logins {
	const struct fixture *f;
	const char *prefix;
	int64_t now;
};

static void log_in(void *data)
{
	const struct logins *logins = data;

	mark_range(logins->f, logins->prefix, 200, logins->now, logins->now + LIFE);
}

TEST(a_login_makes_as_many_system_calls_however_many_marks_are_live, here)
{
	struct fixture *f = *state;
	struct logins few = {f, "few", f->now}, many = {f, "many", f->now};
	unsigned long calls_few, calls_many;

	mark_range(f, "warm", 2000, f->now, f->now + LIFE); /* all shards are there */
	calls_few = support_calls(log_in, &few);
	mark_range(f, "live", 12000, f->now, f->now + LIFE);
	calls_many = support_calls(log_in, &many);
	assert_in_range(calls_many, 1, calls_few + 200);
}

/* However many are over, one login removes a few of them. */
TEST(a_login_tidies_a_bounded_number_of_marks_up, here)
{
	struct fixture *f = *state;
	int64_t later = f->now + LIFE + SPAN + 61;
	struct logins none = {f, "none", f->now}, over = {f, "over", later};
	unsigned long calls_none, calls_over;

	mark_range(f, "old", 4000, f->now, f->now + LIFE);
	calls_none = support_calls(log_in, &none);
	calls_over = support_calls(log_in, &over);
	/* 2 for each login, of 4 calls each; those that tidy may be a few more than one in eight */
	assert_in_range(calls_over, calls_none + 200, calls_none + 200 * 30);
	/* and the logins remove more than they add */
	assert_in_range(aa_replay_purge(f->run, later), 1, 4200 - 250);
}

/* Marks that an earlier version made have no line in due/: they hold as any other, and go when they are over. */
TEST(the_marks_of_an_earlier_version_hold, here)
{
	struct fixture *f = *state;
	char path[400];

	mark_range(f, "old", 5000, f->now, f->now + LIFE);
	snprintf(path, sizeof(path), "%s/due", f->store);
	support_remove(path);
	for (int i = 0; i < 5000; i += 99) {
		char jti[64];

		snprintf(jti, sizeof(jti), "old-%d", i);
		assert_int_equal(mark(f, "agent:b", jti), AA_REPLAYED);
	}
	assert_int_equal(aa_replay_purge(f->run, f->now + LIFE), 0);
	assert_in_range(aa_replay_purge(f->run, f->now + LIFE + SPAN + 61), 1000, 4999); /* some shards */
	assert_in_range(aa_replay_purge(f->run, f->now + LIFE + SPAN + 61), 1, 4000);	 /* the others */
	assert_int_equal(aa_replay_purge(f->run, f->now + LIFE + SPAN + 61), 0);
}

/* A line names nothing that is believed: a mark goes by its own time. */
TEST(a_line_under_a_wrong_time_removes_no_mark, here)
{
	struct fixture *f = *state;
	char hash[65];
	int store;

	assert_int_equal(mark(f, "agent:a", "1"), AA_OK);
	assert_int_equal(aa_sha256_pair(hash, "agent:a", "1"), 0);
	store = open(f->store, O_RDONLY | O_DIRECTORY);
	assert_true(store >= 0);
	assert_int_equal(aa_replay_due_add(store, hash, f->now - 10000), 0);
	assert_int_equal(aa_replay_due_count(store), 2);
	assert_int_equal(aa_replay_purge(f->run, f->now), 0);
	assert_int_equal(aa_replay_due_count(store), 1);
	assert_int_equal(mark(f, "agent:a", "1"), AA_REPLAYED);
	close(store);
}

TEST(where_a_line_cannot_be_written_the_login_is_refused, here)
{
	struct fixture *f = *state;
	char path[400];

	snprintf(path, sizeof(path), "%s/due", f->store);
	support_write_file(path, "x", 1); /* a file where the directory belongs */
	assert_int_equal(mark(f, "agent:a", "1"), AA_REPLAY_UNAVAILABLE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mark(f, "agent:a", "1"), AA_OK);
}

/* doctor tells how many there are. */
TEST(the_number_of_marks_is_told, here)
{
	struct fixture *f = *state;
	struct aa_replay_room room;

	mark_range(f, "a", 5, f->now, f->now + LIFE);
	assert_int_equal(aa_replay_room_look(f->run, &room), 0);
	assert_int_equal(room.marks, 5);
	assert_int_equal(aa_replay_purge(f->run, f->now + LIFE + SPAN + 61), 5);
	assert_int_equal(aa_replay_room_look(f->run, &room), 0);
	assert_int_equal(room.marks, 0);
	support_remove(f->run);
	assert_true(aa_replay_room_look(f->run, &room) < 0);
}
