/* SPDX-License-Identifier: Apache-2.0 */
/* test_session_sweep.c: all sessions, and the dead ones. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/state/session.h"
#include "common/state/session_find.h"
#include "common/state/session_sweep.h"
#include "tests/unit/state/session_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_calls.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/test.h"

static bool count_one(void *data, struct aa_session *session)
{
	aa_session_free(session);
	return ++*(int *)data < 3;
}

static int count(const struct fixture *f)
{
	int n = -1000;

	assert_int_equal(aa_session_each(f->site->rundir, geteuid(), count_one, &n), 0);
	return n + 1000;
}

TEST(each_gives_every_record_until_it_is_told_to_stop, session)
{
	struct fixture *f = *state;
	int n = 0;

	assert_int_equal(count(f), 0); /* there is not even a directory */
	for (int i = 0; i < 5; i++)
		aa_session_free(created(f));
	support_write_file(support_path(f->site->rundir, "sessions/0123456789abcdef0123456789abcdef.json"),
			   "x", 1);
	support_write_file(support_path(f->site->rundir, "sessions/.hidden"), "x", 1);
	assert_int_equal(count(f), 5);
	assert_int_equal(aa_session_each(f->site->rundir, geteuid(), count_one, &n), 0);
	assert_int_equal(n, 3);
}

static int files_below(const struct fixture *f)
{
	char command[512], text[16] = "";
	FILE *p;

	snprintf(command, sizeof(command), "find %s/sessions ! -type d | wc -l", f->site->rundir);
	p = popen(command, "r");
	assert_non_null(p);
	assert_non_null(fgets(text, sizeof(text), p));
	assert_int_equal(pclose(p), 0);
	return atoi(text);
}

TEST(closing_leaves_nothing_behind, session)
{
	struct fixture *f = *state;
	struct aa_session *s;

	f->agent->max_sessions = 4;
	for (int i = 0; i < 3; i++) {
		s = created(f);
		assert_int_equal(aa_session_open(f->site->rundir, s, f->now), 0);
		assert_true(files_below(f) > 0);
		aa_session_close(f->site->rundir, geteuid(), s->id, s->agent);
		aa_session_free(s);
		assert_int_equal(files_below(f), 0);
	}
	aa_session_close(f->site->rundir, geteuid(), "0123456789abcdef0123456789abcdef",
			 "builder-7"); /* of none: no harm */
	aa_session_close(f->site->rundir, geteuid(), "../../x", "builder-7");
}

/* The login's own PAM and the reaper may see the end of one session, and one of them is to log it. */
TEST(one_of_several_that_close_a_session_has_closed_it, session)
{
	struct fixture *f = *state;
	struct aa_session *s = created(f);

	assert_int_equal(aa_session_open(f->site->rundir, s, f->now), 0);
	assert_true(aa_session_close(f->site->rundir, geteuid(), s->id, s->agent));
	assert_false(aa_session_close(f->site->rundir, geteuid(), s->id, s->agent));
	assert_false(aa_session_close(f->site->rundir, geteuid(), "../../x", s->agent));
	aa_session_free(s);
}

/* Reap and list subtract such times from the clock's. */
TEST(a_record_with_a_time_that_no_clock_has_is_no_session, session)
{
	static const char *const members[] = {"created", "opened", "deadline"};
	static const json_int_t wrong[] = {-1, INT64_MIN, INT64_MAX, (INT64_C(1) << 53) + 1};
	struct fixture *f = *state;
	struct aa_session *s = created(f), *again;

	assert_int_equal(aa_session_open(f->site->rundir, s, f->now), 0);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_t *json = json_deep_copy(s->json);

		assert_int_equal(json_object_set_new(json, members[i], json_integer(INT64_C(1) << 53)), 0);
		again = aa_session_from_json(json_incref(json));
		assert_non_null(again);
		aa_session_free(again);
		for (size_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
			assert_int_equal(json_object_set_new(json, members[i], json_integer(wrong[n])), 0);
			assert_null(aa_session_from_json(json_incref(json)));
		}
		json_decref(json);
	}
	assert_true(aa_session_close(f->site->rundir, geteuid(), s->id, s->agent));
	aa_session_free(s);
}

static int open_and_die(const struct fixture *f)
{
	struct aa_session *s = NULL;

	return create(f, &s) == AA_OK && aa_session_open(f->site->rundir, s, f->now) == 0 ? 0 : 1;
}

TEST(a_sweep_removes_the_dead_and_keeps_the_living, session)
{
	struct fixture *f = *state;
	struct aa_session *live = created(f);
	int files;

	assert_int_equal(aa_session_open(f->site->rundir, live, f->now), 0);
	files = files_below(f);
	for (int i = 0; i < 3; i++)
		assert_int_equal(IN_CHILD(open_and_die(f)), 0);
	assert_int_equal(count(f), 4);
	assert_int_equal(aa_session_sweep(f->site->rundir, geteuid(), f->now, NULL, NULL, NULL), 3);
	assert_int_equal(aa_session_sweep(f->site->rundir, geteuid(), f->now, NULL, NULL, NULL), 0);
	assert_int_equal(count(f), 1);
	assert_int_equal(files_below(f), files);
	assert_int_equal(find_as(f, SITE_UID), AA_OK);
	aa_session_free(live);
}

static void sweep_all(void *data)
{
	const struct fixture *f = data;

	if (aa_session_sweep(f->site->rundir, geteuid(), f->now, NULL, NULL, NULL) != 0)
		_exit(0);
}

static int die_with_many(const struct fixture *f, int n)
{
	for (int i = 0; i < n; i++)
		if (open_and_die(f) != 0)
			return 1;
	return 0;
}

/* One pass over the agent's names and slots removes all of them: a thousand sessions of one agent that is killed. */
TEST(a_sweep_makes_as_many_system_calls_for_each_session_however_many_there_are, session)
{
	struct fixture *f = *state;
	unsigned long none, few, many;

	f->agent->max_sessions = 1000;
	aa_verdict_clear_roles(&f->verdict.roles); /* no role's limit */
	assert_int_equal(IN_CHILD(die_with_many(f, 1)), 0);
	none = support_calls(sweep_all, f);
	assert_int_equal(IN_CHILD(die_with_many(f, 20)), 0);
	few = support_calls(sweep_all, f) - none;
	assert_int_equal(count(f), 0);
	assert_int_equal(IN_CHILD(die_with_many(f, 200)), 0);
	many = support_calls(sweep_all, f) - none;
	assert_int_equal(count(f), 0);
	assert_int_equal(files_below(f), 0);
	assert_in_range(many, few, few * 12);
}

TEST(a_directory_that_cannot_be_made_refuses, session)
{
	struct fixture *f = *state;
	struct aa_session *s = NULL;

	assert_int_equal(create(f, &s), AA_OK);
	aa_session_free(s);
	support_remove(f->site->rundir);
	support_write_file(f->site->rundir, "x", 1);
	assert_int_equal(create(f, &s), AA_INTERNAL);
	assert_null(s);
	assert_int_equal(aa_session_has_room(f->site->rundir, geteuid(), f->agent, &f->verdict, f->now),
			 AA_INTERNAL);
	assert_int_equal(find_as(f, SITE_UID), AA_NO_SESSION);
	assert_true(aa_session_sweep(f->site->rundir, geteuid(), f->now, NULL, NULL, NULL) < 0);
	assert_int_equal(unlink(f->site->rundir), 0);
	assert_int_equal(mkdir(f->site->rundir, 0700), 0);
}

TEST(a_sweep_leaves_no_descriptor_behind, session)
{
	struct fixture *f = *state;
	int before = dup(0), after;

	close(before);
	f->agent->max_sessions = 3;
	f->agent->mixed_sessions = AA_MIXED_SESSIONS_REFUSE;
	for (int i = 0; i < 10; i++) {
		struct aa_session *s = NULL;

		if (create(f, &s) == AA_OK)
			assert_int_equal(aa_session_open(f->site->rundir, s, f->now), 0);
		(void)find_as(f, SITE_UID);
		(void)aa_session_sweep(f->site->rundir, geteuid(), f->now, NULL, NULL, NULL);
		aa_session_free(s);
	}
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}
