/* SPDX-License-Identifier: Apache-2.0 */
/* test_elevation.c: a role for a time is given, ends by itself, and whatever is damaged gives nothing. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/state/admit.h"
#include "common/state/decision.h"
#include "common/state/elevation.h"
#include "common/text/list.h"
#include "common/verify/roles.h"
#include "tests/unit/state/admit_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/test.h"

#define HOUR 3600

/* builder-7 has deploy and audit by its record; inside is a role that others have. */
static int elevate(struct fixture *f, const char *role, int64_t seconds)
{
	return aa_elevation_make(f->site->statedir, "builder-7", role, "alice", "a release", f->now,
				 f->now + seconds);
}

static bool has(struct fixture *f, const char *role)
{
	reopen(f);
	return aa_list_has(&f->agent->roles, role);
}

static const char *file(const struct fixture *f, const char *role)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/state/elevated/builder-7/%s", f->site->statedir, role);
	return path;
}

static const char *state_of(struct fixture *f)
{
	static char word[16];
	json_t *list;

	assert_int_equal(aa_elevations(f->site->statedir, "builder-7", f->now, &list), 0);
	assert_int_equal(json_array_size(list), 1);
	snprintf(word, sizeof(word), "%s",
		 json_string_value(json_object_get(json_array_get(list, 0), "state")));
	json_decref(list);
	return word;
}

TEST(an_elevation_gives_a_role_and_ends_by_itself, admitted)
{
	struct fixture *f = *state;

	assert_false(has(f, "inside"));
	assert_int_equal(elevate(f, "inside", HOUR), 0);
	assert_true(has(f, "inside"));
	assert_true(has(f, "deploy"));
	assert_int_equal(aa_roles_lent_until(f->agent, "inside"), f->now + HOUR);
	assert_int_equal(aa_roles_lent_until(f->agent, "deploy"), 0);
	f->now += HOUR - 1;
	assert_true(has(f, "inside"));
	f->now += 1;
	assert_false(has(f, "inside"));
	assert_string_equal(state_of(f), "over");
	assert_true(has(f, "deploy"));
}

TEST(an_elevation_is_ended_before_its_time, admitted)
{
	struct fixture *f = *state;

	assert_int_equal(elevate(f, "inside", HOUR), 0);
	assert_true(has(f, "inside"));
	assert_int_equal(aa_elevation_end(f->site->statedir, "builder-7", "inside"), 0);
	assert_false(has(f, "inside"));
	assert_int_equal(aa_elevation_end(f->site->statedir, "builder-7", "inside"), -ENOENT);
}

TEST(an_elevation_is_of_one_agent_and_bounded, admitted)
{
	struct fixture *f = *state;

	assert_int_equal(elevate(f, "inside", AA_ELEVATION_MAX + 1), -EINVAL);
	assert_int_equal(elevate(f, "inside", 0), -EINVAL);
	assert_int_equal(elevate(f, "../inside", HOUR), -EINVAL);
	assert_int_equal(
	    aa_elevation_make(f->site->statedir, "../x", "inside", "a", "b", f->now, f->now + HOUR), -EINVAL);
	assert_int_equal(elevate(f, "inside", AA_ELEVATION_MAX), 0);
	assert_true(has(f, "inside"));
	assert_int_equal(aa_elevation_end(f->site->statedir, "builder-7", "inside"), 0);
	assert_int_equal(
	    aa_elevation_make(f->site->statedir, "other-1", "inside", "a", "b", f->now, f->now + HOUR), 0);
	assert_false(has(f, "inside"));
}

TEST(an_agent_has_a_few_elevations_at_a_time, admitted)
{
	struct fixture *f = *state;
	char role[AA_ROLE_NAME_MAX + 1];

	for (int i = 0; i < AA_ELEVATIONS_MAX; i++) {
		snprintf(role, sizeof(role), "role-%d", i);
		assert_int_equal(elevate(f, role, HOUR), 0);
	}
	assert_int_equal(elevate(f, "inside", HOUR), -EDQUOT);
	assert_int_equal(elevate(f, "role-0", 2 * HOUR), 0); /* in the place of the earlier one */
	f->now += HOUR;
	assert_int_equal(elevate(f, "inside", HOUR), 0);
}

/* An agent that has a role of its own is not limited by an elevation to it. */
TEST(a_role_of_the_record_stays_its_own, admitted)
{
	struct fixture *f = *state;

	assert_int_equal(elevate(f, "deploy", HOUR), 0);
	assert_true(has(f, "deploy"));
	assert_int_equal(aa_roles_lent_until(f->agent, "deploy"), 0);
	assert_int_equal(f->agent->roles.n, 2);
}

/* A role that is published no more would refuse every login of the agent, if it were counted. */
TEST(a_role_that_is_not_published_elevates_nobody, admitted)
{
	struct fixture *f = *state;

	assert_int_equal(elevate(f, "gone", HOUR), 0);
	assert_false(has(f, "gone"));
	assert_int_equal(publickey(f, 0), AA_OK);
}

TEST(a_damaged_or_linked_file_elevates_nobody, admitted)
{
	struct fixture *f = *state;
	const char *good = support_path(f->site->dir, "good");

	assert_int_equal(elevate(f, "inside", HOUR), 0);
	assert_int_equal(rename(file(f, "inside"), good), 0);
	assert_int_equal(symlink(good, file(f, "inside")), 0);
	assert_false(has(f, "inside"));
	assert_string_equal(state_of(f), "damaged");
	assert_int_equal(unlink(file(f, "inside")), 0);
	assert_int_equal(rename(good, file(f, "inside")), 0);
	assert_true(has(f, "inside"));
	assert_int_equal(chmod(file(f, "inside"), 0622), 0);
	assert_false(has(f, "inside"));
	assert_int_equal(chmod(file(f, "inside"), 0600), 0);
	assert_true(has(f, "inside"));
	support_bend_file(file(f, "inside"), "until", json_integer(f->now + 2 * AA_ELEVATION_MAX));
	assert_false(has(f, "inside"));
	support_write_file(file(f, "inside"), "{", 1);
	assert_false(has(f, "inside"));
	assert_string_equal(state_of(f), "damaged");
	assert_true(has(f, "deploy"));
}

TEST(a_linked_folder_elevates_nobody, admitted)
{
	struct fixture *f = *state;
	char folder[512];
	const char *moved = support_path(f->site->dir, "moved");

	assert_int_equal(elevate(f, "inside", HOUR), 0);
	assert_true(has(f, "inside"));
	snprintf(folder, sizeof(folder), "%s/state/elevated/builder-7", f->site->statedir);
	assert_int_equal(rename(folder, moved), 0);
	assert_int_equal(symlink(moved, folder), 0);
	assert_false(has(f, "inside"));
}

/* The uptime counts on while the clock is set back. */
TEST(a_clock_that_is_set_back_lengthens_nothing, admitted)
{
	struct fixture *f = *state;
	json_t *one;
	json_int_t uptime;

	assert_int_equal(elevate(f, "inside", HOUR), 0);
	f->now -= 10 * HOUR;
	assert_true(has(f, "inside")); /* its hour is not over yet, whatever the clock says */
	one = json_load_file(file(f, "inside"), 0, NULL);
	uptime = json_integer_value(json_object_get(one, "uptime"));
	json_decref(one);
	support_bend_file(file(f, "inside"), "uptime", json_integer(uptime - HOUR));
	assert_false(has(f, "inside"));
	support_bend_file(file(f, "inside"), "uptime", json_integer(uptime + HOUR));
	assert_false(has(f, "inside"));
}

/* In another boot there is the clock alone: a time before the elevation was made is a clock that was set back. */
TEST(an_elevation_of_an_earlier_boot_goes_by_the_clock, admitted)
{
	struct fixture *f = *state;

	assert_int_equal(elevate(f, "inside", HOUR), 0);
	support_bend_file(file(f, "inside"), "boot_id", json_string("11111111-2222-3333-4444-555555555555"));
	assert_true(has(f, "inside"));
	f->now += HOUR - 1;
	assert_true(has(f, "inside"));
	f->now -= HOUR;
	assert_false(has(f, "inside"));
	f->now += 2 * HOUR;
	assert_false(has(f, "inside"));
}

TEST(what_is_over_is_forgotten_and_nothing_else, admitted)
{
	struct fixture *f = *state;
	const char *statedir = f->site->statedir;

	assert_int_equal(elevate(f, "inside", HOUR), 0);
	assert_int_equal(aa_elevation_forget(statedir, "builder-7", "inside", f->now), -EAGAIN);
	assert_true(has(f, "inside"));
	assert_int_equal(aa_elevation_forget(statedir, "builder-7", "inside", f->now + HOUR), 0);
	assert_false(has(f, "inside"));
	support_write_file(file(f, "inside"), "{", 1); /* a person should see it */
	assert_int_equal(aa_elevation_forget(statedir, "builder-7", "inside", f->now + HOUR), -EAGAIN);
}

static int64_t deadline_of_login(struct fixture *f, size_t *ret_roles)
{
	struct aa_verdict v = {0};
	int64_t deadline;

	f->login.address = "10.1.2.3"; /* which inside admits */
	aa_admit_awaited(&f->ctx, f->agent, &f->login, NULL, NULL, &v);
	assert_int_equal(v.reason, AA_OK);
	*ret_roles = v.roles.n;
	deadline = aa_admit_deadline(&f->ctx, f->agent, &v);
	aa_verdict_clear(&v);
	return deadline;
}

TEST(a_session_with_the_role_ends_with_the_elevation, admitted)
{
	struct fixture *f = *state;
	size_t roles;

	support_set(f->site, "role:inside", "services", "[\"sshd\"]");
	support_set(f->site, "role:deploy", "max_session", NULL);
	reopen(f);
	assert_true(deadline_of_login(f, &roles) == 0 || roles == 2);
	assert_int_equal(elevate(f, "inside", HOUR), 0);
	reopen(f);
	assert_int_equal(deadline_of_login(f, &roles), f->now + HOUR);
	assert_int_equal(roles, 3);
	support_set(f->site, "role:inside", "services", "[\"sudo\"]"); /* the login does not have it */
	reopen(f);
	assert_true(deadline_of_login(f, &roles) == 0 && roles == 2);
}

/* Neither cron nor a user manager has an end. */
TEST(what_root_starts_has_no_role_by_elevation, admitted)
{
	struct fixture *f = *state;
	struct aa_verdict v = {0};

	support_set(f->site, "role:inside", "sources", NULL);
	support_set(f->site, "role:inside", "delegable", "true");
	assert_int_equal(elevate(f, "inside", HOUR), 0);
	reopen(f);
	assert_int_equal(started(f, "cron", NULL, &v), AA_OK);
	for (size_t i = 0; i < v.roles.n; i++)
		assert_string_not_equal(v.roles.v[i]->name, "inside");
	assert_int_equal(started(f, "sudo", "alice", &v), AA_OK); /* a session, with an end */
	assert_true(aa_roles_have(&v.roles, "inside"));
	assert_int_equal(aa_admit_deadline(&f->ctx, f->agent, &v), f->now + HOUR);
	aa_verdict_clear(&v);
}

TEST(all_elevations_are_listed, admitted)
{
	struct fixture *f = *state;
	json_t *list;

	assert_int_equal(aa_elevations_of_all(f->site->statedir, f->now, &list), 0);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	assert_int_equal(elevate(f, "inside", HOUR), 0);
	assert_int_equal(
	    aa_elevation_make(f->site->statedir, "other-1", "deploy", "bob", "x", f->now, f->now + 60), 0);
	assert_int_equal(aa_elevations_of_all(f->site->statedir, f->now, &list), 0);
	assert_int_equal(json_array_size(list), 2);
	json_decref(list);
}
