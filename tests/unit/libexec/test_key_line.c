/* SPDX-License-Identifier: Apache-2.0 */
/* test_key_line.c: sshd is given the line of a registered key that lives, and of no other. */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/registry/accounts.h"
#include "tests/unit/support/support_accounts.h"
#include "tests/unit/support/test.h"
#include "tools/libexec/key_line.h"

#define UID(n) (AA_UID_MIN_DEFAULT + (n))
#define ED "ssh-ed25519"
#define ED_BLOB "AAAAC3NzaC1lZDI1NTE5AAAAIHl1"
#define ED_OTHER "AAAAC3NzaC1lZDI1NTE5AAAAIHl2"
#define EC "ecdsa-sha2-nistp256"
#define EC_BLOB "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYA"

static char passwd[300];

static int setup(void **state)
{
	(void)test_dir_setup(state);
	snprintf(passwd, sizeof(passwd), "%s/passwd", test_dir);
	support_write_file(passwd, "root:x:0:0:::\n", 14);
	return 0;
}

FIXTURE(here, setup, test_dir_teardown);

static void publish(const char *keys, uint32_t flags)
{
	const struct support_account accounts[] = {
	    {.name = "builder", .uid = UID(1), .flags = flags, .ssh_keys = keys},
	    {.name = "keyless", .uid = UID(2)},
	};
	const struct support_registry r = {.accounts = accounts, .n_accounts = 2};

	support_publish(test_dir, 1, &r);
}

/* The answer: the line, or "" where there is none, or a word for the error. Valid until the next call. */
static const char *ask(const char *user, const char *type, const char *blob)
{
	static char answer[512];
	char *line = (char *)1;
	uint32_t uid = 0;
	int r;

	r = aa_key_line(test_dir, getuid(), passwd, user, type, blob, NOW, &uid, &line);
	assert_true(r < 0 ? uid == 0 : uid > 0);
	if (r < 0) {
		assert_ptr_equal(line, (char *)1);
		return r == -ENOENT ? "" : r == -EBADMSG ? "damaged" : "unreadable";
	}
	snprintf(answer, sizeof(answer), "%s", line);
	free(line);
	return answer;
}

TEST(key_line_gives_the_line_of_the_key_that_was_offered, here)
{
	publish(ED " " ED_BLOB " 0\n" EC " " EC_BLOB " 0\n", 0);
	assert_string_equal(ask("builder", ED, ED_BLOB), ED " " ED_BLOB "\n");
	assert_string_equal(ask("builder", EC, EC_BLOB), EC " " EC_BLOB "\n");
	assert_string_equal(ask("builder", ED, ED_OTHER), "");
	assert_string_equal(ask("builder", EC, ED_BLOB), ""); /* the type belongs to it */
	assert_string_equal(ask("builder", ED, "AAAA"), "");
	assert_string_equal(ask("builder", ED "-cert-v01@openssh.com", ED_BLOB), "");
}

TEST(key_line_gives_nothing_for_who_has_no_key_or_is_no_agent, here)
{
	static const char *const users[] = {"keyless", "nobody-here", "root",	"agents",
					    "",	       "../builder",  "Builder"};

	publish(ED " " ED_BLOB " 0\n", 0);
	assert_string_equal(ask("builder", ED, ED_BLOB), ED " " ED_BLOB "\n");
	for (size_t i = 0; i < sizeof(users) / sizeof(*users); i++)
		assert_string_equal(ask(users[i], ED, ED_BLOB), "");
}

TEST(a_retired_agent_s_key_looks_like_any_other, here)
{
	publish(ED " " ED_BLOB " 0\n", AA_ACCOUNT_RETIRED);
	assert_string_equal(ask("builder", ED, ED_BLOB), ED " " ED_BLOB "\n");
	assert_string_equal(ask("builder", ED, ED_OTHER), "");
	publish(ED " " ED_BLOB " 0\n", 0);
	assert_string_equal(ask("builder", ED, ED_BLOB), ED " " ED_BLOB "\n");
}

TEST(key_line_gives_nothing_for_a_local_user_of_the_same_name_or_uid, here)
{
	static const char by_name[] = "builder:x:1001:1::/:/bin/sh\n",
			  by_uid[] = "bob:x:70001:1::/:/bin/sh\n";

	publish(ED " " ED_BLOB " 0\n", 0);
	support_write_file(passwd, by_name, strlen(by_name));
	assert_string_equal(ask("builder", ED, ED_BLOB), "");
	support_write_file(passwd, by_uid, strlen(by_uid));
	assert_string_equal(ask("builder", ED, ED_BLOB), "");
	support_write_file(passwd, "", 0);
	assert_string_equal(ask("builder", ED, ED_BLOB), ED " " ED_BLOB "\n");
}

TEST(key_line_says_until_when_a_key_is_good, here)
{
	char keys[200];

	publish(ED " " ED_BLOB " 1800000001\n", 0);
	assert_string_equal(ask("builder", ED, ED_BLOB),
			    "expiry-time=\"20270115080001Z\" " ED " " ED_BLOB "\n");
	publish(ED " " ED_BLOB " 1800000000\n", 0);
	assert_string_equal(ask("builder", ED, ED_BLOB), "");
	publish(ED " " ED_BLOB " 1\n", 0);
	assert_string_equal(ask("builder", ED, ED_BLOB), "");
	snprintf(keys, sizeof(keys), ED " " ED_BLOB " 253402300799\n");
	publish(keys, 0);
	assert_string_equal(ask("builder", ED, ED_BLOB),
			    "expiry-time=\"99991231235959Z\" " ED " " ED_BLOB "\n");
}

TEST(key_line_gives_nothing_of_a_damaged_record, here)
{
	static const char *const bad[] = {
	    ED " " ED_BLOB,	 /* no end */
	    ED " " ED_BLOB "\n", /* no time */
	    ED " " ED_BLOB " \n",
	    ED " " ED_BLOB " 0 \n",
	    ED " " ED_BLOB " 00\n",
	    ED " " ED_BLOB " -1\n",
	    ED " " ED_BLOB " 1x\n",
	    ED " " ED_BLOB " 253402300800\n",
	    ED " " ED_BLOB " 99999999999999999999999999\n",
	    ED "  0\n",
	    " " ED_BLOB " 0\n",
	    ED "\t" ED_BLOB " 0\n",
	    "command=\"/bin/sh\" " ED_BLOB " 0\n",
	    ED " " ED_BLOB "! 0\n",
	    "\n",
	};
	char keys[300];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(keys, sizeof(keys), EC " " EC_BLOB " 0\n%s", bad[i]); /* behind a good line */
		publish(keys, 0);
		assert_string_equal(ask("builder", EC, EC_BLOB), "damaged");
		assert_string_equal(ask("builder", ED, ED_BLOB), "damaged");
		assert_string_equal(ask("keyless", ED, ED_BLOB), "");
	}
	publish(EC " " EC_BLOB " 0\n", 0);
	assert_string_equal(ask("builder", EC, EC_BLOB), EC " " EC_BLOB "\n");
}

TEST(key_line_tells_a_registry_that_it_cannot_believe_from_none, here)
{
	char path[PATH_MAX];

	assert_string_equal(ask("builder", ED, ED_BLOB), ""); /* nothing was published */
	publish(ED " " ED_BLOB " 0\n", 0);
	snprintf(path, sizeof(path), "%s/generations/1/accounts.cdb", test_dir);
	assert_int_equal(chmod(path, 0666), 0);
	assert_string_equal(ask("builder", ED, ED_BLOB), "unreadable");
	assert_int_equal(truncate(path, 2100), 0);
	assert_int_equal(chmod(path, 0644), 0);
	assert_string_equal(ask("builder", ED, ED_BLOB), "damaged");
	assert_int_equal(unlink(passwd), 0);
	assert_int_equal(mkdir(passwd, 0755), 0);
	publish(ED " " ED_BLOB " 0\n", 0);
	assert_string_equal(ask("builder", ED, ED_BLOB), "damaged");
}

TEST(key_line_knows_what_a_type_and_a_blob_look_like, here)
{
	static const char *const types[] = {"",		 " ssh-rsa",  "ssh rsa", "ssh-rsa\n",
					    "ssh-rsa\"", "--help me", "a/b"};
	static const char *const blobs[] = {"",	    "A",    "AAA",  "AAAAA",  "AAA=A",
					    "A===", "====", "AAA_", "AAAA\n", "AA AA"};

	assert_true(aa_key_line_type_is_valid("ssh-ed25519"));
	assert_true(aa_key_line_type_is_valid("sk-ssh-ed25519-cert-v01@openssh.com"));
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		assert_false(aa_key_line_type_is_valid(types[i]));
	assert_true(aa_key_line_blob_is_valid("AAAA"));
	assert_true(aa_key_line_blob_is_valid("AA+/AAA="));
	assert_true(aa_key_line_blob_is_valid("AA=="));
	for (size_t i = 0; i < sizeof(blobs) / sizeof(*blobs); i++)
		assert_false(aa_key_line_blob_is_valid(blobs[i]));
}
