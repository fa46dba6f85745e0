/* SPDX-License-Identifier: Apache-2.0 */
/* test_token_shown.c: tokens as askpass and the commands show them. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "tests/unit/agentauth/token_steps.h"
#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/tls_server.h"
#include "tools/agentauth/commands/commands.h"

/* ---- presenting it ------------------------------------------------------------------------------ */

#define HOST "hosts = [ \"web01\" ]; audiences = [ \"ssh://web01\" ]; agent = \"builder-7\"; "

static void ask(unsigned part, const char *audience)
{
	char prompt[256];

	(void)snprintf(
	    prompt, sizeof(prompt),
	    "(builder-7@web01) Agent credential for builder-7 at %s [agentauth/1 part %u nonce n0]: ",
	    audience, part);
	run_command(&o, &command_askpass, "", 0, (const char *const[]){prompt, NULL});
}

TEST(askpass_gives_a_token_of_any_length_in_parts, provider)
{
	static const char *const names[] = {"long1500", "long4096", "long12288", "long16384"};

	for (size_t i = 0; i < 4; i++) {
		size_t len = (size_t)atoi(names[i] + 4), got = 0;
		unsigned part = 0;
		bool more = true;

		write_config(names[i], SECRET HOST);
		while (more) {
			size_t n;

			ask(++part, "ssh://web01");
			if (o.status != 0)
				fail_msg("%s", o.err);
			n = strlen(o.out) - 1; /* the newline */
			more = o.out[n - 1] == '+';
			n -= more;
			assert_true(n <= 510);
			for (size_t k = 0; k < n; k++)
				assert_int_equal(o.out[k], long_token_at(got + k));
			got += n;
		}
		assert_int_equal(got, len);
		assert_int_equal(part, (len + 509) / 510);
	}
}

TEST(askpass_gives_nothing_that_no_host_takes, provider)
{
	write_config("long16385", SECRET HOST);
	ask(1, "ssh://web01");
	assert_fails("no host takes more than 16384");
}

/* An opaque token would go to a host that cannot read it: nothing is shown, whichever grant it is of. */
TEST(a_token_that_no_host_can_read_is_said_before_it_is_shown, provider)
{
	static const char *const grants[] = {
	    SECRET,
	    SECRET "grant = \"token_exchange\"; subject_token = { env = \"IDP_SECRET\"; }; ",
	    "key = \"~/key.pem\"; grant = \"jwt_bearer\"; ",
	    "key = \"~/key.pem\"; ",
	};
	char more[512];

	write_key(AA_ALG_ES256);
	for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++) {
		(void)snprintf(more, sizeof(more), "%s%s", grants[i], HOST);
		write_config("plain", more);
		ask(1, "ssh://web01");
		assert_fails("nothing is shown: the token of the profile p is no JWT");
		assert_non_null(strstr(o.err, "resource or audience in the profile"));
		write_config("jwts", more);
		ask(1, "ssh://web01");
		assert_int_equal(o.status, 0);
		assert_memory_equal(o.out, JWT_LOOKS "t", strlen(JWT_LOOKS "t"));
	}
	write_config("encrypts", SECRET HOST);
	ask(1, "ssh://web01");
	assert_fails("but encrypted (five)");
}

/* It may be meant for somebody else than a host: it is printed, and a profile that names hosts is told. */
TEST(a_token_that_no_host_can_read_is_printed_with_a_word_about_hosts, provider)
{
	write_config("plain", SECRET HOST);
	RUN("--profile", "p");
	assert_prints("t1");
	assert_non_null(strstr(o.err, "no host would take this: the token of the profile p is no JWT"));
	write_config("plain", SECRET);
	RUN("--profile", "p", "--fresh");
	assert_prints("t2");
	assert_string_equal(o.err, "");
	write_config("jwts", SECRET HOST);
	RUN("--profile", "p");
	assert_string_equal(o.err, "");
}

TEST(askpass_asks_for_a_token_at_each_login_unless_told_otherwise, provider)
{
	write_config("jwts", SECRET HOST);
	RUN("--profile", "p");
	assert_prints(JWT_LOOKS "t1");
	ask(1, "ssh://web01");
	assert_prints(JWT_LOOKS "t2\n");
	ask(1, "ssh://web01");
	assert_prints(JWT_LOOKS "t3\n");
	write_config("jwts", SECRET HOST "reuse = \"until_expiry\";");
	ask(1, "ssh://web01");
	assert_prints(JWT_LOOKS "t1\n");
	ask(1, "ssh://web01");
	assert_prints(JWT_LOOKS "t1\n");
}

TEST(askpass_gives_no_token_to_whom_the_profile_does_not_name, provider)
{
	write_config("jwts", SECRET HOST);
	ask(1, "ssh://web02");
	assert_fails("not among the audiences");
	write_config("jwts", SECRET);
	ask(1, "ssh://web01");
	assert_fails("no profile in");
	assert_int_equal(tls_server_count("/jwts/token"), 0);
}

TEST(each_host_gets_a_token_for_itself_where_the_profile_says_so, provider)
{
	write_config("jwts",
		     SECRET "hosts = [ \"web01\" ]; audiences = [ \"ssh://web01\", \"ssh://web02\" ]; "
			    "agent = \"builder-7\"; resource = [ \"asked\" ]; reuse = \"until_expiry\";");
	ask(1, "ssh://web01");
	assert_prints(JWT_LOOKS "t1\n");
	assert_string_equal(sent_to("/jwts/token", "resource"), "ssh://web01");
	ask(1, "ssh://web02");
	assert_prints(JWT_LOOKS "t2\n");
	assert_string_equal(sent_to("/jwts/token", "resource"), "ssh://web02");
	ask(1, "ssh://web03");
	assert_fails("not among the audiences");
	RUN("--profile", "p");
	assert_fails("--resource says for which one");
	RUN("--profile", "p", "--resource", "ssh://web02");
	assert_prints(JWT_LOOKS "t2");
}

TEST(askpass_waits_for_nobody, provider)
{
	write_config("rotates", DEVICE HOST);
	ask(1, "ssh://web01");
	assert_fails("Run: agentauth token --profile p --login");
	assert_int_equal(tls_server_count("/rotates/device"), 0);
}

/* ---- a service account's file ---------------------------------------------------------------------- */

TEST(a_service_accounts_file_becomes_a_key_and_a_profile, provider)
{
	struct stat st;
	char *pem, *text;
	json_t *json;
	FILE *f;

	write_key(AA_ALG_RS256);
	pem = calloc(1, 16384);
	f = fopen(home_path("key.pem"), "r");
	assert_true(fread(pem, 1, 16383, f) > 0);
	fclose(f);
	json = json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", "service_account", "private_key_id", "k1",
			 "private_key", pem, "client_email", "b7@p.iam.gserviceaccount.com", "token_uri",
			 "https://oauth2.googleapis.com/token");
	text = json_dumps(json, 0);
	home_write("account.json", text, 0600);
	run_command(&o, &command_keygen, "", 0,
		    (const char *const[]){"--import", home_path("account.json"), NULL});
	assert_int_equal(o.status, 0);
	assert_memory_equal(o.out, "-----BEGIN PUBLIC KEY-----", 26);
	assert_non_null(strstr(o.err, "client_id = \"b7@p.iam.gserviceaccount.com\"; kid = \"k1\""));
	assert_null(strstr(o.err, "PRIVATE KEY"));
	assert_int_equal(stat(home_path(".config/agentauth/key.pem"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	run_command(&o, &command_keygen, "", 0,
		    (const char *const[]){"--import", home_path("account.json"), NULL});
	assert_fails("not overwritten");
	json_object_del(json, "client_email");
	free(text);
	text = json_dumps(json, 0);
	home_write("account.json", text, 0600);
	unlink(home_path(".config/agentauth/key.pem"));
	run_command(&o, &command_keygen, "", 0,
		    (const char *const[]){"--import", home_path("account.json"), NULL});
	assert_fails("lacks private_key");
	home_write("account.json", text, 0644);
	run_command(&o, &command_keygen, "", 0,
		    (const char *const[]){"--import", home_path("account.json"), NULL});
	assert_fails("chmod 600");
	json_decref(json);
	free(text);
	free(pem);
}
