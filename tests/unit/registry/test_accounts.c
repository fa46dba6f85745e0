/* SPDX-License-Identifier: Apache-2.0 */
/* test_accounts.c: accounts.cdb gives what was written, and nothing that breaks its contract. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/registry/accounts.h"
#include "common/registry/generation.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"

#define UID(n) (AA_UID_MIN_DEFAULT + (n))
#define KEY_LINE "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHl 0\n"

static const struct support_account accounts[] = {
    {.name = "alpha", .uid = UID(1), .gecos = "First of all", .ssh_keys = KEY_LINE},
    {.name = "builder-7",
     .uid = UID(7),
     .home = "/srv/b7",
     .shell = "/bin/sh",
     .ssh_keys = KEY_LINE KEY_LINE},
    {.name = "old", .uid = UID(3), .flags = AA_ACCOUNT_RETIRED},
    {.name = "z", .uid = AA_UID_MAX_DEFAULT - 2},
};
static const struct support_group groups[] = {
    {"agent-deploy", 99001},
    {"agent-abcdefghijklmnopqrstuvwxyz", 99002},
};
static const struct support_registry sample = {
    .accounts = accounts, .n_accounts = 4, .groups = groups, .n_groups = 2};

static int setup(void **state)
{
	(void)test_dir_setup(state);
	errno = 1234;
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(errno, 1234);
	return test_dir_teardown(state);
}

FIXTURE(here, setup, teardown);

static void publish(const struct support_registry *r)
{
	int saved = errno;

	support_publish(test_dir, 1, r);
	errno = saved;
}

static struct aa_accounts open_sample(const struct support_registry *r)
{
	struct aa_accounts a;

	publish(r);
	assert_int_equal(aa_accounts_open(test_dir, getuid(), &a), 0);
	return a;
}

static void assert_account(const struct aa_account *got, const struct support_account *want)
{
	char home[64];

	snprintf(home, sizeof(home), "/home/agents/%s", want->name);
	assert_string_equal(got->name, want->name);
	assert_int_equal(got->uid, want->uid);
	assert_int_equal(got->flags, want->flags);
	assert_string_equal(got->gecos, want->gecos ? want->gecos : "");
	assert_string_equal(got->home, want->home ? want->home : home);
	assert_string_equal(got->shell, want->shell ? want->shell : "/bin/bash");
	assert_in_range((uintptr_t)got->shell, (uintptr_t)got->buf, (uintptr_t)got->buf + sizeof(got->buf));
}

TEST(the_registry_finds_accounts_by_name_and_uid, here)
{
	struct aa_accounts a = open_sample(&sample);
	struct aa_account got;

	for (size_t i = 0; i < sample.n_accounts; i++) {
		assert_int_equal(aa_account_by_name(&a, accounts[i].name, &got), 0);
		assert_account(&got, &accounts[i]);
		memset(&got, 0, sizeof(got));
		assert_int_equal(aa_account_by_uid(&a, accounts[i].uid, &got), 0);
		assert_account(&got, &accounts[i]);
	}
	aa_accounts_close(&a);
}

TEST(the_registry_finds_no_account_that_is_not_there, here)
{
	static const char *const names[] = {
	    "alph", "alphaa",	"agents",  "agent-deploy",
	    "root", "",		"-",	   "ALPHA",
	    "H",    "builder-", "alpha\n", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"};
	struct aa_accounts a = open_sample(&sample);
	struct aa_account got = {.uid = 99};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_equal(aa_account_by_name(&a, names[i], &got), -ENOENT);
	assert_int_equal(aa_account_by_uid(&a, UID(2), &got), -ENOENT);
	assert_int_equal(aa_account_by_uid(&a, 0, &got), -ENOENT);
	assert_int_equal(aa_account_by_uid(&a, UINT32_MAX, &got), -ENOENT);
	assert_int_equal(got.uid, 99);
	aa_accounts_close(&a);
}

TEST(the_registry_finds_groups_by_name_and_gid, here)
{
	struct aa_accounts a = open_sample(&sample);
	struct aa_group got;

	for (size_t i = 0; i < sample.n_groups; i++) {
		assert_int_equal(aa_group_by_name(&a, groups[i].name, &got), 0);
		assert_string_equal(got.name, groups[i].name);
		assert_int_equal(got.gid, groups[i].gid);
		assert_int_equal(aa_group_by_gid(&a, groups[i].gid, &got), 0);
		assert_string_equal(got.name, groups[i].name);
	}
	assert_int_equal(aa_group_by_gid(&a, AA_GID_AGENTS_DEFAULT, &got), 0);
	assert_string_equal(got.name, "agents");
	assert_int_equal(aa_group_by_name(&a, "alpha", &got), -ENOENT); /* has no record of its own */
	assert_int_equal(aa_group_by_gid(&a, UID(1), &got), -ENOENT);
	assert_int_equal(aa_group_by_gid(&a, 0, &got), -ENOENT);
	aa_accounts_close(&a);
}

TEST(the_registry_gives_the_header, here)
{
	struct aa_accounts a = open_sample(&sample);
	struct aa_accounts_header h;

	h = a.header;
	assert_int_equal(h.uid_min, AA_UID_MIN_DEFAULT);
	assert_int_equal(h.uid_max, AA_UID_MAX_DEFAULT);
	assert_int_equal(h.gid_agents, AA_GID_AGENTS_DEFAULT);
	assert_int_equal(h.n_accounts, 4);
	assert_int_equal(h.n_groups, 3);
	assert_string_equal(h.group, "agents");
	aa_accounts_close(&a);
}

TEST(the_registry_gives_ssh_keys_as_text, here)
{
	struct aa_accounts a = open_sample(&sample);
	char *text = NULL;

	assert_int_equal(aa_account_ssh_keys(&a, "builder-7", &text), 0);
	assert_string_equal(text, KEY_LINE KEY_LINE);
	free(text);
	text = NULL;
	assert_int_equal(aa_account_ssh_keys(&a, "z", &text), -ENOENT);
	assert_int_equal(aa_account_ssh_keys(&a, "nobody", &text), -ENOENT);
	assert_int_equal(aa_account_ssh_keys(&a, "../x", &text), -ENOENT);
	assert_null(text);
	aa_accounts_close(&a);
}

TEST(the_registry_gives_the_gids_of_roles_and_no_damaged_ones, here)
{
	static const struct {
		const char *bytes;
		size_t len;
		int answer;
	} cases[] = {
	    {"\xb9\x82\x01\0", 4, 1},		    /* 99001 */
	    {"\xb9\x82\x01\0\xba\x82\x01\0", 8, 2}, /* and 99002 */
	    {"\xb9\x82\x01", 3, -EBADMSG},
	    {"\xb9\x82\x01\0\0", 5, -EBADMSG},
	    {"\0\0\0\0", 4, -EBADMSG}, /* root's */
	};
	struct aa_accounts a;
	uint32_t gids[AA_ACCOUNT_ROLES_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct support_account one = {.name = "alpha",
						    .uid = UID(1),
						    .flags = AA_ACCOUNT_ROLES,
						    .role_gids = cases[i].bytes,
						    .role_gids_len = cases[i].len};
		const struct support_registry registry = {.accounts = &one, .n_accounts = 1};

		support_publish(test_dir, 1 + (uint32_t)i, &registry);
		errno = 1234;
		assert_int_equal(aa_accounts_open(test_dir, getuid(), &a), 0);
		assert_int_equal(aa_account_role_gids(&a, "alpha", gids), cases[i].answer);
		if (cases[i].answer > 0)
			assert_int_equal(gids[0], 99001);
		assert_int_equal(aa_account_role_gids(&a, "beta", gids), -ENOENT);
		assert_int_equal(aa_account_role_gids(&a, "../x", gids), -ENOENT);
		aa_accounts_close(&a);
	}
}

TEST(the_registry_walks_over_accounts_and_groups, here)
{
	struct aa_accounts a = open_sample(&sample);
	struct aa_registry_record e;
	uint32_t pos = 0, end;

	for (size_t i = 0; i < sample.n_accounts; i++) {
		assert_int_equal(aa_accounts_next(&a, &pos, &e), 0);
		assert_false(e.is_group);
		assert_account(&e.account, &accounts[i]);
	}
	assert_int_equal(aa_accounts_next(&a, &pos, &e), 0);
	assert_true(e.is_group);
	assert_string_equal(e.group.name, "agents");
	for (size_t i = 0; i < sample.n_groups; i++) {
		assert_int_equal(aa_accounts_next(&a, &pos, &e), 0);
		assert_true(e.is_group);
		assert_string_equal(e.group.name, groups[i].name);
	}
	end = pos;
	assert_int_equal(aa_accounts_next(&a, &pos, &e), -ENOENT);
	assert_int_equal(aa_accounts_next(&a, &pos, &e), -ENOENT);
	assert_int_equal(pos, end);
	aa_accounts_close(&a);
}

TEST(the_registry_walks_past_a_record_that_breaks_the_contract, here)
{
	static const struct support_account bad[] = {
	    {.name = "a", .uid = UID(1)}, {.name = "b", .uid = 0}, {.name = "c", .uid = UID(3)}};
	struct support_registry r = {.accounts = bad, .n_accounts = 3};
	struct aa_accounts a = open_sample(&r);
	struct aa_registry_record e;
	uint32_t pos = 0;

	assert_int_equal(aa_accounts_next(&a, &pos, &e), 0);
	assert_int_equal(aa_accounts_next(&a, &pos, &e), -EBADMSG);
	assert_int_equal(aa_accounts_next(&a, &pos, &e), 0);
	assert_string_equal(e.account.name, "c");
	aa_accounts_close(&a);
}

TEST(the_registry_opens_an_earlier_generation_by_its_number, here)
{
	struct support_registry one = sample;
	struct aa_accounts a;
	struct aa_account got;

	publish(&sample);
	one.n_accounts = 1;
	support_publish(test_dir, 2, &one);
	errno = 1234;
	assert_int_equal(aa_accounts_open(test_dir, getuid(), &a), 0);
	assert_int_equal(aa_account_by_name(&a, "z", &got), -ENOENT);
	aa_accounts_close(&a);
	assert_int_equal(aa_accounts_open_generation(test_dir, 1, getuid(), &a), 0);
	assert_int_equal(aa_account_by_name(&a, "z", &got), 0);
	aa_accounts_close(&a);
	assert_int_equal(aa_accounts_open_generation(test_dir, 3, getuid(), &a), -ENOENT);
}

TEST(the_registry_tells_absent_from_damaged, here)
{
	struct aa_accounts a;
	char path[PATH_MAX];
	int fd;

	assert_int_equal(aa_accounts_open(test_dir, getuid(), &a), -ENOENT);
	publish(&sample);
	assert_int_equal(aa_generation_open(test_dir, getuid(), &fd), 0);
	assert_int_equal(aa_accounts_openat(fd, getuid(), &a), 0);
	aa_accounts_close(&a);
	snprintf(path, sizeof(path), "%s/generations/1/accounts.cdb", test_dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(aa_accounts_open(test_dir, getuid(), &a), -EBADMSG);
	assert_int_equal(aa_accounts_openat(fd, getuid(), &a), -EBADMSG);
	close(fd);
}

/* How the one account of a registry reads that has nothing else. */
static int look_up(struct support_account account)
{
	struct support_registry r = {.accounts = &account, .n_accounts = 1};
	struct aa_accounts a = open_sample(&r);
	struct aa_account got;
	struct aa_registry_record e;
	uint32_t pos = 0;
	int by_name, by_uid, next;

	by_name = aa_account_by_name(&a, account.name, &got);
	by_uid = aa_account_by_uid(&a, account.uid, &got);
	next = aa_accounts_next(&a, &pos, &e);
	aa_accounts_close(&a);
	assert_true(by_name == 0 || by_name == -EBADMSG || by_name == -ENOENT);
	assert_int_equal(by_name == 0, by_uid == 0);
	assert_int_equal(by_name == 0, next == 0);
	return by_name;
}

TEST(the_registry_gives_no_account_that_breaks_the_contract, here)
{
	const struct support_account good = {
	    .name = "builder", .uid = UID(5), .gecos = "Ä builder, of things"};
	char long_gecos[1100];
	struct support_account bad;

	assert_int_equal(look_up(good), 0);
#define BENT(member, value) (bad = good, bad.member = (value), look_up(bad))
	assert_int_equal(BENT(gecos, "a:b"), -EBADMSG);
	assert_int_equal(BENT(gecos, "a\nroot::0:0::/:/bin/sh"), -EBADMSG);
	assert_int_equal(BENT(gecos, "\x1b[31m"), -EBADMSG);
	assert_int_equal(BENT(home, "home"), -EBADMSG);
	assert_int_equal(BENT(home, ""), -EBADMSG);
	assert_int_equal(BENT(home, "/a:b"), -EBADMSG);
	assert_int_equal(BENT(shell, "sh"), -EBADMSG);
	assert_int_equal(BENT(shell, "/bin/sh\n"), -EBADMSG);
	assert_int_equal(BENT(flags, 4), -EBADMSG);
	assert_int_equal(BENT(name, "agents"), -ENOENT); /* not even looked up */
	assert_int_equal(BENT(name, "agent-x"), -ENOENT);
	assert_int_equal(BENT(name, "Builder"), -ENOENT);
	assert_int_equal(BENT(uid, 0), -EBADMSG);
	assert_int_equal(BENT(uid, AA_UID_MIN_DEFAULT - 1), -EBADMSG);
	assert_int_equal(BENT(uid, AA_UID_MAX_DEFAULT + 1), -EBADMSG);
	assert_int_equal(BENT(uid, 1000), -EBADMSG);
	memset(long_gecos, 'x', sizeof(long_gecos));
	long_gecos[sizeof(long_gecos) - 1] = '\0';
	assert_int_equal(BENT(gecos, long_gecos), -EBADMSG);
	long_gecos[900] = '\0';
	assert_int_equal(BENT(gecos, long_gecos), 0);
#undef BENT
}

static int open_with(struct support_registry r)
{
	struct aa_accounts a;
	int result;

	publish(&r);
	result = aa_accounts_open(test_dir, getuid(), &a);
	if (result == 0)
		aa_accounts_close(&a);
	return result;
}

TEST(the_registry_opens_no_file_whose_header_breaks_the_contract, here)
{
	struct support_registry bad;

	assert_int_equal(open_with(sample), 0);
#define BENT(member, value) (bad = sample, bad.member = (value), open_with(bad))
	assert_int_equal(BENT(magic, "AGENTAU2"), -EBADMSG);
	assert_int_equal(BENT(magic, ""), -EBADMSG);
	assert_int_equal(BENT(group, ""), -EBADMSG);
	assert_int_equal(BENT(group, "Agents"), -EBADMSG);
	assert_int_equal(BENT(group, "abcdefghijklmnopqrstuvwxyzabcdefg"), -EBADMSG);
	assert_int_equal(BENT(group, "robots"), 0);
	assert_int_equal(BENT(uid_min, 999), -EBADMSG);
	assert_int_equal(BENT(uid_min, 1000), 0);
	assert_int_equal(BENT(uid_min, AA_UID_MAX_DEFAULT + 1), -EBADMSG);
	assert_int_equal(BENT(uid_max, INT32_MAX), -EBADMSG);
	assert_int_equal(BENT(gid_agents, 27), -EBADMSG);
	assert_int_equal(BENT(gid_agents, 65534), -EBADMSG);
#undef BENT
}

TEST(the_registry_gives_no_group_that_breaks_the_contract, here)
{
	static const struct support_group bad[] = {
	    {"agent-a", 27}, {"agent-b", 65534}, {"agent-c", INT32_MAX}, {"Bad", 5000}};
	struct support_registry r = {.groups = bad, .n_groups = 4};
	struct aa_accounts a = open_sample(&r);
	struct aa_group got;

	assert_int_equal(aa_group_by_name(&a, "agents", &got), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(aa_group_by_name(&a, bad[i].name, &got), -EBADMSG);
		assert_int_equal(aa_group_by_gid(&a, bad[i].gid, &got), -ENOENT);
	}
	assert_int_equal(aa_group_by_name(&a, "Bad", &got), -ENOENT);
	assert_int_equal(aa_group_by_gid(&a, 5000, &got), -EBADMSG);
	aa_accounts_close(&a);
}

TEST(the_registry_knows_which_ids_can_be_served, here)
{
	static const uint32_t no[] = {
	    0,	   1,	  999,	 60001,	    61184,	 65519,		 65520,
	    65533, 65534, 65535, INT32_MAX, 0x80000000u, UINT32_MAX - 1, UINT32_MAX};
	static const uint32_t yes[] = {1000,	     60000, 65536, AA_UID_MIN_DEFAULT, AA_UID_MAX_DEFAULT,
				       INT32_MAX - 1};

	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		assert_false(aa_id_is_servable(no[i]));
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		assert_true(aa_id_is_servable(yes[i]));
}

TEST(the_registry_knows_where_agents_lie_while_the_registry_cannot_be_read, here)
{
	static const uint32_t no[] = {0,      1000,	  60000,      69999,	 99000,
				      100000, 1899999999, 1901000000, UINT32_MAX};
	static const uint32_t yes[] = {70000, 98999, 1900000000, 1900999999};

	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		assert_false(aa_uid_is_built_in(no[i]));
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		assert_true(aa_uid_is_built_in(yes[i]));
}

TEST(the_registry_knows_which_names_are_valid, here)
{
	assert_true(aa_name_is_valid("a", 1));
	assert_true(aa_name_is_valid("a-9", 3));
	assert_false(aa_name_is_valid("a-9x", 3));
	assert_false(aa_name_is_valid("", 3));
	assert_false(aa_name_is_valid("-a", 3));
	assert_false(aa_name_is_valid("a-", 3));
	assert_false(aa_name_is_valid("9a", 3));
	assert_false(aa_name_is_valid("A", 3));
	assert_false(aa_name_is_valid("a_b", 3));
	assert_false(aa_name_is_valid("a.b", 3));
	assert_false(aa_name_is_valid("\xc3\xa4", 3));
	assert_true(aa_agent_name_is_valid("abcdefghijklmnopqrstuvwxyz-6789"));
	assert_false(aa_agent_name_is_valid("abcdefghijklmnopqrstuvwxyz-67890"));
	assert_true(aa_agent_name_is_valid("agent"));
	assert_true(aa_agent_name_is_valid("agents2"));
	assert_false(aa_agent_name_is_valid("agents"));
	assert_false(aa_agent_name_is_valid("agent-x"));
}

/* What is found in a damaged file may be wrong, but it is well-formed; nothing else than an error value may
 * happen. */
static void read_everything(void)
{
	struct aa_accounts a;
	struct aa_account account;
	struct aa_group group;
	struct aa_registry_record e;
	char *text;
	uint32_t pos = 0;
	int r, steps = 0;

	r = aa_accounts_open(test_dir, getuid(), &a);
	assert_true(r == 0 || r == -EBADMSG);
	if (r < 0)
		return;
#define HARMLESS(call) (r = (call), assert_true(r == 0 || r == -ENOENT || r == -EBADMSG), r == 0)
	for (size_t i = 0; i < sample.n_accounts; i++) {
		if (HARMLESS(aa_account_by_name(&a, accounts[i].name, &account)))
			assert_string_equal(account.name, accounts[i].name);
		if (HARMLESS(aa_account_by_uid(&a, accounts[i].uid, &account))) {
			assert_int_equal(account.uid, accounts[i].uid);
			assert_true(aa_agent_name_is_valid(account.name));
		}
		if (HARMLESS(aa_account_ssh_keys(&a, accounts[i].name, &text)))
			free(text);
	}
	if (HARMLESS(aa_group_by_name(&a, groups[0].name, &group)))
		assert_true(aa_id_is_servable(group.gid));
	if (HARMLESS(aa_group_by_gid(&a, groups[0].gid, &group)))
		assert_true(aa_name_is_valid(group.name, AA_GROUP_NAME_MAX));
	while (HARMLESS(aa_accounts_next(&a, &pos, &e)) || r == -EBADMSG)
		if (++steps > 1000)
			break; /* damage that is not moved past */
#undef HARMLESS
	aa_accounts_close(&a);
}

TEST(the_registry_survives_every_byte_changed_and_every_length, here)
{
	static const unsigned char masks[] = {0x01, 0xff};
	char path[PATH_MAX], *bytes;
	size_t len;
	int fd;

	publish(&sample);
	snprintf(path, sizeof(path), "%s/generations/1/accounts.cdb", test_dir);
	bytes = support_read_file(path, &len);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	for (size_t i = 0; i < len; i++) {
		for (size_t m = 0; m < sizeof(masks); m++) {
			char c = (char)(bytes[i] ^ masks[m]);

			assert_int_equal(pwrite(fd, &c, 1, (off_t)i), 1);
			read_everything();
		}
		assert_int_equal(pwrite(fd, bytes + i, 1, (off_t)i), 1);
	}
	while (len-- > 0) {
		assert_int_equal(ftruncate(fd, (off_t)len), 0);
		read_everything();
	}
	close(fd);
	free(bytes);
}
