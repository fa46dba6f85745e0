/* SPDX-License-Identifier: Apache-2.0 */
/* test_user.c: whose user a name or a uid is, where sources of names disagree and where the registry cannot be read. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/state/user.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/support_users.h"
#include "tests/unit/support/test.h"

#define ALICE 1000

static struct support_site *site;
static struct aa_user user;

static int setup(void **state)
{
	(void)state;
	site = support_site_new(NOW);
	support_site_publish(site);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	support_users_uid(0);
	support_users_name(NULL);
	support_site_free(site);
	return 0;
}

FIXTURE(here, setup, teardown);

static struct aa_context context(void)
{
	return (struct aa_context){.statedir = site->statedir,
				   .rundir = site->rundir,
				   .logdir = site->logdir,
				   .owner = geteuid(),
				   .now = NOW,
				   .gen_fd = -1,
				   .accounts.fd = -1};
}

static enum aa_user_kind by_name(const char *name)
{
	struct aa_context ctx = context();
	enum aa_user_kind kind = aa_user_by_name(&ctx, name, &user);

	aa_context_close(&ctx);
	return kind;
}

static enum aa_user_kind by_uid(uint32_t uid)
{
	struct aa_context ctx = context();
	enum aa_user_kind kind = aa_user_by_uid(&ctx, uid, &user);

	aa_context_close(&ctx);
	return kind;
}

TEST(agents_are_ours_and_people_are_not, here)
{
	assert_int_equal(by_name("builder-7"), AA_USER_AGENT);
	assert_int_equal(user.account.uid, SITE_UID);
	assert_true(user.known);
	assert_int_equal(by_uid(SITE_UID), AA_USER_AGENT);
	assert_string_equal(user.account.name, "builder-7");
	assert_int_equal(by_name("retired-1"), AA_USER_AGENT);
	assert_int_equal(by_name("alice"), AA_USER_OTHER);
	assert_int_equal(by_uid(ALICE), AA_USER_OTHER);
	assert_int_equal(by_name("nobody-we-know"), AA_USER_OTHER);
	assert_int_equal(by_name("No Agent's"), AA_USER_OTHER);
	assert_int_equal(by_name("root"), AA_USER_OTHER);
	assert_int_equal(by_name(NULL), AA_USER_OTHER);
	assert_int_equal(by_uid(0), AA_USER_OTHER);
	assert_int_equal(by_uid(UINT32_MAX), AA_USER_OTHER);
}

/* Another source of names means a person by it; the agent's own uid is no such person's. */
TEST(a_person_of_an_agents_name_is_a_person, here)
{
	support_users_uid(ALICE);
	assert_int_equal(by_name("builder-7"), AA_USER_OTHER);
	assert_int_equal(by_uid(ALICE), AA_USER_OTHER);
	assert_int_equal(by_uid(SITE_UID), AA_USER_UNCLEAR);
	assert_int_equal(user.doubt, AA_DOUBT_NAME);
}

/* Outside of the agent's sessions, whoever has the uid by another name is who the system says. */
TEST(a_person_of_an_agents_uid_is_a_person, here)
{
	support_users_name("alice");
	assert_int_equal(by_uid(SITE_UID), AA_USER_OTHER);
	assert_int_equal(by_name("builder-7"), AA_USER_UNCLEAR);
	assert_int_equal(user.doubt, AA_DOUBT_UID);
	support_users_name(NULL);
	assert_int_equal(by_uid(SITE_UID), AA_USER_AGENT);
}

/* As where nsswitch.conf does not name us. */
TEST(an_agent_that_the_system_does_not_know_cannot_be_told, here)
{
	support_publish_with(site, "agent:stranger", "uid", "70050");
	assert_int_equal(by_name("stranger"), AA_USER_UNCLEAR);
	assert_int_equal(user.doubt, AA_DOUBT_UNKNOWN);
	assert_int_equal(by_uid(70050), AA_USER_UNCLEAR);
	assert_int_equal(user.doubt, AA_DOUBT_UNKNOWN);
	assert_int_equal(by_name("builder-7"), AA_USER_AGENT);
}

static void check_people_and_agents(void)
{
	assert_int_equal(by_name("alice"), AA_USER_OTHER);
	assert_int_equal(by_uid(ALICE), AA_USER_OTHER);
	assert_int_equal(by_name("root"), AA_USER_OTHER);
	assert_int_equal(by_uid(0), AA_USER_OTHER);
	assert_int_equal(by_name("builder-7"), AA_USER_UNCLEAR);
	assert_int_equal(user.doubt, AA_DOUBT_REGISTRY);
	assert_true(user.err < 0);
	assert_true(user.known);
	assert_int_equal(by_uid(SITE_UID), AA_USER_UNCLEAR);
	assert_int_equal(user.doubt, AA_DOUBT_REGISTRY);
	/* one that the system does not know either may be an agent's */
	assert_int_equal(by_name("nobody-we-know"), AA_USER_UNCLEAR);
	assert_false(user.known);
}

TEST(without_a_registry_the_built_in_range_decides, here)
{
	assert_int_equal(rename(site->statedir, support_path(site->dir, "aside")), 0);
	check_people_and_agents();
	assert_int_equal(rename(support_path(site->dir, "aside"), site->statedir), 0);
	assert_int_equal(by_uid(SITE_UID), AA_USER_AGENT);
}

TEST(one_that_others_may_write_is_none, here)
{
	assert_int_equal(chmod(site->statedir, 0777), 0);
	check_people_and_agents();
	assert_int_equal(chmod(site->statedir, 0755), 0);
	assert_int_equal(by_uid(SITE_UID), AA_USER_AGENT);
}

/* The header stands, and what comes behind it does not. */
TEST(one_whose_records_are_damaged_refuses_agents_alone, here)
{
	char path[512], *text;
	size_t len;

	snprintf(path, sizeof(path), "%s/current/accounts.cdb", site->statedir);
	text = support_read_file(path, &len);
	for (size_t i = 2048; i + 400 < len; i++) /* not the header's record, nor the tables at the end */
		text[i] = (char)(text[i] ^ 0x55);
	support_write_file(path, text, len);
	free(text);
	assert_int_equal(by_uid(ALICE), AA_USER_OTHER);
	assert_int_equal(by_uid(SITE_UID), AA_USER_UNCLEAR);
	assert_int_equal(user.doubt, AA_DOUBT_REGISTRY);
}
