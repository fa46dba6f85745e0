/* SPDX-License-Identifier: Apache-2.0 */
/* test_session_slots.c: how many sessions there may be. */
#include <config.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/state/session.h"
#include "common/state/session_sweep.h"
#include "tests/unit/state/session_steps.h"
#include "tests/unit/support/test.h"

/* `n` children create a session each, those that may stay; how many did. They end when the gate opens. */
static int how_many_fit(const struct fixture *f, int n, int64_t max)
{
	int gate[2], back[2], ok = 0;
	char answer;

	f->agent->max_sessions = max;
	assert_int_equal(pipe(gate), 0);
	assert_int_equal(pipe(back), 0);
	for (int i = 0; i < n; i++) {
		if (fork() == 0) {
			struct aa_session *s = NULL;
			char c = create(f, &s) == AA_OK && aa_session_open(f->site->rundir, s, f->now) == 0
				     ? 'y'
				     : 'n';

			close(gate[1]);
			if (write(back[1], &c, 1) != 1 || read(gate[0], &c, 1) != 0)
				_exit(1);
			_exit(0);
		}
	}
	for (int i = 0; i < n; i++) {
		assert_int_equal(read(back[0], &answer, 1), 1);
		ok += answer == 'y';
	}
	close(gate[0]);
	close(gate[1]);
	close(back[0]);
	close(back[1]);
	while (wait(NULL) > 0)
		;
	return ok;
}

TEST(exactly_as_many_as_may_be_get_a_slot, session)
{
	struct fixture *f = *state;

	assert_int_equal(how_many_fit(f, 40, 5), 5);
	/* all of them are gone without a word: their slots are taken over */
	assert_int_equal(how_many_fit(f, 40, 5), 5);
	assert_int_equal(how_many_fit(f, 40, 1), 1);
	assert_int_equal(how_many_fit(f, 20, 0), 20); /* no limit */
}

TEST(a_slot_is_free_again_when_its_session_is_closed, session)
{
	struct fixture *f = *state;
	struct aa_session *a, *b = NULL;

	f->agent->max_sessions = 1;
	assert_int_equal(aa_session_has_room(f->site->rundir, geteuid(), f->agent, &f->verdict, f->now),
			 AA_OK);
	a = created(f);
	assert_int_equal(aa_session_has_room(f->site->rundir, geteuid(), f->agent, &f->verdict, f->now),
			 AA_SESSION_LIMIT);
	assert_int_equal(create(f, &b), AA_SESSION_LIMIT);
	assert_null(b);
	assert_int_equal(aa_session_open(f->site->rundir, a, f->now), 0);
	assert_int_equal(create(f, &b), AA_SESSION_LIMIT);
	aa_session_close(f->site->rundir, geteuid(), a->id, a->agent);
	assert_int_equal(aa_session_has_room(f->site->rundir, geteuid(), f->agent, &f->verdict, f->now),
			 AA_OK);
	b = created(f);
	aa_session_free(a);
	aa_session_free(b);
}

/* Sixteen processes come and go, at most three at a time: counted where all of them see it. */
TEST(there_are_never_more_than_may_be_while_they_come_and_go, session)
{
	struct fixture *f = *state;
	atomic_int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;

	assert_true(shared != MAP_FAILED);
	f->agent->max_sessions = 3;
	for (int i = 0; i < 16; i++) {
		if (fork() != 0)
			continue;
		for (int k = 0; k < 120; k++) {
			struct aa_session *s = NULL;

			if (create(f, &s) != AA_OK)
				continue;
			if (atomic_fetch_add(&shared[0], 1) >= 3)
				atomic_fetch_add(&shared[1], 1);
			atomic_fetch_add(&shared[2], 1);
			atomic_fetch_sub(&shared[0], 1);
			aa_session_close(f->site->rundir, geteuid(), s->id, s->agent);
			aa_session_free(s);
		}
		_exit(0);
	}
	while (wait(&status) > 0)
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(atomic_load(&shared[1]), 0);
	assert_true(atomic_load(&shared[2]) > 100);
	munmap(shared, 4096);
}

static int create_in_child(const struct fixture *f)
{
	struct aa_session *s = NULL;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit((int)create(f, &s));
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A login that got no further than its verdict does not hold a slot when the connection is gone. */
TEST(a_pending_record_ends_with_who_may_open_it, session)
{
	struct fixture *f = *state;
	struct aa_session *s = NULL;

	f->agent->max_sessions = 1;
	/* this process is the maker's parent, and may still open it */
	assert_int_equal(IN_CHILD(create(f, &s)), AA_OK);
	assert_int_equal(create(f, &s), AA_SESSION_LIMIT);
	assert_int_equal(aa_session_sweep(f->site->rundir, geteuid(), f->now, NULL, NULL, NULL), 0);
	assert_int_equal(aa_session_sweep(f->site->rundir, geteuid(), f->now + AA_SESSION_PENDING_MAX + 1,
					  NULL, NULL, NULL),
			 1);
	/* and here it was the maker's grandparent */
	assert_int_equal(IN_CHILD(create_in_child(f)), AA_OK);
	assert_int_equal(create(f, &s), AA_OK);
	aa_session_free(s);
}

/* A sweep or a login that has read its clock a second ago meets records of logins that have begun since. */
TEST(a_pending_record_is_nobodys_to_take_a_second_before_it_was_made, session)
{
	struct fixture *f = *state;
	struct aa_session *s = NULL, *again;
	int64_t made = f->now;

	f->agent->max_sessions = 1;
	assert_int_equal(create(f, &s), AA_OK);
	f->now = f->login.now = made - 1;
	assert_int_equal(create(f, &again), AA_SESSION_LIMIT);
	assert_int_equal(aa_session_sweep(f->site->rundir, geteuid(), f->now, NULL, NULL, NULL), 0);
	assert_true(aa_session_is_mine(s, "builder-7", made)); /* the record is still there, and good */
	/* and a clock that was set back by more has nothing to say of it */
	f->now = made - AA_SESSION_PENDING_MAX - 1;
	assert_int_equal(aa_session_sweep(f->site->rundir, geteuid(), f->now, NULL, NULL, NULL), 1);
	aa_session_free(s);
}

/* The pid and the start of who made it may be another's by now. */
TEST(a_pending_record_of_another_boot_holds_no_slot, session)
{
	struct fixture *f = *state;
	struct aa_session *first = NULL, *s = NULL;
	char name[64];

	f->agent->max_sessions = 1;
	assert_int_equal(create(f, &first), AA_OK);
	assert_int_equal(create(f, &s), AA_SESSION_LIMIT);
	snprintf(name, sizeof(name), "sessions/%s.json", first->id);
	support_bend_file(support_path(f->site->rundir, name), "boot_id", json_string("another"));
	assert_int_equal(create(f, &s), AA_OK);
	aa_session_free(first);
	aa_session_free(s);
}
