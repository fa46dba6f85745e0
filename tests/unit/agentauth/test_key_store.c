/* SPDX-License-Identifier: Apache-2.0 */
/* test_key_store.c: keys that are named by a URI: what is refused before any provider is asked, and the names that are none.
 * keys.bats has the providers themselves. */
#include "config.h"

#include "tests/unit/support/jose_make.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/local/key_source.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/local/profiles.h"

static struct output o;

static void sign_with(const char *key)
{
	run_command(
	    &o, &command_assert, "", 0,
	    (const char *const[]){"--agent", "builder-7", "--audience", "ssh://web01", "--key", key, NULL});
}

static void assert_refused(const char *key, const char *because)
{
	sign_with(key);
	assert_int_equal(o.status, 1);
	assert_string_equal(o.out, "");
	if (!strstr(o.err, because))
		fail_msg("\"%s\" is not in: %s", because, o.err);
}

TEST(a_pin_in_the_uri_is_refused_and_not_repeated, home)
{
	static const char *const uris[] = {
	    "pkcs11:token=t;object=o?pin-value=24680",
	    "pkcs11:token=t?PIN-Value=24680&pin-source=file:/x",
	    "pkcs11:token=t?pin-source=file:/x24680",
	};

	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		assert_refused(uris[i], "the PIN does not stand in the key's URI");
		assert_null(strstr(o.err, "24680"));
	}
}

static void write_key(const char *name, mode_t mode)
{
	char *pem = NULL;
	size_t len;

	assert_int_equal(aa_private_key_to_pem(make_key(AA_ALG_ES256), &pem, &len), AA_JOSE_OK);
	home_write(name, pem, mode);
	free(pem);
}

TEST(a_file_is_read_by_its_path_and_never_by_openssl, home)
{
	char uri[600];

	write_key("key.pem", 0644);
	(void)snprintf(uri, sizeof(uri), "file:%s", home_path("key.pem"));
	assert_refused(uri, "name it by its path alone");
	(void)snprintf(uri, sizeof(uri), "FILE://%s", home_path("key.pem"));
	assert_refused(uri, "name it by its path alone");
	assert_refused(home_path("key.pem"), "others can read or change it");
	write_key("tidy.pem", 0600);
	sign_with(home_path("tidy.pem"));
	assert_int_equal(o.status, 0);
}

TEST(a_scheme_that_no_provider_has_is_told, home)
{
	assert_refused("nosuch:key", "no private key opens at nosuch:key");
}

TEST(what_a_name_means_is_told_by_its_scheme, home)
{
	static const char *const uris[] = {"pkcs11:token=t", "handle:0x81000001", "object:/x", "a+b.c-1:x",
					   "agent:x"};
	static const char *const files[] = {"/etc/key:1", "~/key.pem", "./pkcs11:x", "key.pem",
					    "C:/key.pem", "a b:c",     "",	     ":x"};

	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++)
		assert_false(key_is_file(uris[i]));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_true(key_is_file(files[i]));
		assert_ptr_equal(key_path_in(files[i]), files[i]);
	}
	assert_null(key_path_in("pkcs11:token=t"));
	assert_null(key_path_in("agent:SHA256:abc"));
	assert_string_equal(key_path_in("agent:key.pub"), "key.pub");
}

static const char *key_of_profile(const char *key)
{
	static char name[600];
	char text[600];
	struct profiles *all;

	(void)snprintf(text, sizeof(text),
		       "profiles = { w = { hosts = [ \"h\" ]; audiences = [ \"ssh://h\" ]; agent = \"b\"; "
		       "key = \"%s\"; }; };",
		       key);
	all = profiles_parse(text, "/conf/dir/config");
	assert_non_null(all);
	(void)snprintf(name, sizeof(name), "%s", profiles_at(all, 0)->key.name);
	profiles_free(all);
	return name;
}

TEST(a_relative_path_of_a_profile_is_beside_it_and_a_uri_is_no_path, home)
{
	assert_string_equal(key_of_profile("key.pem"), "/conf/dir/key.pem");
	assert_string_equal(key_of_profile("agent:key.pub"), "agent:/conf/dir/key.pub");
	assert_string_equal(key_of_profile("agent:/etc/key.pub"), "agent:/etc/key.pub");
	assert_string_equal(key_of_profile("agent:~/key.pub"), "agent:~/key.pub");
	assert_string_equal(key_of_profile("agent:SHA256:abc"), "agent:SHA256:abc");
	assert_string_equal(key_of_profile("pkcs11:token=t;object=o"), "pkcs11:token=t;object=o");
	assert_string_equal(key_of_profile("handle:0x81000001"), "handle:0x81000001");
}

TEST(a_passphrase_goes_with_a_key_that_asks_for_one, home)
{
	static const char text[] =
	    "profiles = { w = { hosts = [ \"h\" ]; audiences = [ \"ssh://h\" ]; agent = \"b\"; key = \"%s\"; "
	    "passphrase = { file = \"pin\"; }; }; };";
	struct profiles *all;
	char one[600];

	(void)snprintf(one, sizeof(one), text, "agent:SHA256:abc");
	assert_null(profiles_parse(one, "/conf/dir/config"));
	(void)snprintf(one, sizeof(one), text, "pkcs11:token=t;object=o");
	all = profiles_parse(one, "/conf/dir/config");
	assert_non_null(all);
	assert_string_equal(profiles_at(all, 0)->key.passphrase.file, "/conf/dir/pin");
	profiles_free(all);
}

TEST(a_profile_of_a_token_is_written_with_its_pins_place, home)
{
	struct profiles *all;

	run_command(&o, &command_profile, "", 0,
		    (const char *const[]){"add", "b@h", "--key", "pkcs11:token=t;object=o",
					  "--passphrase-file", "~/pin", NULL});
	assert_int_equal(o.status, 0);
	all = profiles_load(NULL);
	assert_non_null(all);
	assert_string_equal(profiles_at(all, 0)->key.name, "pkcs11:token=t;object=o");
	assert_string_equal(profiles_at(all, 0)->key.passphrase.file, "~/pin");
	profiles_free(all);
}

TEST(the_public_half_of_a_key_that_is_there_is_printed, home)
{
	struct aa_key *key = NULL;
	char want[44], got[44];

	write_key("key.pem", 0600);
	run_command(&o, &command_keygen, "", 0,
		    (const char *const[]){"--public", home_path("key.pem"), NULL});
	assert_int_equal(o.status, 0);
	assert_int_equal(aa_key_from_pem(o.out, strlen(o.out), &key), AA_JOSE_OK);
	assert_int_equal(aa_key_thumbprint(key, got), AA_JOSE_OK);
	assert_int_equal(aa_key_thumbprint(aa_private_key_public(make_key(AA_ALG_ES256)), want), AA_JOSE_OK);
	assert_string_equal(got, want);
	assert_non_null(strstr(o.err, want));
	aa_key_free(key);
}

TEST(what_makes_a_key_does_not_go_with_one_that_is_there, home)
{
	static const char *const more[][2] = {
	    {"--out", "x"}, {"--import", "x"}, {"--alg", "ES256"}, {"--bits", "2048"}};

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		run_command(&o, &command_keygen, "", 0,
			    (const char *const[]){"--public", "agent:x", more[i][0], more[i][1], NULL});
		assert_int_equal(o.status, 2);
	}
	run_command(&o, &command_keygen, "", 0, (const char *const[]){"--passphrase-env", "X", NULL});
	assert_int_equal(o.status, 2);
	assert_non_null(strstr(o.err, "go with --public"));
}
