/* SPDX-License-Identifier: Apache-2.0 */
/* test_secret.c: where secrets come from, and from where they do not. */
#include "config.h"

#include "tests/unit/support/jose_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/secret.h"

static bool gives(const struct secret_source *source, const char *expected)
{
	char *secret = secret_read(source, "the secret");
	bool same = secret && strcmp(secret, expected) == 0;

	own_wipe(secret);
	return same;
}

#define FILE_OF(name) (&(const struct secret_source){.file = name})
#define CREDENTIAL(name) (&(const struct secret_source){.credential = name})
#define ENV(name) (&(const struct secret_source){.env = name})
#define COMMAND(...) (&(const struct secret_source){.command = {1, (const char *[]){__VA_ARGS__, NULL}}})

TEST(a_file_is_its_owners_alone, home)
{
	home_write("secret", " s e c \n\r\n", 0600);
	assert_true(gives(FILE_OF("~/secret"), " s e c "));
	assert_true(gives(FILE_OF(home_path("secret")), " s e c "));
	for (mode_t bit = 1; bit < 0100; bit <<= 1) {
		assert_int_equal(chmod(home_path("secret"), 0600 | bit), 0);
		assert_false(gives(FILE_OF("~/secret"), " s e c "));
	}
	assert_false(gives(FILE_OF("~/missing"), ""));
}

TEST(a_credential_of_systemd_is_found_by_its_name, home)
{
	home_write("credentials/idp", "s\n", 0400);
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_false(gives(CREDENTIAL("idp"), "s"));
	setenv("CREDENTIALS_DIRECTORY", home_path("credentials"), 1);
	assert_true(gives(CREDENTIAL("idp"), "s"));
	/* as systemd leaves it, with an ACL whose mask the group bits are */
	assert_int_equal(chmod(home_path("credentials/idp"), 0440), 0);
	assert_true(gives(CREDENTIAL("idp"), "s"));
	assert_int_equal(chmod(home_path("credentials/idp"), 0444), 0);
	assert_false(gives(CREDENTIAL("idp"), "s"));
	assert_int_equal(chmod(home_path("credentials/idp"), 0460), 0);
	assert_false(gives(CREDENTIAL("idp"), "s"));
	assert_int_equal(chmod(home_path("credentials/idp"), 0400), 0);
	assert_int_equal(symlink("idp", home_path("credentials/link")), 0);
	assert_false(gives(CREDENTIAL("link"), "s"));
	unsetenv("CREDENTIALS_DIRECTORY");
}

TEST(a_variable_gives_its_value, home)
{
	setenv("AGENTAUTH_TEST_SECRET", "s", 1);
	assert_true(gives(ENV("AGENTAUTH_TEST_SECRET"), "s"));
	setenv("AGENTAUTH_TEST_SECRET", "", 1);
	assert_false(gives(ENV("AGENTAUTH_TEST_SECRET"), ""));
	unsetenv("AGENTAUTH_TEST_SECRET");
	assert_false(gives(ENV("AGENTAUTH_TEST_SECRET"), "s"));
}

TEST(a_command_gives_what_it_prints_and_no_shell_reads_it, home)
{
	assert_true(gives(COMMAND("echo", "$HOME;", "`id`", "*"), "$HOME; `id` *"));
	assert_true(gives(COMMAND("sh", "-c", "cat; echo s"), "s")); /* its input is empty */
	assert_false(gives(COMMAND("sh", "-c", "echo s; exit 1"), "s"));
	assert_false(gives(COMMAND("sh", "-c", "echo s; kill -9 $$"), "s"));
	assert_false(gives(COMMAND("agentauth-no-such-program"), "s"));
	assert_false(gives(COMMAND("true"), ""));
	assert_false(gives(COMMAND("printf", "a\\0b"), "a"));
}

TEST(a_secret_that_is_too_long_is_none, home)
{
	char *secret;

	secret = secret_read(COMMAND("head", "-c", "65536", "/dev/zero"), "the secret");
	assert_null(secret); /* zero bytes */
	secret = secret_read(COMMAND("sh", "-c", "yes | head -c 65535"), "the secret");
	assert_non_null(secret);
	own_wipe(secret);
	assert_null(secret_read(COMMAND("sh", "-c", "yes | head -c 65537"), "the secret"));
	assert_null(secret_read(COMMAND("yes"), "the secret"));
}
