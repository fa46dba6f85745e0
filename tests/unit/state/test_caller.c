/* SPDX-License-Identifier: Apache-2.0 */
/* test_caller.c: which of a caller's groups are agents' alone, and which are the caller's own whatever their
 * number. */
#include <config.h>

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/user/caller.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

#define BOB 1001
#define GID_DEPLOY 500001 /* outside of every range: known by its record alone */
#define GID_REMOVED 99042 /* of a role that was removed: known by its number alone */

/* ---- the system's databases: bob, in `many` groups beside those of own_gids ------------------------- */

static gid_t own_gids[2];
static int many;
static bool nobody_known;

int getpwuid_r(uid_t uid, struct passwd *pwd, char *buf, size_t buflen, struct passwd **result)
{
	(void)buf;
	(void)buflen;
	*result = NULL;
	if (uid != BOB || nobody_known)
		return 0;
	*pwd = (struct passwd){.pw_name = (char *)(uintptr_t) "bob", .pw_uid = BOB, .pw_gid = BOB};
	*result = pwd;
	return 0;
}

int getgrouplist(const char *name, gid_t gid, gid_t *groups, int *n)
{
	int cap = *n;

	*n = 3 + many;
	if (strcmp(name, "bob") != 0 || cap < *n)
		return -1;
	for (int i = 0; i < many; i++)
		groups[i] = 20000 + (gid_t)i;
	groups[many] = gid;
	groups[many + 1] = own_gids[0];
	groups[many + 2] = own_gids[1];
	return *n;
}

/* ---- a registry --------------------------------------------------------------------------------------- */

static struct aa_accounts accounts;

static int setup(void **state)
{
	static const struct support_account agents[] = {
	    {.name = "builder-7", .uid = 70007},
	    {.name = "retired-1", .uid = 70099, .flags = AA_ACCOUNT_RETIRED}};
	static const struct support_group groups[] = {{"agent-deploy", GID_DEPLOY}, {"agent-logs", 99001}};
	const struct support_registry registry = {
	    .accounts = agents, .n_accounts = 2, .groups = groups, .n_groups = 2};

	(void)test_dir_setup(state);
	support_publish(test_dir, 1, &registry);
	own_gids[0] = own_gids[1] = 0;
	many = 0;
	nobody_known = false;
	return aa_accounts_open(test_dir, geteuid(), &accounts);
}

static int teardown(void **state)
{
	aa_accounts_close(&accounts);
	return test_dir_teardown(state);
}

FIXTURE(here, setup, teardown);

static char role[AA_ROLE_NAME_MAX + 1];

/* bob, with this gid beside his own. */
static bool with(gid_t gid)
{
	gid_t gids[] = {BOB, gid, BOB, BOB};
	const struct aa_caller caller = {BOB, 4, gids};

	return aa_caller_has_agents_group(&caller, &accounts, role);
}

TEST(a_roles_group_is_no_persons, here)
{
	assert_false(with(100));
	assert_string_equal(role, "");
	assert_true(with(GID_DEPLOY));
	assert_string_equal(role, "deploy");
	assert_true(with(99001));
	assert_string_equal(role, "logs");
	assert_false(with(GID_DEPLOY + 1));
}

TEST(the_group_of_all_agents_or_of_one_active_or_retired_is_no_persons, here)
{
	assert_true(with(AA_GID_AGENTS_DEFAULT));
	assert_string_equal(role, "");
	assert_true(with(70007));
	assert_string_equal(role, "");
	assert_true(with(70099));
}

TEST(a_number_from_which_roles_are_given_is_agents_whatever_became_of_the_role, here)
{
	assert_true(with(GID_REMOVED));
	assert_string_equal(role, "");
	assert_true(with(AA_UID_MIN_FORMER + 990001));
	assert_false(with(AA_UID_MIN_DEFAULT - 1));
	assert_false(with(AA_GID_AGENTS_DEFAULT + 1));
}

TEST(what_the_system_gives_a_person_is_the_persons, here)
{
	own_gids[0] = GID_REMOVED;
	assert_false(with(GID_REMOVED));
	assert_true(with(GID_REMOVED + 1));
	own_gids[1] = GID_DEPLOY;
	assert_false(with(GID_DEPLOY));
	many = 3000;
	assert_false(with(GID_DEPLOY));
	many = 70000; /* more than a process can have */
	assert_true(with(GID_DEPLOY));
	many = 0;
	nobody_known = true;
	assert_true(with(GID_DEPLOY));
}

TEST(without_a_registry_the_number_decides, here)
{
	gid_t gids[] = {BOB, 99001};
	struct aa_caller caller = {BOB, 2, gids};

	assert_true(aa_caller_has_agents_group(&caller, NULL, role));
	own_gids[0] = 99001;
	assert_false(aa_caller_has_agents_group(&caller, NULL, role));
	gids[1] = GID_DEPLOY;
	assert_false(aa_caller_has_agents_group(&caller, NULL, role));
}

TEST(root_may_have_any, here)
{
	gid_t gids[] = {0, GID_DEPLOY};
	const struct aa_caller caller = {0, 2, gids};

	assert_false(aa_caller_has_agents_group(&caller, &accounts, role));
}

/* In a child, as root: what is read of a process with these ids. */
static int read_with(gid_t rgid, gid_t egid, gid_t sgid, gid_t listed)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct aa_caller caller;

		if (setgroups(1, &listed) < 0 || setresgid(rgid, egid, sgid) < 0 ||
		    setresuid(BOB, 0, 0) < 0 || aa_caller_read(BOB, &caller) < 0)
			_exit(98);
		_exit(aa_caller_has_agents_group(&caller, &accounts, role));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

TEST(wherever_a_process_has_the_group_it_is_found, here)
{
	if (getuid() != 0)
		skip();
	assert_int_equal(read_with(BOB, BOB, BOB, BOB), false);
	assert_int_equal(read_with(GID_DEPLOY, BOB, BOB, BOB), true);
	assert_int_equal(read_with(BOB, GID_DEPLOY, BOB, BOB), true);
	assert_int_equal(read_with(BOB, BOB, GID_DEPLOY, BOB), true);
	assert_int_equal(read_with(BOB, BOB, BOB, GID_DEPLOY), true);
}
