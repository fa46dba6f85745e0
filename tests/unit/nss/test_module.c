/* SPDX-License-Identifier: Apache-2.0 */
/* test_module.c: the functions that glibc calls, each with what it passes on; the state of this host is a folder of the build's,
 * see the Makefile. */
#include <config.h>

#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

enum nss_status _nss_agentauth_getpwnam_r(const char *, struct passwd *, char *, size_t, int *);
enum nss_status _nss_agentauth_getpwuid_r(uid_t, struct passwd *, char *, size_t, int *);
enum nss_status _nss_agentauth_setpwent(int);
enum nss_status _nss_agentauth_getpwent_r(struct passwd *, char *, size_t, int *);
enum nss_status _nss_agentauth_endpwent(void);
enum nss_status _nss_agentauth_getgrnam_r(const char *, struct group *, char *, size_t, int *);
enum nss_status _nss_agentauth_getgrgid_r(gid_t, struct group *, char *, size_t, int *);
enum nss_status _nss_agentauth_setgrent(int);
enum nss_status _nss_agentauth_getgrent_r(struct group *, char *, size_t, int *);
enum nss_status _nss_agentauth_endgrent(void);
enum nss_status _nss_agentauth_initgroups_dyn(const char *, gid_t, long *, long *, gid_t **, long, int *);

static char buf[1024];
static int err;

/* Two agents, which root published. */
static int host_setup(void **state)
{
	static const struct support_account accounts[] = {{.name = "unit-builder", .uid = 70007},
							  {.name = "unit-tester", .uid = 70008}};
	static const struct support_group groups[] = {{"unit-role", 70001}};
	const struct support_registry registry = {
	    .accounts = accounts, .n_accounts = 2, .groups = groups, .n_groups = 1};

	(void)state;
	if (mkdir(AA_STATEDIR, 0755) < 0) {
		support_remove(AA_STATEDIR);
		(void)mkdir(AA_STATEDIR, 0755);
	}
	support_publish(AA_STATEDIR, 1, &registry);
	return 0;
}

static int host_teardown(void **state)
{
	(void)state;
	support_remove(AA_STATEDIR);
	return 0;
}
FIXTURE(host, host_setup, host_teardown);

TEST(names_and_ids_are_served_and_those_of_nobody_are_not, host)
{
	struct passwd pw;
	struct group gr;

	if (geteuid() != 0) /* whom the module believes */
		skip();
	assert_int_equal(_nss_agentauth_getpwnam_r("unit-builder", &pw, buf, sizeof(buf), &err),
			 NSS_STATUS_SUCCESS);
	assert_int_equal(pw.pw_uid, 70007);
	assert_int_equal(_nss_agentauth_getpwnam_r("unit-nobody", &pw, buf, sizeof(buf), &err),
			 NSS_STATUS_NOTFOUND);
	assert_int_equal(_nss_agentauth_getpwuid_r(70008, &pw, buf, sizeof(buf), &err), NSS_STATUS_SUCCESS);
	assert_string_equal(pw.pw_name, "unit-tester");
	assert_int_equal(_nss_agentauth_getpwuid_r(70009, &pw, buf, sizeof(buf), &err), NSS_STATUS_NOTFOUND);
	assert_int_equal(_nss_agentauth_getgrnam_r("unit-role", &gr, buf, sizeof(buf), &err),
			 NSS_STATUS_SUCCESS);
	assert_int_equal(gr.gr_gid, 70001);
	assert_int_equal(_nss_agentauth_getgrnam_r("unit-none", &gr, buf, sizeof(buf), &err),
			 NSS_STATUS_NOTFOUND);
	assert_int_equal(_nss_agentauth_getgrgid_r(70001, &gr, buf, sizeof(buf), &err), NSS_STATUS_SUCCESS);
	assert_string_equal(gr.gr_name, "unit-role");
	assert_int_equal(_nss_agentauth_getgrgid_r(70002, &gr, buf, sizeof(buf), &err), NSS_STATUS_NOTFOUND);
}

TEST(a_buffer_that_is_too_small_is_said, host)
{
	struct passwd pw;
	struct group gr;

	if (geteuid() != 0)
		skip();
	assert_int_equal(_nss_agentauth_getpwnam_r("unit-builder", &pw, buf, 4, &err), NSS_STATUS_TRYAGAIN);
	assert_int_equal(err, ERANGE);
	err = 0;
	assert_int_equal(_nss_agentauth_getgrgid_r(70001, &gr, buf, 4, &err), NSS_STATUS_TRYAGAIN);
	assert_int_equal(err, ERANGE);
}

/* All that the cursor gives until its end. */
static unsigned count_passwd(void)
{
	struct passwd pw;
	unsigned n = 0;

	while (_nss_agentauth_getpwent_r(&pw, buf, sizeof(buf), &err) == NSS_STATUS_SUCCESS)
		n++;
	return n;
}

static unsigned count_group(void)
{
	struct group gr;
	unsigned n = 0;

	while (_nss_agentauth_getgrent_r(&gr, buf, sizeof(buf), &err) == NSS_STATUS_SUCCESS)
		n++;
	return n;
}

TEST(each_list_begins_anew_where_that_is_said_and_for_itself, host)
{
	struct passwd pw;
	struct group gr;

	if (geteuid() != 0)
		skip();
	assert_int_equal(_nss_agentauth_setpwent(1), NSS_STATUS_SUCCESS);
	assert_int_equal(_nss_agentauth_setgrent(1), NSS_STATUS_SUCCESS);
	assert_int_equal(count_passwd(), 2);
	assert_int_equal(count_passwd(), 0);
	assert_int_equal(count_group(), 4); /* agents, and the two agents' own, too */
	assert_int_equal(_nss_agentauth_setpwent(0), NSS_STATUS_SUCCESS);
	assert_int_equal(_nss_agentauth_getpwent_r(&pw, buf, sizeof(buf), &err), NSS_STATUS_SUCCESS);
	assert_int_equal(count_group(), 0); /* it stays where it was */
	assert_int_equal(_nss_agentauth_endpwent(), NSS_STATUS_SUCCESS);
	assert_int_equal(count_passwd(), 2);
	assert_int_equal(_nss_agentauth_setgrent(0), NSS_STATUS_SUCCESS);
	assert_int_equal(_nss_agentauth_getgrent_r(&gr, buf, sizeof(buf), &err), NSS_STATUS_SUCCESS);
	assert_int_equal(_nss_agentauth_endgrent(), NSS_STATUS_SUCCESS);
	assert_int_equal(count_group(), 4);
}

TEST(an_agent_has_its_groups_and_nobody_else_has_any, host)
{
	long start = 0, room = 1;
	gid_t *gids = malloc(sizeof(*gids));

	if (geteuid() != 0)
		skip();
	assert_non_null(gids);
	assert_int_equal(_nss_agentauth_initgroups_dyn("unit-nobody", 1, &start, &room, &gids, 0, &err),
			 NSS_STATUS_NOTFOUND);
	assert_int_equal(start, 0);
	assert_int_equal(_nss_agentauth_initgroups_dyn("unit-builder", 70007, &start, &room, &gids, 0, &err),
			 NSS_STATUS_SUCCESS);
	assert_int_equal(start, 1);
	free(gids);
}

/* glibc goes on to the next source, and no login fails. */
TEST(a_host_without_a_registry_knows_nobody)
{
	struct passwd pw;

	assert_int_not_equal(_nss_agentauth_getpwnam_r("unit-builder", &pw, buf, sizeof(buf), &err),
			     NSS_STATUS_SUCCESS);
	assert_int_equal(count_passwd(), 0);
	assert_int_equal(count_group(), 0);
}
