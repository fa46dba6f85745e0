/* SPDX-License-Identifier: Apache-2.0 */
/* test_replay.c: a credential is used once, whoever asks, and where that cannot be told it is refused. */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/jose/sha256.h"
#include "common/state/process.h"
#include "common/state/replay.h"
#include "common/state/replay_gone.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

#define PROCESSES 50
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

static void set_stamp(const struct fixture *f, const char *name, int64_t when)
{
	const struct timespec times[2] = {{when, 0}, {when, 0}};
	char path[400];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", f->store, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

/* ---- once --------------------------------------------------------------------- */

TEST(a_credential_is_used_once, here)
{
	struct fixture *f = *state;

	assert_int_equal(mark(f, "agent:a", "1"), AA_OK);
	assert_int_equal(mark(f, "agent:a", "1"), AA_REPLAYED);
	assert_int_equal(mark(f, "agent:a", "2"), AA_OK);
}

TEST(one_jti_of_two_issuers_is_two_credentials, here)
{
	struct fixture *f = *state;

	assert_int_equal(mark(f, "https://one.example.com", "1"), AA_OK);
	assert_int_equal(mark(f, "https://two.example.com", "1"), AA_OK);
	assert_int_equal(mark(f, "agent:a", "1"), AA_OK);
	/* and no joint of the two can be moved */
	assert_int_equal(mark(f, "agent:a1", ""), AA_OK);
	assert_int_equal(mark(f, "agent:", "a1"), AA_OK);
	assert_int_equal(mark(f, "https://one.example.com", "1"), AA_REPLAYED);
}

/* Children wait for one byte, so that they come at once. The number of those whose answer was AA_OK. */
static int race(const struct fixture *f, const char *jti, int *ret_other)
{
	int gate[2], ok = 0, status;
	char c;

	assert_int_equal(pipe(gate), 0);
	for (int i = 0; i < PROCESSES; i++) {
		if (fork() != 0)
			continue;
		close(gate[1]);
		if (read(gate[0], &c, 1) != 0)
			_exit(99);
		_exit((int)mark(f, "agent:a", jti));
	}
	close(gate[0]);
	close(gate[1]);
	for (int i = 0; i < PROCESSES; i++) {
		assert_true(wait(&status) > 0 && WIFEXITED(status));
		ok += WEXITSTATUS(status) == AA_OK;
		*ret_other += WEXITSTATUS(status) != AA_OK && WEXITSTATUS(status) != AA_REPLAYED;
	}
	return ok;
}

TEST(of_fifty_processes_one_succeeds, here)
{
	struct fixture *f = *state;
	char jti[32];
	int other = 0;

	for (int round = 0; round < 10; round++) {
		snprintf(jti, sizeof(jti), "round-%d", round);
		assert_int_equal(race(f, jti, &other), 1);
	}
	assert_int_equal(other, 0);
}

/* The same where the store itself has to be made first. */
TEST(of_fifty_processes_one_succeeds_in_a_new_store, here)
{
	struct fixture *f = *state;
	int other = 0;

	for (int round = 0; round < 20; round++) {
		support_remove(f->run);
		assert_int_equal(race(f, "first", &other), 1);
	}
	assert_int_equal(other, 0);
}

/* ---- until when ------------------------------------------------------------------ */

/* One in sixteen marks has its shard tidied up: many of them make sure of it. */
static void mark_many(const struct fixture *f, const char *prefix, int64_t now)
{
	char jti[64];

	for (int i = 0; i < 2000; i++) {
		snprintf(jti, sizeof(jti), "%s-%d", prefix, i);
		assert_int_equal(aa_replay_mark(f->run, "agent:b", jti, f->now, now + LIFE, now), AA_OK);
	}
}

TEST(what_has_not_expired_is_kept, here)
{
	struct fixture *f = *state;

	mark_many(f, "a", f->now);
	assert_int_equal(aa_replay_purge(f->run, f->now + LIFE), 0);
	mark_many(f, "b", f->now + LIFE);
	assert_int_equal(aa_replay_mark(f->run, "agent:b", "a-0", f->now, f->now + LIFE, f->now + LIFE - 1),
			 AA_REPLAYED);
	assert_int_equal(
	    aa_replay_mark(f->run, "agent:b", "a-1999", f->now, f->now + LIFE, f->now + LIFE - 1),
	    AA_REPLAYED);
}

TEST(what_has_expired_is_removed, here)
{
	struct fixture *f = *state;

	mark_many(f, "a", f->now);
	assert_int_equal(aa_replay_purge(f->run, f->now + LIFE + 61 + SPAN), 2000);
	assert_int_equal(aa_replay_purge(f->run, f->now + LIFE + 61 + SPAN), 0);
}

TEST(logins_tidy_up_by_themselves, here)
{
	struct fixture *f = *state;
	long left;

	mark_many(f, "a", f->now);
	mark_many(f, "b", f->now + 1000);
	left = aa_replay_purge(f->run, f->now + 1000);
	assert_true(left < 1900);
}

/* A mark whose writer died before it set the time stays for longer than any credential lives. */
TEST(a_mark_without_its_time_is_kept, here)
{
	struct fixture *f = *state;
	char hash[65], path[400];
	int fd;

	assert_int_equal(aa_sha256_pair(hash, "agent:a", "dead"), 0);
	snprintf(path, sizeof(path), "%s/%.2s", f->store, hash);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/%.2s/%s", f->store, hash, hash);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(aa_replay_purge(f->run, f->now + 86400), 0);
	assert_int_equal(mark(f, "agent:a", "dead"), AA_REPLAYED);
	/* its time is not known */
	assert_int_equal(aa_replay_purge(f->run, f->now + 7 * 86400 + 61 + SPAN), 0);
	assert_int_equal(aa_replay_purge(f->run, f->now + 8 * 86400), 1);
	assert_int_equal(aa_replay_mark(f->run, "agent:a", "dead", f->now, f->now + 86400, f->now),
			 AA_REPLAY_UNAVAILABLE);
}

/* ---- reboot, clock ------------------------------------------------------------------- */

TEST(what_was_issued_before_the_store_is_refused, here)
{
	struct fixture *f = *state;

	set_stamp(f, "since", f->now);
	assert_int_equal(aa_replay_mark(f->run, "agent:a", "1", f->now, f->now + LIFE, f->now), AA_OK);
	assert_int_equal(aa_replay_mark(f->run, "agent:a", "2", f->now - 1, f->now + LIFE, f->now),
			 AA_REPLAY_UNAVAILABLE);
	assert_int_equal(aa_replay_mark(f->run, "agent:a", "3", 0, f->now + LIFE, f->now),
			 AA_REPLAY_UNAVAILABLE);
}

/* A store that was made while the clock was at 1970 says that it is old; the boot is reckoned by today's clock too. */
TEST(what_was_issued_before_this_boot_is_refused, here)
{
	struct fixture *f = *state;
	int64_t began;

	assert_int_equal(aa_boot_time(&began), 0);
	assert_true(began <= f->now);
	set_stamp(f, "since", 1);
	assert_int_equal(aa_replay_mark(f->run, "agent:a", "1", began + 2, f->now + LIFE, f->now), AA_OK);
	assert_int_equal(aa_replay_mark(f->run, "agent:a", "2", began - 2, f->now + LIFE, f->now),
			 AA_REPLAY_UNAVAILABLE);
}

TEST(init_does_not_make_a_store_younger, here)
{
	struct fixture *f = *state;

	set_stamp(f, "since", f->now);
	assert_int_equal(aa_replay_init(f->run), 0);
	assert_int_equal(aa_replay_mark(f->run, "agent:a", "1", f->now - 1, f->now + LIFE, f->now),
			 AA_REPLAY_UNAVAILABLE);
}

/* The clock went on, marks were forgotten, the clock came back: what was forgotten must not be accepted again. */
TEST(a_clock_stepped_back_behind_a_purge_is_refused, here)
{
	struct fixture *f = *state;

	assert_int_equal(mark(f, "agent:a", "1"), AA_OK);
	assert_int_equal(mark(f, "agent:a", "1"), AA_REPLAYED);
	assert_int_equal(aa_replay_purge(f->run, f->now + 1000), 1);
	assert_int_equal(mark(f, "agent:a", "1"), AA_REPLAY_UNAVAILABLE);
	/* another that ends beyond the span that was forgotten is not it */
	assert_int_equal(mark_at(f, "agent:a", "2", f->now + SPAN), AA_OK);
	/* and a purge by the clock that went back neither removes nor remembers less */
	assert_int_equal(aa_replay_purge(f->run, f->now), 0);
	assert_int_equal(mark(f, "agent:a", "1"), AA_REPLAY_UNAVAILABLE);
}

#define HOUR 3600
#define DAY (24 * HOUR)
#define YEAR ((int64_t)365 * DAY)
static const int64_t jumps[] = {2 * HOUR, 3 * DAY, 10 * YEAR};

/* Ahead, forgetting on the way, and set right: what was used before is refused until it has ended, what comes after it is
 * not, and what was used while the clock was ahead keeps nobody out. */
TEST(a_clock_that_was_ahead_lets_no_replay_in_and_keeps_nobody_out, here)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(jumps) / sizeof(*jumps); i++) {
		int64_t ahead = f->now + jumps[i], since, refused;

		assert_int_equal(mark(f, "agent:a", "used"), AA_OK);
		for (int n = 0; n < 8; n++) {
			char jti[32];

			snprintf(jti, sizeof(jti), "%zu-%d", i, n);
			assert_int_equal(aa_replay_mark(f->run, "agent:b", jti, ahead,
							ahead + n * HOUR + LIFE, ahead + n * HOUR),
					 AA_OK);
			assert_true(aa_replay_purge(f->run, ahead + n * HOUR) >= 0); /* or the login did it */
		}
		assert_int_equal(mark(f, "agent:a", "used"), AA_REPLAY_UNAVAILABLE);
		assert_int_equal(aa_replay_look(f->run, f->now, &since, &refused), 0);
		assert_in_range(refused, f->now + LIFE,
				jumps[i] > DAY * 7 ? f->now + LIFE + SPAN : ahead + DAY);
		assert_true(since <= f->now);
		assert_int_equal(mark_at(f, "agent:c", "new", f->now + SPAN), AA_OK);
		support_remove(f->run);
		assert_int_equal(aa_replay_init(f->run), 0);
	}
}

/* The store was made while the clock was ahead: shut, until it begins anew; what was issued before then stays out. */
TEST(a_store_made_while_the_clock_was_ahead_begins_anew, here)
{
	struct fixture *f = *state;
	int64_t since, refused;

	for (size_t i = 0; i < sizeof(jumps) / sizeof(*jumps); i++) {
		set_stamp(f, "since", f->now + jumps[i]);
		assert_int_equal(aa_replay_look(f->run, f->now, &since, &refused), 0);
		assert_int_equal(since, f->now + jumps[i]);
		assert_int_equal(refused, 0);
		assert_int_equal(aa_replay_mark(f->run, "agent:a", "1", f->now, f->now + LIFE, f->now),
				 AA_REPLAY_UNAVAILABLE);
		assert_int_equal(aa_replay_restart(f->run, f->now), 0);
		assert_int_equal(aa_replay_mark(f->run, "agent:a", "1", f->now - 1, f->now + LIFE, f->now),
				 AA_REPLAY_UNAVAILABLE);
		assert_int_equal(aa_replay_mark(f->run, "agent:a", "2", f->now, f->now + LIFE, f->now),
				 AA_OK);
		assert_int_equal(aa_replay_mark(f->run, "agent:a", "2", f->now, f->now + LIFE, f->now),
				 AA_REPLAYED);
		support_remove(f->run);
		assert_int_equal(aa_replay_init(f->run), 0);
	}
}

/* Very many spans become few, and know what they knew. */
TEST(the_spans_of_years_stay_few, here)
{
	struct fixture *f = *state;
	int64_t old = f->now - 30 * DAY;
	char path[400];
	int store;

	store = open(f->store, O_RDONLY | O_DIRECTORY);
	assert_true(store >= 0);
	assert_int_equal(aa_replay_gone_add(store, f->now - DAY, f->now - DAY), 0);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(aa_replay_gone_add(store, old + i * SPAN, old + i * SPAN), 0);
	snprintf(path, sizeof(path), "%s/gone/f%lld", f->store, (long long)(old >> 8));
	assert_int_equal(access(path, F_OK), 0);
	aa_replay_gone_tidy(store, f->now);
	assert_int_equal(access(path, F_OK), -1);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(aa_replay_gone_has(store, old + i * SPAN), 1);
	assert_int_equal(aa_replay_gone_has(store, f->now - DAY), 1);
	assert_int_equal(aa_replay_gone_has(store, f->now - DAY + SPAN), 0); /* what is recent stays exact */
	assert_int_equal(aa_replay_gone_has(store, old - DAY), 0);
	close(store);
}

TEST(what_cannot_be_written_down_is_not_forgotten, here)
{
	struct fixture *f = *state;
	char path[400];

	snprintf(path, sizeof(path), "%s/gone", f->store);
	assert_int_equal(mark(f, "agent:a", "1"), AA_OK);
	support_write_file(path, "x", 1); /* a file where the directory belongs */
	assert_int_equal(aa_replay_purge(f->run, f->now + 1000), 0);
	assert_int_equal(mark_at(f, "agent:a", "2", f->now), AA_REPLAY_UNAVAILABLE); /* it cannot be told */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mark(f, "agent:a", "1"), AA_REPLAYED);
	assert_int_equal(aa_replay_purge(f->run, f->now + 1000), 1);
}

TEST(a_clock_stepped_back_without_a_purge_still_knows, here)
{
	struct fixture *f = *state;

	assert_int_equal(mark_at(f, "agent:a", "1", f->now + 1000), AA_OK);
	assert_int_equal(mark(f, "agent:a", "1"), AA_REPLAYED);
	assert_int_equal(mark(f, "agent:a", "2"), AA_OK);
}

/* ---- faults ---------------------------------------------------------------------------- */

TEST(a_store_that_cannot_be_made_denies, here)
{
	struct fixture *f = *state;

	assert_int_equal(mark(f, "agent:a", "0"), AA_OK);
	support_remove(f->run);
	support_write_file(f->run, "x", 1); /* a file where the directory belongs */
	assert_int_equal(mark(f, "agent:a", "1"), AA_REPLAY_UNAVAILABLE);
	assert_int_equal(unlink(f->run), 0);
	assert_int_equal(mark(f, "agent:a", "1"), AA_OK);
}

TEST(a_store_that_is_a_link_denies, here)
{
	struct fixture *f = *state;
	char aside[300];

	snprintf(aside, sizeof(aside), "%s/aside", f->dir);
	assert_int_equal(mark(f, "agent:a", "0"), AA_OK);
	assert_int_equal(rename(f->store, aside), 0);
	assert_int_equal(symlink(aside, f->store), 0);
	assert_int_equal(mark(f, "agent:a", "1"), AA_REPLAY_UNAVAILABLE);
}

/* tmpfiles.d makes the directory at boot: its first user gives it the stamp. */
TEST(a_store_without_its_stamp_is_given_this_boots, here)
{
	struct fixture *f = *state;
	char path[400];
	int64_t began;

	snprintf(path, sizeof(path), "%s/since", f->store);
	assert_int_equal(aa_boot_time(&began), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(aa_replay_mark(f->run, "agent:a", "1", began - 2, f->now + LIFE, f->now),
			 AA_REPLAY_UNAVAILABLE);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(mark(f, "agent:a", "1"), AA_OK);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mark(f, "agent:a", "1"), AA_REPLAYED);
}

/* The shards are directories: a file in the place of one stands for every fault of the disk. */
TEST(a_shard_that_cannot_be_opened_denies, here)
{
	struct fixture *f = *state;
	char hash[65], path[400];

	assert_int_equal(aa_sha256_pair(hash, "agent:a", "1"), 0);
	snprintf(path, sizeof(path), "%s/%.2s", f->store, hash);
	support_write_file(path, "x", 1);
	assert_int_equal(mark(f, "agent:a", "1"), AA_REPLAY_UNAVAILABLE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mark(f, "agent:a", "1"), AA_OK);
}

/* No descriptor left to open anything with: in a child, so that the limit is its own. */
TEST(no_descriptor_to_be_had_denies, here)
{
	struct fixture *f = *state;
	const struct rlimit none = {3, 3};
	int status;

	if (fork() == 0) {
		if (mark(f, "agent:a", "1") != AA_OK || setrlimit(RLIMIT_NOFILE, &none) < 0)
			_exit(98);
		for (int i = 0; i < 3; i++)
			if (fcntl(i, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
				_exit(97);
		_exit((int)mark(f, "agent:a", "2"));
	}
	assert_true(wait(&status) > 0 && WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), AA_REPLAY_UNAVAILABLE);
	assert_int_equal(mark(f, "agent:a", "2"), AA_OK);
}

TEST(a_replay_mark_leaves_no_descriptor_behind, here)
{
	struct fixture *f = *state;
	int before = dup(0), after;

	close(before);
	mark_many(f, "a", f->now);
	assert_true(aa_replay_purge(f->run, f->now + 5000) > 0);
	(void)mark(f, "agent:a", "1");
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}
