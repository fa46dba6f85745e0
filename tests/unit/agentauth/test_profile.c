/* SPDX-License-Identifier: Apache-2.0 */
/* test_profile.c: the profiles' text, and the file that it is in. */
#include "config.h"

#include "tests/unit/support/jose_make.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/local/profile_hosts.h"
#include "tools/agentauth/local/profiles.h"

#define NEEDED "hosts = [ \"web01\" ]; audiences = [ \"ssh://web01\" ]; agent = \"builder-7\"; "

static bool parses(const char *text)
{
	struct profiles *all = profiles_parse(text, "config");
	bool ok = all != NULL;

	profiles_free(all);
	return ok;
}

static bool parses_with(const char *more)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "profiles = { web = { " NEEDED "%s }; };", more);
	return parses(text);
}

TEST(a_profile_gives_its_settings_and_the_defaults)
{
	struct profiles *all = profiles_parse(
	    "profiles = { web = { hosts = [ \"a\", \"b\" ]; audiences = ( \"x\" ); agent = \"n\"; "
	    "ttl = 30; scope = \"deploy\"; }; two = { " NEEDED " }; };",
	    "config");
	const struct profile *web, *two;

	assert_non_null(all);
	assert_int_equal(profiles_count(all), 2);
	web = profiles_at(all, 0);
	two = profiles_at(all, 1);
	assert_string_equal(web->name, "web");
	assert_int_equal(web->ttl, 30);
	assert_string_equal(web->scope, "deploy");
	assert_null(web->key.name);
	assert_int_equal(two->ttl, 60);
	assert_true(profile_has_host(web, "B"));
	assert_false(profile_has_host(web, "c"));
	assert_true(profile_may_have(web, "a", "x"));
	assert_true(profile_may_have(web, "B", "x"));
	assert_false(profile_may_have(web, "a", "X"));
	assert_false(profile_may_have(web, "c", "x"));
	profiles_free(all);
}

TEST(an_unknown_setting_is_an_error)
{
	assert_true(parses_with("task = \"t\";"));
	assert_false(parses_with("tasks = \"t\";"));
	assert_false(parses_with("Task = \"t\";"));
	assert_false(parses("profiles = { web = { " NEEDED " }; }; other = 1;"));
	assert_false(parses("profile = { web = { " NEEDED " }; };"));
}

static bool loads_text(const char *text)
{
	struct profiles *all;
	bool ok;

	home_write(".config/agentauth/config", text, 0600);
	all = profiles_load(NULL);
	ok = all != NULL;
	profiles_free(all);
	return ok;
}

TEST(a_profile_that_could_answer_nobody_is_an_error, home)
{
	assert_false(loads_text(""));
	assert_false(loads_text("profiles = { };"));
	assert_true(loads_text("profiles = { web = { " NEEDED " }; };"));
	assert_false(parses("profiles = { web = { }; };"));
	assert_false(parses("profiles = { web = { audiences = [ \"x\" ]; agent = \"n\"; }; };"));
	assert_false(parses("profiles = { web = { hosts = [ \"x\" ]; agent = \"n\"; }; };"));
	assert_false(parses("profiles = { web = { hosts = [ \"x\" ]; audiences = [ \"x\" ]; }; };"));
	assert_false(parses("profiles = { web = { hosts = [ ]; audiences = [ \"x\" ]; agent = \"n\"; }; };"));
	assert_true(
	    parses("profiles = { web = { hosts = [ \"x\" ]; audiences = [ \"x\" ]; agent = \"n\"; }; };"));
}

static bool parses_pair(const char *hosts, const char *audiences)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "profiles = { web = { hosts = [ %s ]; audiences = [ %s ]; agent = \"n\"; }; };", hosts,
		       audiences);
	return parses(text);
}

TEST(several_hosts_and_audiences_must_be_told_apart)
{
	assert_true(parses_pair("\"a\", \"b\"", "\"ssh://a\", \"ssh://b\""));
	assert_true(parses_pair("\"a\", \"b\"", "\"ssh://a:2222\", \"ssh://B\", \"ssh://a\""));
	assert_true(parses_pair("\"a\", \"::1\"", "\"ssh://a\", \"ssh://[::1]\""));
	assert_true(parses_pair("\"a\", \"b\"", "\"api://hosts\""));
	assert_true(parses_pair("\"a\"", "\"api://hosts\", \"ssh://b\""));
	assert_false(parses_pair("\"a\", \"b\"", "\"ssh://a\", \"ssh://c\""));
	assert_false(parses_pair("\"a\", \"b\"", "\"ssh://a\", \"ssh://a:22\""));
	assert_false(parses_pair("\"a\", \"b\"", "\"ssh://a\", \"ssh://b\", \"api://hosts\""));
	assert_false(parses_pair("\"a\", \"b\"", "\"ssh://a\", \"ssh://bb\""));
	assert_false(parses_pair("\"a\", \"::1\"", "\"ssh://a\", \"ssh://[::1\""));
}

TEST(a_host_may_ask_only_for_the_audience_that_names_it)
{
	struct profiles *all =
	    profiles_parse("profiles = { web = { hosts = [ \"a\", \"b\" ]; agent = \"n\"; "
			   "audiences = [ \"ssh://a\", \"ssh://b\", \"ssh://b:2222\" ]; }; };",
			   "config");
	const struct profile *web;

	assert_non_null(all);
	web = profiles_at(all, 0);
	assert_true(profile_may_have(web, "a", "ssh://a"));
	assert_true(profile_may_have(web, "b", "ssh://b"));
	assert_true(profile_may_have(web, "b", "ssh://b:2222"));
	assert_false(profile_may_have(web, "a", "ssh://b"));
	assert_false(profile_may_have(web, "b", "ssh://a"));
	assert_false(profile_may_have(web, "a", "ssh://b:2222"));
	profiles_free(all);
}

TEST(settings_have_their_types)
{
	assert_true(parses_with("ttl = 3600;"));
	assert_false(parses_with("ttl = 3601;"));
	assert_false(parses_with("ttl = 0;"));
	assert_false(parses_with("ttl = -5;"));
	assert_false(parses_with("ttl = \"60\";"));
	assert_false(parses_with("ttl = 6.5;"));
	assert_false(parses_with("key = 1;"));
	assert_false(parses_with("key = \"\";"));
	assert_false(parses_with("scope = [ \"deploy\" ];"));
	assert_false(
	    parses("profiles = { web = { hosts = \"x\"; audiences = [ \"x\" ]; agent = \"n\"; }; };"));
	assert_false(
	    parses("profiles = { web = { hosts = ( \"x\", 1 ); audiences = [ \"x\" ]; agent = \"n\"; }; };"));
	assert_false(
	    parses("profiles = { web = { hosts = [ \"x\" ]; audiences = [ \"x\" ]; agent = \"N\"; }; };"));
	assert_false(parses("profiles = ( { " NEEDED " } );"));
	assert_false(parses_with("passphrase_file = \"a\"; passphrase_env = \"B\";"));
}

/* libconfig 1.5 would read these as 60 and as the contents of another file. */
TEST(what_libconfig_misreads_is_refused_before)
{
	assert_false(parses_with("ttl = 4294967356;"));
	assert_false(parses_with("ttl = 0x10000003C;"));
	assert_true(parses_with("task = \"4294967356 of @include \\\" @\";"));
	assert_true(
	    parses("# @include \"x\"\n// @\n/* @ 99999999999 */ profiles = { web = { " NEEDED " }; };"));
	assert_false(parses("@include \"/etc/passwd\"\nprofiles = { web = { " NEEDED " }; };"));
	assert_false(parses("profiles = { web = { " NEEDED " }; };\n  @include \"/etc/passwd\"\n"));
}

/* ---- profiles that answer with a token ------------------------------------------------- */

#define ISSUER "issuer = \"https://idp.example.com\"; client_id = \"b\"; "
#define SECRET "client_secret = { env = \"S\"; }; "

static bool parses_token(const char *more)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "profiles = { idp = { " ISSUER "%s }; };", more);
	return parses(text);
}

TEST(a_profile_with_an_issuer_answers_with_a_token)
{
	struct profiles *all =
	    profiles_parse("profiles = { a = { " ISSUER SECRET "}; b = { " NEEDED "}; c = { " ISSUER
			   "key = \"k\"; }; d = { " ISSUER "grant = \"device_code\"; "
			   "reuse = \"until_expiry\"; }; };",
			   "config");

	assert_non_null(all);
	assert_true(profile_uses_token(profiles_find(all, "a")));
	assert_false(profile_uses_token(profiles_find(all, "b")));
	assert_null(profiles_find(all, "e"));
	assert_int_equal(profiles_find(all, "a")->client_auth, AUTH_SECRET_BASIC);
	assert_int_equal(profiles_find(all, "c")->client_auth, AUTH_PRIVATE_KEY_JWT);
	assert_int_equal(profiles_find(all, "d")->client_auth, AUTH_NONE);
	assert_int_equal(profiles_find(all, "a")->reuse, REUSE_ONCE);
	assert_int_equal(profiles_find(all, "d")->reuse, REUSE_UNTIL_EXPIRY);
	assert_true(profile_needs_person(profiles_find(all, "d")));
	assert_false(profile_needs_person(profiles_find(all, "a")));
	profiles_free(all);
}

TEST(settings_of_a_token_go_together)
{
	assert_true(parses_token(SECRET));
	assert_false(parses_token(""));			       /* nothing to prove who it is */
	assert_false(parses_token("client_auth = \"none\";")); /* the same */
	assert_true(parses_token("client_auth = \"none\"; grant = \"device_code\";"));
	assert_false(parses_token(SECRET "client_auth = \"none\"; grant = \"device_code\";"));
	assert_false(parses_token("client_auth = \"client_secret_post\";"));
	assert_true(parses_token(SECRET "client_auth = \"client_secret_post\";"));
	assert_false(parses_token(SECRET "client_auth = \"tls_client_auth\";"));
	assert_true(
	    parses_token("key = \"k\"; assertion_typ = \"client-authentication+jwt\"; certificate = \"c\";"));
	assert_false(parses_token("key = \"k\"; assertion_typ = \"no type\";"));
	assert_false(parses_token(SECRET "assertion_typ = \"JWT\";")); /* nothing is signed */
	assert_false(parses_token(SECRET "certificate = \"c\";"));
	assert_false(parses_token(SECRET "assertion_audience = \"token_endpoint\";"));
	assert_true(parses_token("key = \"k\"; assertion_audience = \"issuer\";"));
	assert_false(parses_token(SECRET "grant = \"password\";"));
	assert_false(parses_token(SECRET "grant = \"token_exchange\";"));
	assert_true(parses_token(SECRET "grant = \"token_exchange\"; subject_token = { profile = \"q\"; };"));
	assert_false(parses_token(SECRET "subject_token = { profile = \"q\"; };"));
	assert_false(parses_token(SECRET "target_audience = \"x\";"));
	assert_true(parses_token("key = \"k\"; grant = \"jwt_bearer\"; target_audience = \"x\";"));
	assert_false(parses("profiles = { idp = { issuer = \"https://idp.example.com\"; " SECRET "}; };"));
	assert_true(parses(
	    "profiles = { idp = { token_endpoint = \"https://idp.example.com/t\"; client_id = \"b\"; " SECRET
	    "}; };"));
	/* and not with an assertion */
	assert_false(parses_with(SECRET));
	assert_false(parses_with("client_id = \"b\";"));
	assert_false(parses_with("ca_file = \"b\";"));
	assert_true(parses_with("issuer = \"https://idp.example.com\"; client_id = \"b\"; " SECRET));
	assert_true(parses_with("alg = \"EdDSA\";"));
	assert_false(parses_with("alg = \"HS256\";"));
}

TEST(hosts_of_a_token_are_all_named_or_none)
{
	assert_false(parses_token(SECRET "hosts = [ \"a\" ];"));
	assert_false(parses_token(SECRET "agent = \"a\";"));
	assert_false(parses_token(SECRET "hosts = [ \"a\" ]; audiences = [ \"b\" ];"));
	assert_true(parses_token(SECRET "hosts = [ \"a\" ]; audiences = [ \"b\" ]; agent = \"a\";"));
}

TEST(a_secret_has_one_place_which_is_not_the_profile)
{
	assert_false(parses_token("client_secret = \"s3cret\";"));
	assert_true(parses_token("client_secret = { file = \"f\"; };"));
	assert_true(parses_token("client_secret = { credential = \"f\"; };"));
	assert_false(parses_token("client_secret = { credential = \"../f\"; };"));
	assert_true(parses_token("client_secret = { command = [ \"a\", \"b c\" ]; };"));
	assert_false(parses_token("client_secret = { command = \"a b\"; };"));
	assert_false(parses_token("client_secret = { command = [ ]; };"));
	assert_false(parses_token("client_secret = { };"));
	assert_false(parses_token("client_secret = { file = \"f\"; env = \"e\"; };"));
	assert_false(parses_token("client_secret = { value = \"s3cret\"; };"));
	assert_false(parses_token("client_secret = { profile = \"p\"; };"));
	assert_true(parses_with("passphrase = { command = [ \"pass\" ]; };"));
	assert_false(parses_with("passphrase = { env = \"a\"; }; passphrase_file = \"b\";"));
}

static bool loads(void)
{
	struct profiles *all = profiles_load(NULL);
	bool ok = all != NULL;

	profiles_free(all);
	return ok;
}

static const char file[] = ".config/agentauth/config";
static const char good[] = "profiles = { web = { " NEEDED " }; };\n";

TEST(the_file_is_believed_only_if_others_cannot_change_it, home)
{
	assert_false(loads()); /* there is none */
	home_write(file, good, 0644);
	assert_true(loads());
	home_write(file, good, 0664);
	assert_false(loads());
	home_write(file, good, 0646);
	assert_false(loads());
	home_write(file, good, 0600);
	assert_true(loads());
	assert_int_equal(chmod(home_path(".config/agentauth"), 0770), 0);
	assert_false(loads());
	assert_int_equal(chmod(home_path(".config/agentauth"), 0755), 0);
	assert_true(loads());
	if (geteuid() == 0) {
		assert_int_equal(chown(home_path(file), 12345, 0), 0);
		assert_false(loads());
	}
}

TEST(links_fifos_and_long_files_are_refused_without_waiting, home)
{
	char other[256], *big = malloc(70000);

	home_write("elsewhere", good, 0600);
	(void)snprintf(other, sizeof(other), "%s", home_path("elsewhere"));
	home_write(file, "", 0600);
	unlink(home_path(file));
	assert_int_equal(symlink(other, home_path(file)), 0);
	assert_false(loads());
	unlink(home_path(file));
	assert_int_equal(mkfifo(home_path(file), 0600), 0);
	assert_false(loads());
	unlink(home_path(file));
	memset(big, '\n', 70000);
	memcpy(big, good, strlen(good));
	big[65536] = 0;
	home_write(file, big, 0600);
	assert_true(loads());
	big[65536] = '\n';
	big[65537] = 0;
	home_write(file, big, 0600);
	assert_false(loads());
	free(big);
}

TEST(a_variable_names_another_file, home)
{
	home_write("mine/agent.conf", good, 0600);
	assert_false(loads());
	setenv("AGENTAUTH_CONFIG", home_path("mine/agent.conf"), 1);
	assert_true(loads());
	unsetenv("AGENTAUTH_CONFIG");
}

TEST(a_relative_path_is_made_one_of_the_folder_of_the_file_once)
{
	static const char text[] = "profiles = { web = { " NEEDED "key = \"pkcs11:token=t\"; %s };"
				   " other = { hosts = [ \"h\" ]; audiences = [ \"ssh://h\" ]; agent = "
				   "\"b\"; key = \"k.pem\"; }; };";
	static const char *const passphrases[] = {"passphrase = { file = \"pin\"; };",
						  "passphrase_file = \"pin\";"};

	for (size_t i = 0; i < COUNT(passphrases); i++) {
		struct profiles *all;
		char whole[700];

		(void)snprintf(whole, sizeof(whole), text, passphrases[i]);
		all = profiles_parse(whole, "sub/config");
		assert_non_null(all);
		assert_string_equal(profiles_at(all, 0)->key.passphrase.file, "sub/pin");
		assert_string_equal(profiles_at(all, 1)->key.name, "sub/k.pem");
		profiles_free(all);
	}
}

TEST(a_command_may_have_the_same_word_twice)
{
	assert_true(parses_with("token = { command = [ \"vault\", \"kv\", \"get\", \"kv\" ]; };"));
	assert_true(
	    parses_with("passphrase = { command = [ \"echo\", \"a\", \"a\" ]; }; key = \"pkcs11:token=t\";"));
	assert_false(parses_with("token = { command = [ \"vault\", \"\" ]; };"));
	assert_true(parses(
	    "profiles = { web = { hosts = [ \"a\", \"a\" ]; audiences = [ \"x\" ]; agent = \"n\"; }; };"));
}
