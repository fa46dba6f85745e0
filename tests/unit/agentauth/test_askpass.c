/* SPDX-License-Identifier: Apache-2.0 */
/* test_askpass.c: which prompt askpass answers, with what, and in how many parts. */
#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "tests/unit/agentauth/command_steps.h"
#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"
#include "tools/agentauth/commands/commands.h"

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
	assert_member(claims, "sub", "builder-7");
	assert_member(claims, "aud", "ssh://web01.example.com");
	assert_member(claims, "nonce", "n0nce");
	assert_member(claims, "scope", "deploy");
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
	assert_member(claims, "scope", "audit");
	assert_member(claims, "task", "ticket 7");
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
	assert_member(claims, "scope", "deploy");
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
	assert_member(claims, "nonce", "n1");
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
	assert_member(claims, "nonce", "n0nce");
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
