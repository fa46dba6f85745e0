/* SPDX-License-Identifier: Apache-2.0 */
/* test_profile_command.c: agentauth profile: what it writes is what the other commands read, and nothing that is there is lost. */
#include "config.h"

#include "tests/unit/support/jose_make.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/local/profile.h"

static struct output o;

#define PROFILE(...) run_command(&o, &command_profile, "", 0, (const char *const[]){__VA_ARGS__, NULL})
#define CONFIG ".config/agentauth/config"

static void assert_done(void)
{
	if (o.status != 0)
		fail_msg("%s", o.err);
}

static void assert_said(int status, const char *what)
{
	assert_int_equal(o.status, status);
	if (!strstr(o.err, what))
		fail_msg("\"%s\" is not in: %s", what, o.err);
}

static const char *config_text(void)
{
	static char text[8192];
	FILE *f = fopen(home_path(CONFIG), "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	fclose(f);
	return text;
}

TEST(a_first_profile_answers_at_once, home)
{
	struct stat st;

	PROFILE("add", "builder-7@web01.example.com");
	assert_done();
	assert_int_equal(stat(home_path(CONFIG), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	run_command(&o, &command_keygen, "", 0, (const char *const[]){NULL});
	assert_done();
	run_command(&o, &command_askpass, "", 0,
		    (const char *const[]){"(builder-7@web01.example.com) Agent credential for builder-7 at "
					  "ssh://web01.example.com [agentauth/1 part 1 nonce n]: ",
					  NULL});
	assert_done();
	PROFILE("check");
	assert_done();
	assert_string_equal(o.out, "web01-example-com: good\n");
}

TEST(what_is_there_stays_with_its_comments, home)
{
	static const char first[] =
	    "# mine }\nprofiles = {\n  a = { hosts = [ \"a\" ]; audiences = [ \"x}\" ]; "
	    "agent = \"n\"; };  // }\n};\n/* the end } */\n";

	home_write(CONFIG, first, 0600);
	PROFILE("add", "--agent", "m", "b.example", "--scope", "deploy logs", "--name", "second");
	assert_done();
	assert_string_equal(
	    config_text(),
	    "# mine }\nprofiles = {\n  a = { hosts = [ \"a\" ]; audiences = [ \"x}\" ]; "
	    "agent = \"n\"; };  // }\n"
	    "  second = {\n    hosts = [ \"b.example\" ];\n    audiences = [ \"ssh://b.example\" ];\n"
	    "    agent = \"m\";\n    scope = \"deploy logs\";\n  };\n"
	    "};\n/* the end } */\n");
	PROFILE("list");
	assert_done();
	assert_non_null(strstr(o.out, "second"));
	PROFILE("show", "second");
	assert_done();
	assert_non_null(strstr(o.out, "\"agent\": \"m\""));
}

TEST(a_file_without_profiles_gets_the_first_one, home)
{
	static const char *const texts[] = {"", "# mine\n", "profiles = { };\n"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		home_write(CONFIG, texts[i], 0600);
		PROFILE("add", "builder-7@a");
		assert_done();
		assert_non_null(
		    strstr(config_text(), strncmp(texts[i], "#", 1) == 0 ? "# mine\n" : "profiles"));
		PROFILE("list");
		assert_done();
		assert_non_null(strstr(o.out, "builder-7"));
	}
}

TEST(two_agents_of_one_host_have_profiles_of_two_names, home)
{
	PROFILE("add", "builder-7@a.example");
	assert_done();
	PROFILE("add", "other@a.example");
	assert_done();
	assert_non_null(strstr(config_text(), "  other-a-example = {"));
	PROFILE("add", "third@a.example", "--name", "a-example");
	assert_said(1, "has a profile a-example already; --name gives this one another name");
}

TEST(what_a_new_profile_lacks_is_said_at_once, home)
{
	PROFILE("add", "builder-7@a.example");
	assert_done();
	assert_non_null(strstr(o.err, "agentauth keygen"));
	assert_non_null(strstr(o.out, "When that is mended: agentauth ssh builder-7@a.example"));
	PROFILE("add", "builder-7@b.example:2222");
	assert_said(2, "a profile has no port");
}

TEST(what_would_not_be_read_again_is_not_written, home)
{
	PROFILE("add", "builder-7@a");
	assert_done();
	PROFILE("add", "builder-7@a");
	assert_said(1, "is for builder-7 at a already");
	PROFILE("add", "builder-7@b", "--name", "a");
	assert_said(1, "nothing was written");
	PROFILE("add", "builder-7@b", "--issuer", "https://idp", "--token-env", "T");
	assert_said(1, "one of the two");
	PROFILE("add", "builder-7@b", "--dry-run");
	assert_done();
	assert_null(strstr(config_text(), "\"b\""));
	PROFILE("add", "builder-7@b");
	assert_done();
}

TEST(words_that_mean_nothing_are_usage, home)
{
	PROFILE("add");
	assert_said(2, "which host?");
	PROFILE("add", "web01");
	assert_said(2, "which agent?");
	PROFILE("add", "Root@web01");
	assert_said(2, "no agent's name");
	PROFILE("add", "n@a b");
	assert_said(2, "no host's name");
	PROFILE("add", "n@a", "--scope", "x\ny");
	assert_said(2, "control character");
	PROFILE("add", "n@a", "--client-id", "x");
	assert_said(2, "go with --issuer");
	PROFILE("frobnicate");
	assert_said(2, "add, list, show, check");
	PROFILE("list", "a", "b");
	assert_said(2, "a word too many");
}

TEST(a_relative_key_lies_beside_the_profiles, home)
{
	PROFILE("add", "builder-7@a", "--key", "mine.pem");
	assert_done();
	run_command(&o, &command_keygen, "", 0,
		    (const char *const[]){"--out", home_path(".config/agentauth/mine.pem"), NULL});
	assert_done();
	PROFILE("check");
	assert_done();
	assert_int_equal(chdir("/"), 0);
	PROFILE("check");
	assert_done();
	unlink(home_path(".config/agentauth/mine.pem"));
	PROFILE("check");
	assert_said(1, "mine.pem cannot be opened");
}

TEST(a_file_that_is_there_where_it_is_typed_is_meant, home)
{
	assert_int_equal(chdir(home_path("")), 0);
	run_command(&o, &command_keygen, "", 0, (const char *const[]){"--out", "mine.pem", NULL});
	assert_done();
	PROFILE("add", "builder-7@a", "--key", "mine.pem");
	assert_done();
	assert_non_null(strstr(config_text(), "/home/mine.pem"));
	assert_int_equal(chdir("/"), 0);
	PROFILE("check");
	assert_done();
}

/* Two profiles have settings that do not go together; without these settings the text is good. */
TEST(all_mistakes_are_told_in_one_run_each_where_it_stands, home)
{
	static const char text[] = "profiles = {\n"
				   "  a = { issuer = \"https://i\"; client_id = \"b\"; key = \"k\";\n"
				   "    %s };\n"
				   "  b = { hosts = [ \"a\" ]; audiences = [ \"x\" ]; agent = \"n\";\n"
				   "    %s };\n"
				   "};\n";
	char both[1024];

	(void)snprintf(both, sizeof(both), text, "", "");
	home_write(CONFIG, both, 0600);
	PROFILE("list");
	assert_done();
	(void)snprintf(both, sizeof(both), text, "subject = \"s\";", "client_id = \"b\";");
	home_write(CONFIG, both, 0600);
	PROFILE("list");
	assert_said(1, "config:3:5: profiles.a.subject: goes with grant = \"jwt_bearer\"");
	assert_said(1, "config:5:5: profiles.b.client_id: is about an identity provider's token");
}
