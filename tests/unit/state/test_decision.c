/* SPDX-License-Identifier: Apache-2.0 */
/* test_decision.c: what was suspended and revoked, and that what cannot be read denies. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/state/decision.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

static int setup(void **state)
{
	(void)test_dir_setup(state);
	assert_int_equal(aa_decision_init(test_dir), 0);
	return 0;
}

FIXTURE(here, setup, test_dir_teardown);

static unsigned synced;

/* In place of libc's: says how often something was put where a loss of power leaves it. */
int fsync(int fd)
{
	(void)fd;
	synced++;
	return 0;
}

static const char *path(const char *name)
{
	static char buf[512];

	snprintf(buf, sizeof(buf), "%s/state/%s", test_dir, name);
	return buf;
}

static enum aa_reason credential(const char *issuer, const char *jti, const char *kid, int64_t iat)
{
	return aa_decision_credential(test_dir, "builder-7", issuer, jti, kid, iat, NULL);
}

TEST(a_suspended_agent_stays_so_until_it_is_resumed, here)
{
	json_t *why;

	assert_int_equal(aa_decision_agent(test_dir, "builder-7"), AA_OK);
	assert_null(aa_decision_suspension(test_dir, "builder-7"));
	assert_int_equal(aa_decision_suspend(test_dir, "builder-7", "root", "looks odd", NOW), 0);
	assert_int_equal(aa_decision_agent(test_dir, "builder-7"), AA_AGENT_SUSPENDED);
	assert_int_equal(aa_decision_agent(test_dir, "builder-8"), AA_OK);
	assert_int_equal(aa_decision_suspend(test_dir, "builder-7", "eve", "nothing", NOW + 1), -EEXIST);
	why = aa_decision_suspension(test_dir, "builder-7");
	assert_member(why, "by", "root");
	assert_member(why, "why", "looks odd");
	assert_int_equal(json_integer_value(json_object_get(why, "at")), NOW);
	json_decref(why);
	assert_int_equal(aa_decision_resume(test_dir, "builder-7"), 0);
	assert_int_equal(aa_decision_resume(test_dir, "builder-7"), -ENOENT);
	assert_int_equal(aa_decision_agent(test_dir, "builder-7"), AA_OK);
}

TEST(one_of_many_is_decided_as_one_alone_is_and_synced_with_the_others, here)
{
	json_t *why;

	assert_int_equal(aa_decision_suspend_one_of_many(test_dir, "builder-7", "root", "drill", NOW), 0);
	assert_int_equal(aa_decision_suspend_one_of_many(test_dir, "builder-8", "root", "drill", NOW), 0);
	assert_int_equal(aa_decision_agent(test_dir, "builder-7"), AA_AGENT_SUSPENDED);
	assert_int_equal(aa_decision_suspend(test_dir, "builder-7", "eve", "nothing", NOW + 1), -EEXIST);
	assert_int_equal(aa_decision_suspend_one_of_many(test_dir, "builder-7", "eve", "", NOW + 1), -EEXIST);
	why = aa_decision_suspension(test_dir, "builder-7");
	assert_member(why, "why", "drill");
	json_decref(why);
	assert_int_equal(aa_decision_sync(test_dir), 0);
	assert_int_equal(aa_decision_resume_one_of_many(test_dir, "builder-7"), 0);
	assert_int_equal(aa_decision_resume_one_of_many(test_dir, "builder-7"), -ENOENT);
	assert_int_equal(aa_decision_agent(test_dir, "builder-7"), AA_OK);
	assert_int_equal(aa_decision_agent(test_dir, "builder-8"), AA_AGENT_SUSPENDED);
	assert_int_equal(aa_decision_suspend_one_of_many(test_dir, "../x", "root", "", NOW), -EINVAL);
	assert_int_equal(aa_decision_resume_one_of_many(test_dir, "../x"), -EINVAL);
	assert_int_equal(aa_decision_sync("/nowhere"), -ENOENT);
}

/* The file counts, not what stands in it. */
TEST(an_empty_or_garbled_suspension_suspends, here)
{
	support_write_file(path("suspended/builder-7"), "", 0);
	assert_int_equal(aa_decision_agent(test_dir, "builder-7"), AA_AGENT_SUSPENDED);
	support_write_file(path("suspended/builder-7"), "\xff{", 2);
	assert_int_equal(aa_decision_agent(test_dir, "builder-7"), AA_AGENT_SUSPENDED);
	assert_null(aa_decision_suspension(test_dir, "builder-7"));
	assert_int_equal(unlink(path("suspended/builder-7")), 0);
	assert_int_equal(symlink("/nonexistent", path("suspended/builder-7")), 0);
	assert_int_equal(aa_decision_agent(test_dir, "builder-7"), AA_AGENT_SUSPENDED);
}

TEST(a_revoked_jti_is_its_issuers_or_everybodys, here)
{
	assert_int_equal(credential("corp", "1", NULL, NOW), AA_OK);
	assert_int_equal(aa_decision_revoke_jti(test_dir, "corp", "1", "root", NULL, NOW), 0);
	assert_int_equal(aa_decision_revoke_jti(test_dir, "corp", "1", "root", NULL, NOW), -EEXIST);
	assert_int_equal(credential("corp", "1", NULL, NOW), AA_REVOKED);
	assert_int_equal(credential("corp", "2", NULL, NOW), AA_OK);
	assert_int_equal(credential("other", "1", NULL, NOW), AA_OK);
	assert_int_equal(credential("", "1", NULL, NOW), AA_OK);
	assert_int_equal(aa_decision_revoke_jti(test_dir, "*", "3", "root", NULL, NOW), 0);
	assert_int_equal(credential("corp", "3", NULL, NOW), AA_REVOKED);
	assert_int_equal(credential("", "3", NULL, NOW), AA_REVOKED);
	assert_int_equal(credential(NULL, "3", NULL, NOW), AA_REVOKED);
	assert_int_equal(credential("corp", NULL, NULL, NOW), AA_OK);
}

TEST(a_revoked_kid_is_revoked_for_all, here)
{
	assert_int_equal(aa_decision_revoke_kid(test_dir, "../k/1", "root", NULL, NOW), 0);
	assert_int_equal(credential("corp", "1", "../k/1", NOW), AA_REVOKED);
	assert_int_equal(credential("", NULL, "../k/1", NOW), AA_REVOKED);
	assert_int_equal(credential("corp", "1", "k/1", NOW), AA_OK);
}

TEST(the_revoked_keys_are_listed_by_their_digest_and_nothing_else_is, here)
{
	/* SHA-256 of "k" */
	static const char digest[] = "8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a";
	json_t *keys = NULL;

	assert_int_equal(aa_decision_revoked_keys(test_dir, &keys), 0);
	assert_int_equal(json_object_size(keys), 0);
	json_decref(keys);
	assert_int_equal(aa_decision_revoke_kid(test_dir, "k", "root", "lost", NOW), 0);
	assert_int_equal(aa_decision_revoke_jti(test_dir, "corp", "1", "root", NULL, NOW), 0);
	assert_int_equal(aa_decision_revoked_keys(test_dir, &keys), 0);
	assert_int_equal(json_object_size(keys), 1);
	assert_member(json_object_get(keys, digest), "why", "lost");
	assert_member(json_object_get(keys, digest), "kind", "kid");
	json_decref(keys);
	keys = NULL;
	support_remove(path(""));
	assert_true(aa_decision_revoked_keys(test_dir, &keys) < 0);
	assert_null(keys);
}

TEST(before_cuts_off_what_was_issued_earlier, here)
{
	assert_int_equal(credential("corp", "1", NULL, 0), AA_OK);
	assert_int_equal(aa_decision_revoke_before(test_dir, "builder-7", NOW, "root", NULL, NOW), 0);
	assert_int_equal(credential("corp", "1", NULL, NOW), AA_OK);
	assert_int_equal(credential("corp", "1", NULL, NOW - 1), AA_REVOKED);
	assert_int_equal(credential("corp", "1", NULL, 0), AA_REVOKED); /* unknown */
	assert_int_equal(aa_decision_credential(test_dir, "builder-8", "corp", "1", NULL, NOW - 1, NULL),
			 AA_OK);
	/* a later date replaces it, and an earlier one lets nothing in again */
	assert_int_equal(aa_decision_revoke_before(test_dir, "builder-7", NOW + 10, "root", NULL, NOW), 0);
	assert_int_equal(credential("corp", "1", NULL, NOW), AA_REVOKED);
	assert_int_equal(aa_decision_revoke_before(test_dir, "builder-7", NOW - 10, "root", NULL, NOW),
			 -EEXIST);
	assert_int_equal(aa_decision_revoke_before(test_dir, "builder-7", NOW + 10, "root", NULL, NOW),
			 -EEXIST);
	assert_int_equal(credential("corp", "1", NULL, NOW), AA_REVOKED);
	assert_int_equal(aa_decision_unrevoke_before(test_dir, "builder-7"), 0);
	assert_int_equal(aa_decision_revoke_before(test_dir, "builder-7", NOW - 10, "root", NULL, NOW), 0);
	assert_int_equal(credential("corp", "1", NULL, NOW - 1), AA_OK);
}

TEST(a_date_that_cannot_be_read_cuts_off_all, here)
{
	static const char *const texts[] = {"",
					    "{}",
					    "{\"before\":\"1800000000\"}",
					    "{\"before\":1.5}",
					    "[1]",
					    "{\"before\":1,\"before\":2}"};

	support_write_file(path("revoked/before/builder-7"), "{\"before\":1}", 12);
	assert_int_equal(credential("corp", "1", NULL, NOW), AA_OK);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		support_write_file(path("revoked/before/builder-7"), texts[i], strlen(texts[i]));
		assert_int_equal(credential("corp", "1", NULL, NOW), AA_REVOKED);
	}
}

TEST(a_date_that_others_could_have_written_cuts_off_all, here)
{
	support_write_file(path("revoked/before/builder-7"), "{\"before\":1}", 12);
	assert_int_equal(credential("corp", "1", NULL, NOW), AA_OK);
	assert_int_equal(chmod(path("revoked/before/builder-7"), 0666), 0);
	assert_int_equal(credential("corp", "1", NULL, NOW), AA_REVOKED);
	assert_int_equal(chmod(path("revoked/before/builder-7"), 0600), 0);
	assert_int_equal(credential("corp", "1", NULL, NOW), AA_OK);
}

TEST(a_directory_that_is_not_there_denies, here)
{
	static const char *const dirs[] = {"suspended", "revoked/jti", "revoked/kid", "revoked/before"};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		char was[512];

		snprintf(was, sizeof(was), "%s", path(dirs[i]));
		assert_int_equal(aa_decision_agent(test_dir, "builder-7"), AA_OK);
		assert_int_equal(credential("corp", "1", "k", NOW), AA_OK);
		assert_int_equal(rename(was, path("aside")), 0);
		if (i == 0)
			assert_int_equal(aa_decision_agent(test_dir, "builder-7"), AA_REGISTRY_UNAVAILABLE);
		else
			assert_int_equal(credential("corp", "1", "k", NOW), AA_REGISTRY_UNAVAILABLE);
		/* and so does a link or a file in its place */
		assert_int_equal(symlink("aside", was), 0);
		assert_int_equal(i == 0 ? aa_decision_agent(test_dir, "builder-7")
					: credential("corp", "1", "k", NOW),
				 AA_REGISTRY_UNAVAILABLE);
		assert_int_equal(unlink(was), 0);
		assert_int_equal(rename(path("aside"), was), 0);
	}
	support_remove(path(""));
	assert_int_equal(aa_decision_agent(test_dir, "builder-7"), AA_REGISTRY_UNAVAILABLE);
	assert_int_equal(credential("corp", "1", "k", NOW), AA_REGISTRY_UNAVAILABLE);
	assert_int_equal(aa_decision_suspend(test_dir, "builder-7", "root", "x", NOW), -ENOENT);
}

/* Modes say nothing to root: a child that is nobody asks. */
static int asked_with_mode(mode_t mode)
{
	int status;

	assert_int_equal(chmod(path("suspended"), mode), 0);
	if (fork() == 0) {
		if (getuid() == 0 && setuid(65534) < 0)
			_exit(98);
		_exit((int)aa_decision_agent(test_dir, "builder-7"));
	}
	assert_true(wait(&status) > 0 && WIFEXITED(status));
	assert_int_equal(chmod(path("suspended"), 0700), 0);
	return WEXITSTATUS(status);
}

TEST(a_directory_that_cannot_be_read_denies, here)
{
	assert_int_equal(chmod(path(""), 0755), 0);
	assert_int_equal(asked_with_mode(0755), AA_OK);
	assert_int_equal(asked_with_mode(0), AA_REGISTRY_UNAVAILABLE);
	assert_int_equal(asked_with_mode(0444), AA_REGISTRY_UNAVAILABLE); /* it opens, and tells of no file */
}

/* Else a second date would let in what the first, whichever it was, shut out. */
TEST(a_date_that_cannot_be_read_is_not_replaced, here)
{
	assert_int_equal(aa_decision_revoke_before(test_dir, "builder-7", NOW - 10, "root", NULL, NOW), 0);
	assert_int_equal(aa_decision_revoke_before(test_dir, "builder-7", NOW - 9, "root", NULL, NOW), 0);
	support_write_file(path("revoked/before/builder-7"), "{\"before\":", 10);
	assert_int_equal(aa_decision_revoke_before(test_dir, "builder-7", NOW - 9, "root", NULL, NOW),
			 -EEXIST);
	assert_int_equal(credential("corp", "1", NULL, NOW), AA_REVOKED);
	assert_int_equal(aa_decision_unrevoke_before(test_dir, "builder-7"), 0);
	assert_int_equal(aa_decision_revoke_before(test_dir, "builder-7", NOW - 9, "root", NULL, NOW), 0);
	assert_int_equal(credential("corp", "1", NULL, NOW), AA_OK);
}

/* Both the file and its folder, and the folder where a file is gone. */
TEST(a_decision_outlasts_a_loss_of_power, here)
{
	synced = 0;
	assert_int_equal(aa_decision_suspend(test_dir, "builder-7", "root", "x", NOW), 0);
	assert_int_equal(synced, 2);
	assert_int_equal(aa_decision_agent(test_dir, "builder-7"), AA_AGENT_SUSPENDED);
	assert_int_equal(synced, 2); /* who only asks waits for no disk */
	assert_int_equal(aa_decision_resume(test_dir, "builder-7"), 0);
	assert_int_equal(synced, 3);
	assert_int_equal(aa_decision_revoke_kid(test_dir, "k", "root", NULL, NOW), 0);
	assert_int_equal(synced, 5);
	assert_int_equal(aa_decision_unrevoke_kid(test_dir, "k"), 0);
	assert_int_equal(synced, 6);
}

/* Each is taken back by what it was made by, and nothing else is. */
TEST(what_is_taken_back_is_good_again, here)
{
	assert_int_equal(aa_decision_revoke_jti(test_dir, "corp", "1", "root", NULL, NOW), 0);
	assert_int_equal(aa_decision_revoke_jti(test_dir, "*", "1", "root", NULL, NOW), 0);
	assert_int_equal(aa_decision_revoke_kid(test_dir, "k", "root", NULL, NOW), 0);
	assert_int_equal(aa_decision_revoke_before(test_dir, "builder-7", NOW, "root", NULL, NOW), 0);
	assert_int_equal(aa_decision_unrevoke_jti(test_dir, "other", "1"), -ENOENT);
	assert_int_equal(aa_decision_unrevoke_jti(test_dir, "*", "1"), 0);
	assert_int_equal(credential("corp", "1", NULL, NOW), AA_REVOKED);
	assert_int_equal(credential("other", "1", NULL, NOW), AA_OK);
	assert_int_equal(aa_decision_unrevoke_jti(test_dir, "corp", "1"), 0);
	assert_int_equal(credential("corp", "1", NULL, NOW), AA_OK);
	assert_int_equal(credential("corp", "1", "k", NOW), AA_REVOKED);
	assert_int_equal(aa_decision_unrevoke_kid(test_dir, "other"), -ENOENT);
	assert_int_equal(aa_decision_unrevoke_kid(test_dir, "k"), 0);
	assert_int_equal(credential("corp", "1", "k", NOW), AA_OK);
	assert_int_equal(credential("corp", "1", "k", NOW - 1), AA_REVOKED);
	assert_int_equal(aa_decision_unrevoke_before(test_dir, "builder-8"), -ENOENT);
	assert_int_equal(aa_decision_unrevoke_before(test_dir, "builder-7"), 0);
	assert_int_equal(credential("corp", "1", "k", NOW - 1), AA_OK);
	assert_int_equal(aa_decision_unrevoke_before(test_dir, "builder-7"), -ENOENT);
}

static void assert_about(const char *claim)
{
	const char *about = NULL;

	assert_int_equal(aa_decision_credential(test_dir, "builder-7", "corp", "1", "k", NOW, &about),
			 claim ? AA_REVOKED : AA_OK);
	if (claim)
		assert_string_equal(about, claim);
	else
		assert_null(about);
}

TEST(a_refusal_says_what_was_revoked, here)
{
	assert_about(NULL);
	assert_int_equal(aa_decision_revoke_kid(test_dir, "k", "root", NULL, NOW), 0);
	assert_about("kid");
	assert_int_equal(aa_decision_revoke_jti(test_dir, "*", "1", "root", NULL, NOW), 0);
	assert_about("jti");
	assert_int_equal(aa_decision_revoke_before(test_dir, "builder-7", NOW + 1, "root", NULL, NOW), 0);
	assert_about("iat");
}

static json_t *revocations(void)
{
	json_t *list = NULL;

	assert_int_equal(aa_decision_revocations(test_dir, &list), 0);
	return list;
}

static const json_t *revocation(const json_t *list, const char *kind)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (strcmp(json_string_value(json_object_get(one, "kind")), kind) == 0)
			return one;
	}
	fail_msg("there is none of the kind %s", kind);
	return NULL;
}

TEST(what_is_revoked_is_listed_with_who_and_why, here)
{
	json_t *list = revocations();
	const json_t *one;

	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	assert_int_equal(aa_decision_revoke_jti(test_dir, "corp", "1", "root", "leaked", NOW), 0);
	assert_int_equal(aa_decision_revoke_kid(test_dir, "k", "alice", NULL, NOW + 1), 0);
	assert_int_equal(aa_decision_revoke_before(test_dir, "builder-7", NOW, "root", "x", NOW + 2), 0);
	list = revocations();
	assert_int_equal(json_array_size(list), 3);
	one = revocation(list, "jti");
	assert_member(one, "issuer", "corp");
	assert_member(one, "jti", "1");
	assert_member(one, "by", "root");
	assert_member(one, "why", "leaked");
	assert_int_equal(json_integer_value(json_object_get(one, "at")), NOW);
	one = revocation(list, "kid");
	assert_member(one, "kid", "k");
	assert_null(json_object_get(one, "why"));
	one = revocation(list, "before");
	assert_member(one, "agent", "builder-7");
	assert_int_equal(json_integer_value(json_object_get(one, "before")), NOW);
	json_decref(list);
	list = aa_decision_cutoff(test_dir, "builder-7");
	assert_member(list, "why", "x");
	json_decref(list);
	assert_null(aa_decision_cutoff(test_dir, "builder-8"));
}

/* It revokes all the same, and somebody must be able to find it. */
TEST(a_revocation_that_cannot_be_read_is_listed_by_its_file, here)
{
	json_t *list;

	support_write_file(path("revoked/jti/abc"), "\xff{", 2);
	support_write_file(path("revoked/before/builder-7"), "[1]", 3);
	list = revocations();
	assert_int_equal(json_array_size(list), 2);
	assert_member(revocation(list, "jti"), "file", "revoked/jti/abc");
	assert_member(revocation(list, "before"), "agent", "builder-7");
	json_decref(list);
	assert_int_equal(aa_decision_unrevoke_before(test_dir, "builder-7"), 0);
	assert_int_equal(unlink(path("revoked/jti/abc")), 0);
	assert_int_equal(rmdir(path("revoked/kid")), 0);
	assert_int_equal(aa_decision_revocations(test_dir, &list), -ENOENT);
}

TEST(names_that_are_no_agents_are_not_written, here)
{
	static const char *const bad[] = {"../x", "", "a/b", "Root", ".hidden", "agents", "x\n"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(aa_decision_suspend(test_dir, bad[i], "root", "x", NOW), -EINVAL);
		assert_int_equal(aa_decision_resume(test_dir, bad[i]), -EINVAL);
		assert_int_equal(aa_decision_revoke_before(test_dir, bad[i], 1, "root", NULL, NOW), -EINVAL);
		assert_int_equal(aa_decision_unrevoke_before(test_dir, bad[i]), -EINVAL);
		assert_null(aa_decision_suspension(test_dir, bad[i]));
	}
}

TEST(decisions_leave_nothing_else_behind, here)
{
	char command[600];

	for (int i = 0; i < 5; i++) {
		(void)aa_decision_suspend(test_dir, "builder-7", "root", "x", NOW);
		(void)aa_decision_revoke_jti(test_dir, "corp", "1", "root", NULL, NOW);
		(void)aa_decision_revoke_kid(test_dir, "k", "root", NULL, NOW);
		(void)aa_decision_revoke_before(test_dir, "builder-7", 1, "root", NULL, NOW);
	}
	snprintf(command, sizeof(command), "test \"$(find %s -type f | wc -l)\" = 4", path(""));
	assert_int_equal(system(command), 0);
}

TEST(a_folder_that_is_a_link_is_not_made_ready_and_one_that_is_none_is, here)
{
	char state_folder[300], elsewhere[300];

	(void)snprintf(state_folder, sizeof(state_folder), "%s/state", test_dir);
	(void)snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", test_dir);
	assert_int_equal(aa_decision_init(test_dir), 0);
	assert_int_equal(rename(state_folder, elsewhere), 0);
	assert_int_equal(symlink("elsewhere", state_folder), 0);
	assert_true(aa_decision_init(test_dir) < 0);
	assert_int_equal(unlink(state_folder), 0);
	assert_int_equal(rename(elsewhere, state_folder), 0);
	assert_int_equal(aa_decision_init(test_dir), 0);
}
