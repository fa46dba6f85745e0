/* SPDX-License-Identifier: Apache-2.0 */
/* test_nss_lists.c: initgroups and enumeration. */
#include <config.h>

#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nss/enumerate.h"
#include "tests/unit/nss/nss_steps.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

/* ---- initgroups ---------------------------------------------------------------------- */

TEST(nss_adds_the_group_of_all_agents_and_no_role, nss)
{
	struct list l = list_of(8, 1, UID(1));

	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_SUCCESS);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.room, 8);
	assert_int_equal(l.gids[0], UID(1));
	assert_int_equal(l.gids[1], GID_AGENTS);
	assert_int_equal(l.err, 1234);
	/* No duplicate, though asked again. */
	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_SUCCESS);
	assert_int_equal(l.n, 2);
	free(l.gids);
	/* Nor where it is the caller's group, which the caller adds. */
	l = list_of(8, 0, 0);
	assert_int_equal(ask_groups(&l, "alpha", GID_AGENTS, -1), NSS_STATUS_SUCCESS);
	assert_int_equal(l.n, 0);
	free(l.gids);
}

TEST(nss_adds_nothing_for_anyone_else, nss)
{
	static const char *const names[] = {"root", "alice", "nobody-here", "agents", ""};
	struct list l = list_of(8, 1, 100);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(ask_groups(&l, names[i], 100, -1), NSS_STATUS_NOTFOUND);
	/* An agent's name that a local user has: not our agent. */
	write_text(passwd_file, LOCAL_PASSWD "alpha:x:1002:1002::/:/bin/sh\n");
	assert_int_equal(ask_groups(&l, "alpha", 1002, -1), NSS_STATUS_NOTFOUND);
	/* A local group of its name or gid is not ours to put anybody into. */
	write_text(passwd_file, LOCAL_PASSWD);
	write_text(group_file, LOCAL_GROUP "wheel:x:99999:\n");
	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_NOTFOUND);
	write_text(group_file, LOCAL_GROUP "agents:x:1003:\n");
	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_NOTFOUND);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.err, 1234);
	write_text(group_file, LOCAL_GROUP);
	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_SUCCESS);
	assert_int_equal(l.n, 2);
	free(l.gids);
}

/* Another source comes first and has a person of an agent's name, with a group of the person's own. */
TEST(nss_adds_nothing_for_a_person_of_an_agents_name, nss)
{
	struct list l = list_of(8, 1, 20001);

	assert_int_equal(ask_groups(&l, "alpha", 20001, -1), NSS_STATUS_NOTFOUND);
	assert_int_equal(l.n, 1);
	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_SUCCESS);
	assert_int_equal(l.n, 2);
	free(l.gids);
	/* nscd does not say whose group it is. */
	l = list_of(8, 0, 0);
	assert_int_equal(ask_groups(&l, "alpha", (gid_t)-1, -1), NSS_STATUS_SUCCESS);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.gids[0], GID_AGENTS);
	free(l.gids);
}

/* For a person whom another source knows: by whichever of name and id. */
TEST(nss_does_not_serve_what_is_withheld, nss)
{
	struct list l = list_of(8, 0, 0);

	write_text(withheld_passwd, "alpha:x:70001:\n");
	not_found(pwnam("alpha"));
	not_found(pwuid(UID(1)));
	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_NOTFOUND);
	served(grnam("alpha"));
	served(pwnam("builder-7"));
	write_text(withheld_group, "alpha:x:70001:\n");
	not_found(grnam("alpha"));
	not_found(grgid(UID(1)));
	served(grnam("agents"));
	assert_int_equal(unlink(withheld_passwd), 0);
	assert_int_equal(unlink(withheld_group), 0);
	served(pwnam("alpha"));
	served(grnam("alpha"));
	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_SUCCESS);
	free(l.gids);
}

/* 99001 and 99002, and a gid that no group of the registry has. */
#define ROLE_GIDS "\xb9\x82\x01\0\xba\x82\x01\0\x39\x83\x01\0"

TEST(nss_adds_the_groups_of_roles_where_the_registry_says_so, nss)
{
	static const struct support_account with[] = {
	    {.name = "alpha",
	     .uid = UID(1),
	     .flags = AA_ACCOUNT_ROLES,
	     .role_gids = ROLE_GIDS,
	     .role_gids_len = 12},
	    {.name = "beta", .uid = UID(2), .role_gids = ROLE_GIDS, .role_gids_len = 12},
	    {.name = "gamma",
	     .uid = UID(3),
	     .flags = AA_ACCOUNT_ROLES,
	     .role_gids = ROLE_GIDS,
	     .role_gids_len = 7},
	};
	static const struct support_group two[] = {{"agent-deploy", 99001}, {"agent-logs", 99002}};
	const struct support_registry registry = {
	    .accounts = with, .n_accounts = 3, .groups = two, .n_groups = 2};
	struct list l = list_of(8, 0, 0);

	support_publish(statedir, 2, &registry);
	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_SUCCESS);
	assert_int_equal(l.n, 3);
	assert_int_equal(l.gids[0], GID_AGENTS);
	assert_int_equal(l.gids[1], 99001);
	assert_int_equal(l.gids[2], 99002);
	free(l.gids);
	/* The flag decides. A damaged record gives no role. */
	l = list_of(8, 0, 0);
	assert_int_equal(ask_groups(&l, "beta", UID(2), -1), NSS_STATUS_SUCCESS);
	assert_int_equal(ask_groups(&l, "gamma", UID(3), -1), NSS_STATUS_UNAVAIL);
	assert_int_equal(l.n, 1);
	free(l.gids);
	/* A group that the host has under this name or gid is its own. */
	l = list_of(8, 0, 0);
	write_text(group_file, LOCAL_GROUP "agent-deploy:x:1007:\nours:x:99002:\n");
	assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_SUCCESS);
	assert_int_equal(l.n, 1);
	free(l.gids);
}

TEST(nss_makes_the_list_larger_within_the_limit, nss)
{
	for (long n = 0; n < 40; n++) {
		struct list l = list_of(n, n, 5000);

		assert_int_equal(ask_groups(&l, "alpha", UID(1), -1), NSS_STATUS_SUCCESS);
		assert_int_equal(l.n, n + 1);
		assert_true(l.room > n);
		assert_int_equal(l.gids[n], GID_AGENTS);
		free(l.gids);
		l = list_of(n + 1, n, 5000); /* the limit is one more: it fits exactly */
		assert_int_equal(ask_groups(&l, "alpha", UID(1), n + 1), NSS_STATUS_SUCCESS);
		assert_int_equal(l.n, n + 1);
		assert_int_equal(l.room, n + 1);
		free(l.gids);
		if (n == 0)
			continue;
		l = list_of(n, n, 5000); /* the limit is reached */
		assert_int_equal(ask_groups(&l, "alpha", UID(1), n), NSS_STATUS_SUCCESS);
		assert_int_equal(l.n, n);
		assert_int_equal(l.room, n);
		free(l.gids);
	}
}

/* ---- enumeration --------------------------------------------------------------------- */

TEST(nss_enumerates_accounts_and_groups, nss)
{
	aa_cursor cursor = 0;

	assert_passwd(pwent(&cursor), "alpha", UID(1), "First of all", "/home/agents/alpha", "/bin/bash");
	assert_string_equal(pwent(&cursor)->pw.pw_name, "builder-7");
	assert_passwd(pwent(&cursor), "old", UID(3), "", "/home/agents/old", "/usr/sbin/nologin");
	not_found(pwent(&cursor));
	not_found(pwent(&cursor));
	cursor = 0;
	assert_group(grent(&cursor), "alpha", UID(1));
	assert_group(grent(&cursor), "builder-7", UID(7));
	assert_group(grent(&cursor), "old", UID(3));
	assert_group(grent(&cursor), "agents", GID_AGENTS);
	assert_group(grent(&cursor), "agent-deploy", 99001);
	not_found(grent(&cursor));
	assert_int_equal(errno, 1234);
}

TEST(nss_enumerates_nothing_that_is_local, nss)
{
	aa_cursor cursor = 0;

	write_text(passwd_file, LOCAL_PASSWD "alpha:x:1002:1002::/:/bin/sh\nbob:x:70003:1::/:/x\n");
	write_text(group_file, LOCAL_GROUP "agents:x:1003:\nz:x:70001:\n");
	assert_string_equal(pwent(&cursor)->pw.pw_name, "builder-7");
	not_found(pwent(&cursor));
	cursor = 0;
	assert_group(grent(&cursor), "builder-7", UID(7));
	assert_group(grent(&cursor), "old", UID(3));
	assert_group(grent(&cursor), "agent-deploy", 99001);
	not_found(grent(&cursor));
}

TEST(nss_enumerates_what_stands_behind_a_bad_record, nss)
{
	static const struct support_account some[] = {
	    {.name = "a", .uid = UID(1)}, {.name = "b", .uid = 27}, {.name = "c", .uid = UID(3)}};
	struct support_registry r = {.accounts = some, .n_accounts = 3};
	aa_cursor cursor = 0;

	support_publish(statedir, 2, &r);
	assert_string_equal(pwent(&cursor)->pw.pw_name, "a");
	assert_string_equal(pwent(&cursor)->pw.pw_name, "c");
	not_found(pwent(&cursor));
	unavailable(pwnam("b"));
	not_found(pwuid(27));
	/* What cannot be checked is no bad record: the list is not cut short as if that were all. */
	cursor = 0;
	assert_int_equal(unlink(passwd_file), 0);
	assert_int_equal(mkfifo(passwd_file, 0600), 0);
	unavailable(pwent(&cursor));
}

TEST(nss_gives_an_entry_again_that_did_not_fit, nss)
{
	aa_cursor cursor = 0;
	struct passwd pw;
	char buf[8];
	int err;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(aa_enumerate_passwd(&host, &cursor, &pw, buf, sizeof(buf), &err),
				 NSS_STATUS_TRYAGAIN);
		assert_int_equal(err, ERANGE);
	}
	assert_string_equal(pwent(&cursor)->pw.pw_name, "alpha");
	assert_int_equal(aa_enumerate_passwd(&host, &cursor, &pw, buf, sizeof(buf), &err),
			 NSS_STATUS_TRYAGAIN);
	assert_string_equal(pwent(&cursor)->pw.pw_name, "builder-7");
}

TEST(nss_goes_on_in_the_generation_in_which_it_began, nss)
{
	struct support_registry next = sample;
	aa_cursor cursor = 0, fresh = 0;
	char path[512];

	assert_string_equal(pwent(&cursor)->pw.pw_name, "alpha");
	next.n_accounts = 1;
	support_publish(statedir, 2, &next);
	assert_string_equal(pwent(&cursor)->pw.pw_name, "builder-7");
	assert_string_equal(pwent(&fresh)->pw.pw_name, "alpha");
	not_found(pwent(&fresh));
	snprintf(path, sizeof(path), "%s/generations/1/accounts.cdb", statedir);
	assert_int_equal(unlink(path), 0);
	unavailable(pwent(&cursor)); /* cut off is not the same as complete */
	cursor = 0;
	assert_string_equal(pwent(&cursor)->pw.pw_name, "alpha");
}
