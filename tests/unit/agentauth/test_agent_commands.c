/* SPDX-License-Identifier: Apache-2.0 */
/* test_agent_commands.c: keygen, assert, verify, run and whoami, and the manual. */
#include "config.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "common/jose/key.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "tests/unit/agentauth/command_steps.h"
#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"
#include "tools/agentauth/commands/commands.h"

static const char *key_file(void)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s", home_path(".config/agentauth/key.pem"));
	return path;
}

/* ---- keygen ----------------------------------------------------------------- */

TEST(keygen_writes_a_private_file_and_prints_the_public_half, home)
{
	struct aa_key *key = NULL;
	struct stat st;

	RUN(command_keygen, "", NULL);
	assert_int_equal(o.status, 0);
	assert_int_equal(aa_key_from_pem(o.out, strlen(o.out), &key), AA_JOSE_OK);
	assert_int_equal(aa_key_default_alg(key), AA_ALG_ES256);
	assert_null(strstr(o.out, "PRIVATE"));
	assert_int_equal(stat(key_file(), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(home_path(".config/agentauth"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	aa_key_free(key);
}

TEST(keygen_overwrites_nothing, home)
{
	home_write("precious", "text", 0644);
	RUN(command_keygen, "", "--out", home_path("precious"), NULL);
	assert_said(1, "not overwritten");
	RUN(command_keygen, "", "--out", home_path("new"), NULL);
	assert_int_equal(o.status, 0);
	/* a link that leads to nothing is not followed */
	assert_int_equal(symlink("/nonexistent/target", home_path("link")), 0);
	RUN(command_keygen, "", "--out", home_path("link"), NULL);
	assert_said(1, "not overwritten");
}

TEST(keygen_makes_the_key_that_is_asked_for, home)
{
	json_t *json;

	RUN(command_keygen, "", "--alg", "PS256", "--bits", "2048", "--json", NULL);
	assert_int_equal(o.status, 0);
	json = make_json(o.out);
	assert_member(json, "alg", "PS256");
	assert_member(json, "private_key_file", key_file());
	assert_int_equal(json_string_length(json_object_get(json_object_get(json, "jwk"), "n")), 342);
	/* a provider to which the JWK is given finds the key by the id that assertions name */
	assert_member(json_object_get(json, "jwk"), "kid", json_string_value(json_object_get(json, "kid")));
	json_decref(json);
	RUN(command_keygen, "", "--alg", "HS256", "--out", home_path("x"), NULL);
	assert_said(2, "not an algorithm");
	RUN(command_keygen, "", "--alg", "RS256", "--bits", "1024", "--out", home_path("x"), NULL);
	assert_said(2, "2048");
	RUN(command_keygen, "", "--bits", "4096", "--out", home_path("x"), NULL);
	assert_said(2, "RSA");
	RUN(command_keygen, "", "x", NULL);
	assert_said(2, "\"x\"");
}

/* ---- assert and verify -------------------------------------------------------- */

TEST(assert_prints_what_verify_accepts, home)
{
	static char token[65536];

	generate("ES256");
	RUN(command_assert, "", "--agent", "builder-7", "--audience", "ssh://web01", NULL);
	assert_int_equal(o.status, 0);
	assert_null(strchr(o.out, '\n'));
	strcpy(token, o.out);
	RUN(command_verify, token, "--key", public_file(), NULL);
	assert_int_equal(o.status, 0);
	assert_memory_equal(o.out, "{\"aud\":\"ssh://web01\"", 20);
	strcat(token, "\n");
	RUN(command_verify, token, "--key", public_file(), NULL);
	assert_said(1, "ends in a newline");
}

TEST(a_private_key_that_others_can_read_is_refused_with_the_remedy, home)
{
	generate("EdDSA");
	RUN(command_assert, "", "--agent", "a", "--audience", "b", NULL);
	assert_int_equal(o.status, 0);
	assert_int_equal(chmod(key_file(), 0400), 0);
	RUN(command_assert, "", "--agent", "a", "--audience", "b", NULL);
	assert_int_equal(o.status, 0);
	for (mode_t bit = 1; bit < 0100; bit <<= 1) {
		assert_int_equal(chmod(key_file(), 0600 | bit), 0);
		RUN(command_assert, "", "--agent", "a", "--audience", "b", NULL);
		assert_said(1, "chmod 600 ");
	}
	if (geteuid() == 0) {
		assert_int_equal(chmod(key_file(), 0600), 0);
		assert_int_equal(chown(key_file(), 12345, 0), 0);
		RUN(command_assert, "", "--agent", "a", "--audience", "b", NULL);
		assert_said(1, "belongs to uid 12345");
	}
}

TEST(assert_says_what_is_missing, home)
{
	RUN(command_assert, "", "--audience", "b", NULL);
	assert_said(2, "--agent is missing");
	RUN(command_assert, "", "--agent", "a", NULL);
	assert_said(2, "--audience is missing");
	RUN(command_assert, "", "--agent", "a", "--audience", "b", "--ttl", "3601", NULL);
	assert_said(2, "--ttl");
	RUN(command_assert, "", "--agent", "a", "--audience", "b", "--ttl", "60s", NULL);
	assert_said(2, "--ttl");
	RUN(command_assert, "", "--agent", "a", "--audience", "b", NULL);
	assert_said(1, "agentauth keygen");
	RUN(command_assert, "", "--agent", "a", "--audience", "b", "--frobnicate", NULL);
	assert_said(2, "--help");
}

/* The token of a test's own key, for verify. */
static char *some_token(const char *header, const char *payload)
{
	return make_signed(header, payload, AA_ALG_ES256, make_key(AA_ALG_ES256));
}

static void write_set(const char *kid, const char *kid2)
{
	json_t *one = make_jwk(AA_ALG_ES256), *two = make_jwk(AA_ALG_EDDSA);
	char *text;

	json_object_set_new(one, "kid", json_string(kid));
	json_object_set_new(two, "kid", json_string(kid2));
	one = json_pack("{s:[o, o]}", "keys", one, two);
	text = json_dumps(one, 0);
	home_write("set", text, 0644);
	free(text);
	json_decref(one);
}

TEST(verify_takes_any_payload_and_prints_its_bytes, home)
{
	char *pem = NULL, *token = some_token("{\"alg\":\"ES256\"}", "not JSON \x01\xff");

	assert_int_equal(aa_key_to_pem(aa_private_key_public(make_key(AA_ALG_ES256)), &pem), AA_JOSE_OK);
	home_write("public.pem", pem, 0644);
	RUN(command_verify, token, "--key", public_file(), NULL);
	assert_int_equal(o.status, 0);
	assert_string_equal(o.out, "not JSON \x01\xff");
	*(strrchr(token, '.') + 1) = *(strrchr(token, '.') + 1) == 'A' ? 'B' : 'A';
	RUN(command_verify, token, "--key", public_file(), NULL);
	assert_said(1, "signature");
	RUN(command_verify, "", "--key", public_file(), NULL);
	assert_said(1, "empty");
	RUN(command_verify, token, "--key", home_path("missing"), NULL);
	assert_said(1, "cannot be opened");
	RUN(command_verify, token, NULL);
	assert_said(2, "--key is missing");
	free(pem);
	free(token);
}

TEST(verify_takes_an_empty_payload)
{
	char *token = some_token("{\"alg\":\"ES256\"}", ""),
	     *without = some_token("{\"alg\":\"ES256\"}", "x");
	char *pem = NULL;
	json_t *json;

	assert_int_equal(aa_key_to_pem(aa_private_key_public(make_key(AA_ALG_ES256)), &pem), AA_JOSE_OK);
	home_write("public.pem", pem, 0644);
	assert_non_null(strstr(token, ".."));
	RUN(command_verify, token, "--key", public_file(), NULL);
	assert_int_equal(o.status, 0);
	assert_string_equal(o.out, "");
	RUN(command_verify, token, "--key", public_file(), "--json", NULL);
	json = make_json(o.out);
	assert_true(json_is_true(json_object_get(json, "valid")));
	assert_member(json, "payload", "");
	json_decref(json);
	/* Without its payload, what was signed with one does not verify. */
	memmove(strchr(without, '.') + 1, strrchr(without, '.'), strlen(strrchr(without, '.')) + 1);
	RUN(command_verify, without, "--key", public_file(), NULL);
	assert_said(1, "signature");
	free(pem);
	free(token);
	free(without);
}

TEST(verify_finds_the_key_of_a_set_by_its_kid, home)
{
	char *with_kid = some_token("{\"alg\":\"ES256\",\"kid\":\"one\"}", "x"),
	     *without = some_token("{\"alg\":\"ES256\"}", "x");

	write_set("one", "two");
	RUN(command_verify, with_kid, "--key", home_path("set"), NULL);
	assert_int_equal(o.status, 0);
	RUN(command_verify, without, "--key", home_path("set"), NULL);
	assert_said(1, "key id");
	write_set("one", "one");
	RUN(command_verify, with_kid, "--key", home_path("set"), NULL);
	assert_said(1, "key id");
	write_set("two", "one");
	RUN(command_verify, with_kid, "--key", home_path("set"), NULL);
	assert_said(1, "algorithm");
	free(with_kid);
	free(without);
}

TEST(verify_tells_its_verdict_as_json_too, home)
{
	char *token = some_token("{\"alg\":\"ES256\"}", "x");
	json_t *jwk = make_jwk(AA_ALG_ES256), *json;
	char *text = json_dumps(jwk, 0);

	home_write("jwk", text, 0644);
	RUN(command_verify, token, "--key", home_path("jwk"), "--json", NULL);
	assert_int_equal(o.status, 0);
	json = make_json(o.out);
	assert_true(json_is_true(json_object_get(json, "valid")));
	assert_member(json, "payload", "eA");
	json_decref(json);
	RUN(command_verify, "a.b.c", "--key", home_path("jwk"), "--json", NULL);
	assert_int_equal(o.status, 1);
	json = make_json(o.out);
	assert_true(json_is_false(json_object_get(json, "valid")));
	json_decref(json);
	json_decref(jwk);
	free(text);
	free(token);
}

TEST(verify_reads_no_more_than_a_mebibyte, home)
{
	size_t len = 16 << 20;
	char *big = malloc(len);

	generate("ES256");
	memset(big, 'A', len);
	run_command(&o, &command_verify, big, len, (const char *const[]){"--key", public_file(), NULL});
	assert_said(1, "longer than 1 MiB");
	run_command(&o, &command_verify, big, 1 << 20, (const char *const[]){"--key", public_file(), NULL});
	assert_said(1, "not a signed token");
	free(big);
}

/* ---- ssh, run, whoami ------------------------------------------------------------ */

TEST(run_takes_an_agent_then_two_hyphens_then_a_command, home)
{
	RUN(command_run, "", NULL);
	assert_said(2, "which agent?");
	RUN(command_run, "", "--", "id", NULL);
	assert_said(2, "which agent?");
	RUN(command_run, "", "builder-7", NULL);
	assert_said(2, "-- must stand");
	RUN(command_run, "", "builder-7", "id", NULL);
	assert_said(2, "-- must stand");
	RUN(command_run, "", "builder-7", "--", NULL);
	assert_said(2, "no command");
	RUN(command_run, "", "Root", "--", "id", NULL);
	assert_said(2, "no agent's name");
}

TEST(run_says_so_where_there_is_no_sudo, home)
{
	char *path = strdup(getenv("PATH"));

	setenv("PATH", home_path("empty"), 1);
	RUN(command_run, "", "builder-7", "--", "id", NULL);
	assert_said(1, "sudo is not installed");
	setenv("PATH", path, 1);
	free(path);
}

TEST(ssh_needs_a_host_and_checks_its_own_options, home)
{
	RUN(command_ssh, "", NULL);
	assert_said(2, "needs a host");
	RUN(command_ssh, "", "--task", "x", NULL);
	assert_said(2, "needs a host");
	RUN(command_ssh, "", "--frob", "x", NULL);
	assert_said(2, "--help");
	RUN(command_ssh, "", "--task", NULL);
	assert_said(2, "--help");
}

TEST(whoami_shows_the_environment_and_says_what_it_is_worth, home)
{
	json_t *json;

	setenv("AGENTAUTH_AGENT", "builder-7", 1);
	setenv("AGENTAUTH_ROLES", "deploy\033[2J", 1);
	RUN(command_whoami, "", NULL);
	assert_int_equal(o.status, 0);
	assert_non_null(strstr(o.out, "builder-7"));
	assert_non_null(strstr(o.out, "proves nothing"));
	assert_null(strchr(o.out, '\033'));
	RUN(command_whoami, "", "--json", NULL);
	json = make_json(o.out);
	assert_int_equal(json_integer_value(json_object_get(json, "uid")), getuid());
	assert_member(json_object_get(json, "environment"), "agent", "builder-7");
	json_decref(json);
	unsetenv("AGENTAUTH_AGENT");
	unsetenv("AGENTAUTH_ROLES");
}

/* ---- the manual -------------------------------------------------------------------- */

static const struct command *const all[] = {&command_keygen,  &command_assert, &command_ssh,
					    &command_askpass, &command_run,    &command_verify,
					    &command_whoami,  &command_token};

static char *read_manual(void)
{
	char *text = calloc(1, 200000);
	FILE *f = fopen(TEST_SRCDIR "/../man/agentauth.1", "r");

	assert_non_null(f);
	assert_true(fread(text, 1, 199999, f) > 0);
	fclose(f);
	return text;
}

/* From the command's heading to the next. */
static char *section_of(const char *manual, const char *command)
{
	char heading[64], *begin, *end;

	(void)snprintf(heading, sizeof(heading), "\n.Ss %s\n", command);
	begin = strstr(manual, heading);
	assert_non_null(begin);
	end = strstr(begin + 1, "\n.S");
	return strndup(begin, end ? (size_t)(end - begin) : strlen(begin));
}

TEST(the_manual_names_every_option_and_no_other)
{
	char *manual = read_manual();

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char *section = section_of(manual, all[i]->name), text[64];

		for (const struct option_spec *option = all[i]->options; option && option->name; option++) {
			(void)snprintf(text, sizeof(text), ".It Fl -%s%s", option->name,
				       option->argument ? " Ar " : "\n");
			if (!strstr(section, text))
				fail_msg("agentauth.1 does not describe %s --%s", all[i]->name, option->name);
		}
		for (char *p = strstr(section, ".It Fl -"); p; p = strstr(p + 1, ".It Fl -")) {
			bool known = false;

			for (const struct option_spec *option = all[i]->options; option && option->name;
			     option++)
				known |= strncmp(p + 8, option->name, strlen(option->name)) == 0 &&
					 strchr(" \n", p[8 + strlen(option->name)]);
			if (!known)
				fail_msg("agentauth.1 describes for %s what it does not know: %.20s",
					 all[i]->name, p + 7);
		}
		free(section);
	}
	free(manual);
}

TEST(every_command_prints_its_help)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		RUN(*all[i], "", "--help", NULL);
		assert_int_equal(o.status, 0);
		assert_memory_equal(o.out, "Usage: agentauth ", 17);
		assert_non_null(strstr(o.out, all[i]->summary));
	}
}
