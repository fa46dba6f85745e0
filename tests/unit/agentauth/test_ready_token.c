/* SPDX-License-Identifier: Apache-2.0 */
/* test_ready_token.c: tokens that the platform gave: where they are read from, and what is looked at before one is shown. */
#include "config.h"

#include "tests/unit/support/jose_make.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/local/profile.h"

static struct output o;

#define AUDIENCE "ssh://web01.example.com"
#define PROMPT \
	"(builder-7@web01.example.com) Agent credential for builder-7 at " AUDIENCE \
	" [agentauth/1 part 1 nonce " \
	"n0nce]: "

static void ask(void)
{
	run_command(&o, &command_askpass, "", 0, (const char *const[]){PROMPT, NULL});
}

static void assert_refused(const char *because)
{
	ask();
	assert_int_equal(o.status, 1);
	assert_string_equal(o.out, "");
	if (!strstr(o.err, because))
		fail_msg("\"%s\" is not in: %s", because, o.err);
}

static void write_profile(const char *settings)
{
	char text[1024];

	(void)snprintf(text, sizeof(text),
		       "profiles = { pod = { hosts = [ \"web01.example.com\" ]; audiences = [ \"" AUDIENCE
		       "\" ]; agent = \"builder-7\"; %s }; };",
		       settings);
	home_write(".config/agentauth/config", text, 0600);
}

static const char *encoded(const char *text)
{
	static char out[2][2048];
	static unsigned turn;
	char *b64 = aa_base64url_encode((const uint8_t *)text, strlen(text));

	assert_non_null(b64);
	turn = !turn;
	(void)snprintf(out[turn], sizeof(out[turn]), "%s", b64);
	free(b64);
	return out[turn];
}

/* Nobody verifies on this side: the signature is two letters. */
static const char *token_with(const char *aud, int64_t life)
{
	static char token[4096];
	char claims[512];

	(void)snprintf(claims, sizeof(claims), "{\"iss\":\"https://k8s\",\"aud\":%s,\"exp\":%lld}", aud,
		       (long long)(time(NULL) + life));
	(void)snprintf(token, sizeof(token), "%s.%s.QQ", encoded("{\"alg\":\"RS256\"}"), encoded(claims));
	return token;
}

static void assert_shown(const char *token)
{
	ask();
	if (o.status != 0)
		fail_msg("%s", o.err);
	o.out[strcspn(o.out, "\n")] = 0;
	assert_string_equal(o.out, token);
}

TEST(a_ready_token_is_read_anew_each_time_and_shown, home)
{
	char first[4096];

	write_profile("token = { env = \"THE_TOKEN\"; };");
	(void)snprintf(first, sizeof(first), "%s", token_with("\"" AUDIENCE "\"", 600));
	setenv("THE_TOKEN", first, 1);
	assert_shown(first);
	setenv("THE_TOKEN", token_with("[\"x\",\"" AUDIENCE "\"]", 300), 1);
	assert_shown(getenv("THE_TOKEN"));
	unsetenv("THE_TOKEN");
	assert_refused("THE_TOKEN");
}

TEST(line_ends_and_blanks_around_a_token_are_no_part_of_it, home)
{
	char padded[4200], token[4096];

	write_profile("token = { command = [ \"sh\", \"-c\", \"cat $HOME/printed\" ]; };");
	(void)snprintf(token, sizeof(token), "%s", token_with("\"" AUDIENCE "\"", 600));
	(void)snprintf(padded, sizeof(padded), " \t%s \r\n\n", token);
	home_write("printed", padded, 0600);
	assert_shown(token);
}

TEST(it_is_not_shown_for_fewer_roles_and_a_task_is_said_to_be_lost, home)
{
	char token[4096];

	write_profile("token = { env = \"THE_TOKEN\"; };");
	(void)snprintf(token, sizeof(token), "%s", token_with("\"" AUDIENCE "\"", 600));
	setenv("THE_TOKEN", token, 1);
	setenv("AGENTAUTH_ASK_SCOPE", "deploy", 1);
	assert_refused("fewer roles were asked for");
	unsetenv("AGENTAUTH_ASK_SCOPE");
	setenv("AGENTAUTH_ASK_TASK", "release", 1);
	assert_shown(token);
	assert_non_null(strstr(o.err, "the host is not told the task"));
	unsetenv("AGENTAUTH_ASK_TASK");
	assert_shown(token);
	assert_null(strstr(o.err, "task"));
	unsetenv("THE_TOKEN");
}

TEST(what_no_host_would_take_is_not_shown, home)
{
	write_profile("token = { env = \"THE_TOKEN\"; };");
	setenv("THE_TOKEN", token_with("\"https://kubernetes.default.svc\"", 600), 1);
	assert_refused("is for \"https://kubernetes.default.svc\"");
	setenv("THE_TOKEN", token_with("\"" AUDIENCE "\"", -5), 1);
	assert_refused("expired 5 s ago");
	setenv("THE_TOKEN", "ya29.opaque", 1);
	assert_refused("is no JWT");
	setenv("THE_TOKEN", "", 1);
	assert_refused("is empty");
	setenv("THE_TOKEN", token_with("\"" AUDIENCE "\"", 600), 1);
	assert_shown(getenv("THE_TOKEN"));
}

TEST(a_profile_may_name_the_audience_that_its_tokens_have, home)
{
	write_profile("token = { env = \"THE_TOKEN\"; }; audience = \"api://hosts\";");
	setenv("THE_TOKEN", token_with("\"api://hosts\"", 600), 1);
	assert_shown(getenv("THE_TOKEN"));
	setenv("THE_TOKEN", token_with("\"" AUDIENCE "\"", 600), 1);
	assert_refused("and not for \"api://hosts\"");
	unsetenv("THE_TOKEN");
}

static void assert_profile_is_wrong(const char *settings)
{
	write_profile(settings);
	assert_refused("one of the two");
}

TEST(a_ready_token_goes_with_nothing_that_asks_for_one, home)
{
	assert_profile_is_wrong("token = { env = \"T\"; }; issuer = \"https://idp\";");
	assert_profile_is_wrong("token = { env = \"T\"; }; client_id = \"x\";");
	assert_profile_is_wrong("token = { env = \"T\"; }; key = \"k.pem\";");
	assert_profile_is_wrong("token = { env = \"T\"; }; scope = \"deploy\";");
}

/* Kubernetes: agentauth -> ..data/agentauth, ..data -> ..2026_11_29, all of root's. */
static void lay_out_as_kubernetes_does(const char *root, const char *token, mode_t mode)
{
	char path[256];
	FILE *f;

	assert_int_equal(mkdir(root, 0755), 0);
	assert_int_equal(chmod(root, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/..2026_11_29", root);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/..2026_11_29/agentauth", root);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(token, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
	(void)snprintf(path, sizeof(path), "%s/..data", root);
	assert_int_equal(symlink("..2026_11_29", path), 0);
	(void)snprintf(path, sizeof(path), "%s/agentauth", root);
	assert_int_equal(symlink("..data/agentauth", path), 0);
}

static void remove_layout(const char *root)
{
	static const char *const names[] = {"agentauth", "..data", "..2026_11_29/agentauth", "..2026_11_29",
					    ""};
	char path[256];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", root, names[i]);
		(void)remove(path);
	}
}

TEST(a_projected_token_of_root_behind_links_is_read, home)
{
	char root[64], settings[256], token[4096];

	if (geteuid() != 0)
		skip();
	/* not below /tmp, which everybody can write to */
	(void)snprintf(root, sizeof(root), "/run/agentauth-test-%d", getpid());
	(void)snprintf(token, sizeof(token), "%s", token_with("\"" AUDIENCE "\"", 600));
	(void)snprintf(settings, sizeof(settings), "token = { file = \"%s/agentauth\"; };", root);
	write_profile(settings);
	lay_out_as_kubernetes_does(root, token, 0440);
	assert_shown(token);
	remove_layout(root);
	lay_out_as_kubernetes_does(root, token, 0644);
	assert_shown(token);
	assert_int_equal(chmod(root, 01777), 0); /* as it is in a pod */
	assert_shown(token);
	assert_int_equal(chmod(root, 0777), 0);
	assert_refused("has mode 0644");
	assert_int_equal(chmod(root, 0755), 0);
	remove_layout(root);
	lay_out_as_kubernetes_does(root, token, 0664);
	assert_refused("has mode 0664");
	remove_layout(root);
	lay_out_as_kubernetes_does(root, token, 0644);
	(void)snprintf(token, sizeof(token), "%s/agentauth", root);
	assert_int_equal(chown(token, 65533, 65533), 0);
	assert_refused("belongs to uid 65533");
	remove_layout(root);
}
