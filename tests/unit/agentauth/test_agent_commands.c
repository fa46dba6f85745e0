/* SPDX-License-Identifier: Apache-2.0 */
/* test_agent_commands.c: the agent's commands as they are typed: what they print, what they refuse, and with which status. */
#include "config.h"

#include "tests/unit/support/jose_make.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "common/jose/key.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"
#include "tools/agentauth/commands/commands.h"

static struct output o;

/* Arguments up to a NULL. */
#define RUN(command, input, ...) \
	run_command(&o, &(command), input, strlen(input), (const char *const[]){__VA_ARGS__})

static void assert_said(int status, const char *what)
{
	assert_int_equal(o.status, status);
	assert_string_equal(o.out, "");
	assert_non_null(strstr(o.err, what));
}

static const char *key_file(void)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s", home_path(".config/agentauth/key.pem"));
	return path;
}

static const char *public_file(void)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s", home_path("public.pem"));
	return path;
}

/* A key in its default place; the public half in HOME/public.pem. */
static void generate(const char *alg)
{
	RUN(command_keygen, "", "--alg", alg, NULL);
	assert_int_equal(o.status, 0);
	home_write("public.pem", o.out, 0644);
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
	assert_string_equal(json_string_value(json_object_get(json, "alg")), "PS256");
	assert_string_equal(json_string_value(json_object_get(json, "private_key_file")), key_file());
	assert_int_equal(json_string_length(json_object_get(json_object_get(json, "jwk"), "n")), 342);
	/* a provider to which the JWK is given finds the key by the id that assertions name */
	assert_string_equal(json_string_value(json_object_get(json_object_get(json, "jwk"), "kid")),
			    json_string_value(json_object_get(json, "kid")));
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
	assert_string_equal(json_string_value(json_object_get(json, "payload")), "");
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
	assert_string_equal(json_string_value(json_object_get(json, "payload")), "eA");
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

/* ---- askpass ------------------------------------------------------------------- */

#define PROMPT_OF(user, host, agent, audience) \
	"(" user "@" host ") Agent credential for " agent " at " audience \
	" [agentauth/1 part 1 nonce n0nce]: "
#define PROMPT PROMPT_OF("builder-7", "web01.example.com", "builder-7", "ssh://web01.example.com")

static void write_config(void)
{
	home_write(".config/agentauth/config",
		   "profiles = {\n"
		   "  web = { hosts = [ \"web01.example.com\" ]; audiences = [ \"ssh://web01.example.com\" "
		   "]; agent = \"builder-7\";\n"
		   "          scope = \"deploy\"; };\n"
		   "  other = { hosts = [ \"evil.example\" ]; audiences = [ \"ssh://evil.example\" ]; agent "
		   "= \"builder-7\"; };\n"
		   "};\n",
		   0600);
}

static json_t *verified_claims(const char *answer)
{
	static char token[65536];

	strcpy(token, answer);
	token[strcspn(token, "\n")] = 0;
	RUN(command_verify, token, "--key", public_file(), NULL);
	assert_int_equal(o.status, 0);
	return make_json(o.out);
}

TEST(askpass_answers_a_prompt_that_a_profile_lists, home)
{
	json_t *claims;

	generate("ES256");
	write_config();
	RUN(command_askpass, "", PROMPT, NULL);
	assert_int_equal(o.status, 0);
	assert_string_equal(o.err, "");
	claims = verified_claims(o.out);
	assert_string_equal(json_string_value(json_object_get(claims, "sub")), "builder-7");
	assert_string_equal(json_string_value(json_object_get(claims, "aud")), "ssh://web01.example.com");
	assert_string_equal(json_string_value(json_object_get(claims, "nonce")), "n0nce");
	assert_string_equal(json_string_value(json_object_get(claims, "scope")), "deploy");
	json_decref(claims);
}

TEST(askpass_takes_scope_and_task_from_the_environment, home)
{
	json_t *claims;

	generate("ES256");
	write_config();
	setenv("AGENTAUTH_ASK_SCOPE", "audit", 1);
	setenv("AGENTAUTH_ASK_TASK", "ticket 7", 1);
	RUN(command_askpass, "", PROMPT, NULL);
	claims = verified_claims(o.out);
	assert_string_equal(json_string_value(json_object_get(claims, "scope")), "audit");
	assert_string_equal(json_string_value(json_object_get(claims, "task")), "ticket 7");
	json_decref(claims);
}

TEST(the_variables_of_a_session_are_not_asked_for_by_its_next_login, home)
{
	json_t *claims;

	generate("ES256");
	write_config();
	setenv("AGENTAUTH_TASK", "what this session is for", 1);
	setenv("AGENTAUTH_ROLES", "logs", 1);
	RUN(command_askpass, "", PROMPT, NULL);
	claims = verified_claims(o.out);
	assert_null(json_object_get(claims, "task"));
	assert_string_equal(json_string_value(json_object_get(claims, "scope")), "deploy");
	json_decref(claims);
	unsetenv("AGENTAUTH_ROLES");
}

TEST(the_older_name_of_the_scope_does_not_widen_a_login, home)
{
	generate("ES256");
	write_config();
	setenv("AGENTAUTH_SCOPE", "audit", 1);
	RUN(command_askpass, "", PROMPT, NULL);
	assert_int_equal(o.status, 1);
	assert_string_equal(o.out, "");
	assert_non_null(strstr(o.err, "AGENTAUTH_ASK_SCOPE does"));
	setenv("AGENTAUTH_ASK_SCOPE", "audit", 1);
	RUN(command_askpass, "", PROMPT, NULL);
	assert_int_equal(o.status, 0);
}

TEST(a_host_that_shows_anothers_prompt_gets_nothing, home)
{
	generate("ES256");
	write_config();
	RUN(command_askpass, "", PROMPT_OF("builder-7", "evil.example", "builder-7", "ssh://evil.example"),
	    NULL);
	assert_int_equal(o.status, 0);
	RUN(command_askpass, "",
	    PROMPT_OF("builder-7", "evil.example", "builder-7", "ssh://web01.example.com"), NULL);
	assert_said(1, "not among the audiences");
	RUN(command_askpass, "",
	    PROMPT_OF("builder-7", "unheard.example", "builder-7", "ssh://web01.example.com"), NULL);
	assert_said(1, "the host which ssh named");
	RUN(command_askpass, "",
	    PROMPT_OF("builder-7", "web01.example.com", "builder-8", "ssh://web01.example.com"), NULL);
	assert_said(1, "another agent");
	RUN(command_askpass, "",
	    PROMPT_OF("builder-8", "web01.example.com", "builder-7", "ssh://web01.example.com"), NULL);
	assert_said(1, "another agent");
	RUN(command_askpass, "",
	    PROMPT_OF("builder-7", "web01.example.com", "builder-7", "ssh://web01.example.com/"), NULL);
	assert_said(1, "not among the audiences");
}

TEST(one_host_of_a_profile_gets_nothing_that_is_anothers, home)
{
	generate("ES256");
	home_write(
	    ".config/agentauth/config",
	    "profiles = { both = { hosts = [ \"web01.example.com\", \"evil.example\" ]; agent = "
	    "\"builder-7\"; audiences = [ \"ssh://web01.example.com\", \"ssh://evil.example\" ]; }; };",
	    0600);
	RUN(command_askpass, "", PROMPT, NULL);
	assert_int_equal(o.status, 0);
	RUN(command_askpass, "",
	    PROMPT_OF("builder-7", "evil.example", "builder-7", "ssh://web01.example.com"), NULL);
	assert_said(1, "not among the audiences");
	RUN(command_askpass, "", PROMPT_OF("builder-7", "evil.example", "builder-7", "ssh://evil.example"),
	    NULL);
	assert_int_equal(o.status, 0);
}

TEST(two_profiles_that_fit_are_both_named, home)
{
	generate("ES256");
	home_write(
	    ".config/agentauth/config",
	    "profiles = {\n"
	    "  narrow = { hosts = [ \"web01.example.com\" ]; audiences = [ \"ssh://web01.example.com\" ]; "
	    "agent = \"builder-7\"; scope = \"logs\"; };\n"
	    "  wide = { hosts = [ \"web01.example.com\" ]; audiences = [ \"ssh://web01.example.com\" ]; "
	    "agent = \"builder-7\"; };\n"
	    "};\n",
	    0600);
	RUN(command_askpass, "", PROMPT, NULL);
	assert_said(1, "the profiles \"narrow\" and \"wide\"");
	RUN(command_askpass, "", "--profile", "wide", PROMPT, NULL);
	assert_int_equal(o.status, 0);
}

TEST(askpass_answers_no_other_question, home)
{
	generate("ES256");
	write_config();
	RUN(command_askpass, "", "Verification code: ", NULL);
	assert_said(1, "not the prompt");
	RUN(command_askpass, "", "builder-7@web01.example.com's password: ", NULL);
	assert_said(1, "as it asks people");
	RUN(command_askpass, "", "(builder-7@web01.example.com) Password: \033[2J", NULL);
	assert_said(1, "as it asks people");
	assert_null(strchr(o.err, '\033'));
	RUN(command_askpass, "",
	    "(builder-7@web01.example.com) Agent credential for builder-7 at ssh://web01.example.com "
	    "[agentauth/2 part 1 nonce password-abc]: ",
	    NULL);
	assert_said(1, "in a way that agentauth");
	assert_null(strstr(o.err, "as it asks people"));
	RUN(command_askpass, "",
	    "The authenticity of host 'web01' can't be established.\nAre you sure (yes/no)? ", NULL);
	assert_said(1, "this host's key. Compare it");
	RUN(command_askpass, "",
	    "The authenticity of host 'web01' can't be established.\nED25519 key fingerprint is "
	    "SHA256:abc+/.\n",
	    NULL);
	assert_said(1, "this host's key (SHA256:abc+/). Compare it");
	assert_non_null(strstr(o.err, "agentauth ssh -o StrictHostKeyChecking=accept-new"));
	RUN(command_askpass, "", "Enter passphrase for key '/x': ", NULL);
	assert_said(1, "ssh-agent");
	RUN(command_askpass, "", strstr(PROMPT, "Agent"), NULL);
	assert_said(1, "OpenSSH 8.5");
	RUN(command_askpass, "", NULL);
	assert_said(2, "one argument");
}

TEST(a_profile_can_be_named, home)
{
	generate("ES256");
	write_config();
	RUN(command_askpass, "", "--profile", "web", PROMPT, NULL);
	assert_int_equal(o.status, 0);
	RUN(command_askpass, "", "--profile", "other", PROMPT, NULL);
	assert_said(1, "the host which ssh named");
	setenv("AGENTAUTH_PROFILE", "none", 1);
	RUN(command_askpass, "", PROMPT, NULL);
	assert_said(1, "no profile \"none\"");
}

static void ask(unsigned part, const char *nonce)
{
	char prompt[256];

	(void)snprintf(prompt, sizeof(prompt),
		       "(builder-7@web01.example.com) Agent credential for builder-7 at "
		       "ssh://web01.example.com [agentauth/1 part %u nonce %s]: ",
		       part, nonce);
	RUN(command_askpass, "", prompt, NULL);
}

TEST(a_long_answer_comes_in_parts_and_leaves_nothing_behind, home)
{
	char whole[65536] = "", path[256];
	unsigned part = 0;
	json_t *claims;
	size_t len;

	generate("RS256");
	write_config();
	do {
		ask(++part, "n1");
		assert_int_equal(o.status, 0);
		len = strcspn(o.out, "\n");
		assert_true(len <= 511);
		strncat(whole, o.out, o.out[len - 1] == '+' ? len - 1 : len);
	} while (o.out[len - 1] == '+');
	assert_true(part > 1);
	claims = verified_claims(whole);
	assert_string_equal(json_string_value(json_object_get(claims, "nonce")), "n1");
	json_decref(claims);
	ask(2, "n1"); /* it is over */
	assert_said(1, "not begun here");
	(void)snprintf(path, sizeof(path), "%s/agentauth", getenv("XDG_RUNTIME_DIR"));
	assert_int_equal(rmdir(path), 0); /* it is empty */
}

TEST(two_logins_at_once_keep_their_parts_apart, home)
{
	char one[65536], two[65536];

	generate("RS256");
	write_config();
	ask(1, "n1");
	strcpy(one, o.out);
	ask(1, "n2");
	strcpy(two, o.out);
	one[strcspn(one, "+")] = two[strcspn(two, "+")] = 0;
	ask(2, "n1");
	strcat(one, o.out);
	ask(2, "n2");
	strcat(two, o.out);
	json_decref(verified_claims(one));
	json_decref(verified_claims(two));
	ask(3, "n1");
	assert_said(1, "not begun here");
}

/* ---- answer ----------------------------------------------------------------------- */

#define SERVERS_WORDS \
	"Agent credential for builder-7 at ssh://web01.example.com [agentauth/1 part 1 nonce n0nce]:"

TEST(answer_gives_the_whole_credential_to_a_host_that_the_caller_names, home)
{
	json_t *claims;

	generate("RS256");
	write_config();
	RUN(command_answer, "", "--host", "web01.example.com", "--prompt", SERVERS_WORDS " ", NULL);
	assert_int_equal(o.status, 0);
	assert_null(strchr(o.out, '+'));
	claims = verified_claims(o.out);
	assert_string_equal(json_string_value(json_object_get(claims, "nonce")), "n0nce");
	json_decref(claims);
	RUN(command_answer, "", "--host", "WEB01.example.com", "--prompt", SERVERS_WORDS "\r\n", NULL);
	assert_int_equal(o.status, 0);
}

TEST(answer_is_as_strict_as_askpass, home)
{
	generate("ES256");
	write_config();
	RUN(command_answer, "", "--host", "evil.example", "--prompt", SERVERS_WORDS, NULL);
	assert_said(1, "not among the audiences");
	RUN(command_answer, "", "--host", "unheard.example", "--prompt", SERVERS_WORDS, NULL);
	assert_said(1, "among its hosts");
	RUN(command_answer, "", "--host", "web01.example.com", "--user", "builder-8", "--prompt",
	    SERVERS_WORDS, NULL);
	assert_said(1, "another agent");
	RUN(command_answer, "", "--host", "web01.example.com", "--prompt", "Password: ", NULL);
	assert_said(1, "not the prompt");
	RUN(command_answer, "", "--host", "x) y", "--prompt", SERVERS_WORDS, NULL);
	assert_said(1, "not the prompt");
	RUN(command_answer, "", "--prompt", SERVERS_WORDS, NULL);
	assert_said(2, "both needed");
	RUN(command_answer, "", "--host", "web01.example.com", "--prompt", SERVERS_WORDS, NULL);
	assert_int_equal(o.status, 0);
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

TEST(run_says_so_where_neither_sudo_nor_run0_is, home)
{
	char *path = strdup(getenv("PATH"));

	setenv("PATH", home_path("empty"), 1);
	RUN(command_run, "", "builder-7", "--", "id", NULL);
	assert_said(1, "neither sudo nor run0");
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
	assert_string_equal(json_string_value(json_object_get(json_object_get(json, "environment"), "agent")),
			    "builder-7");
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
