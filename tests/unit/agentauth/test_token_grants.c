/* SPDX-License-Identifier: Apache-2.0 */
/* test_token_grants.c: one grant after the other. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include <jansson.h>

#include "tests/unit/agentauth/token_steps.h"
#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/tls_server.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/local/profiles.h"
#include "tools/agentauth/oauth/token_grant.h"

static unsigned waits[16], n_waits;

static void note_wait(int64_t ms)
{
	waits[n_waits++] = (unsigned)(ms / 1000);
}

TEST(a_client_that_is_refused_without_a_reason_is_told_what_to_look_at, provider)
{
	write_config("mute", SECRET);
	RUN("--profile", "p");
	assert_fails("refuses the client (HTTP 403)");
	write_config("errorless", SECRET);
	RUN("--profile", "p");
	assert_fails("refuses the client (HTTP 401)");
	write_config("wordless", SECRET);
	RUN("--profile", "p");
	assert_fails("refuses the request (HTTP 400) and gives no reason: it may not know grant = "
		     "\"client_credentials\"");
	write_config("plain", SECRET);
	RUN("--profile", "p");
	assert_int_equal(o.status, 0);
}

/* A provider that cannot do what the profile says tells so in its metadata, and calls it invalid_client or nothing. */
TEST(a_client_that_is_refused_is_told_which_ways_the_metadata_names, provider)
{
	static const char said[] =
	    "the identity provider's metadata names client_secret_post, private_key_jwt; the "
	    "profile's client_auth is client_secret_basic";

	run_for("late");
	assert_fails(said);
	run_for("mute");
	assert_fails(said);
	run_for("punctual");
	assert_fails("invalid_client");
	assert_null(strstr(o.err, "metadata names"));
	run_for("errorless");
	assert_fails("refuses the client");
	assert_null(strstr(o.err, "metadata names"));
}

TEST(a_device_waits_as_long_as_it_is_told_to, provider)
{
	char *text = config_text("device", DEVICE);
	struct profiles *all = profiles_parse(text, "config");
	struct idp idp = {0};
	struct grant grant = {.idp = &idp, .now = 1800000000, .wait = note_wait};
	struct token token = {0};

	n_waits = 0;
	assert_int_equal(idp_find(profiles_at(all, 0), &idp), 0);
	assert_int_equal(grant_device_code(&grant, &token), 0);
	assert_int_equal(n_waits, 5);
	assert_int_equal(waits[0], 1);
	assert_int_equal(waits[1], 1);
	assert_int_equal(waits[2], 6);
	assert_int_equal(waits[3], 11);
	assert_int_equal(waits[4], 11);
	assert_string_equal(token.text, "d5");
	/* the provider's 600 s begin when it answered */
	assert_int_equal(token.expires, 1800000000 + 30 + 600);
	token_free(&token);
	idp_free(&idp);
	profiles_free(all);
	free(text);
}

/* With client_secret_basic and no wishes the form is empty: the request is a POST all the same, and goes nowhere
 * else. */
TEST(a_device_code_is_asked_for_by_post_with_an_empty_form, provider)
{
	char *text = config_text("device", DEVICE "client_secret = { env = \"SECRET\"; }; ");
	struct profiles *all = profiles_parse(text, "config");
	struct idp idp = {0};
	struct grant grant = {.idp = &idp, .now = 1800000000, .wait = note_wait};
	struct token token = {0};
	unsigned before = tls_server_count("/device/device");

	assert_non_null(all);
	setenv("SECRET", "s", 1);
	n_waits = 0;
	assert_int_equal(idp_find(profiles_at(all, 0), &idp), 0);
	assert_int_equal(grant_device_code(&grant, &token), 0);
	assert_int_equal(tls_server_count("/device/device"), before + 1);
	token_free(&token);
	idp_free(&idp);
	profiles_free(all);
	free(text);
}

TEST(without_a_login_nobody_is_waited_for, provider)
{
	write_config("rotates", DEVICE);
	RUN("--profile", "p");
	assert_fails("Run: agentauth token --profile p --login");
	assert_int_equal(tls_server_count("/rotates/device"), 0);
	write_config("rotates", "grant = \"authorization_code\";");
	RUN("--profile", "p");
	assert_fails("Run: agentauth token --profile p --login");
}

TEST(a_refresh_token_is_replaced_each_time_and_outlives_its_tokens, provider)
{
	int64_t now = 1800000000;

	assert_string_equal(token_at("rotates", DEVICE, login, now), "t1");
	assert_non_null(strstr(cache_file(), "/.cache/agentauth/"));
	assert_string_equal(token_at("rotates", DEVICE, any, now + 10), "t1");
	for (unsigned i = 2; i < 6; i++) {
		char expected[8];

		(void)snprintf(expected, sizeof(expected), "t%u", i);
		now += 600;
		assert_string_equal(token_at("rotates", DEVICE, any, now), expected);
		assert_string_equal(token_at("rotates", DEVICE, any, now), expected);
	}
	/* for a login alone: the refresh token is rotated and kept, the access token is not */
	assert_string_equal(token_at("rotates", DEVICE, once, now), "t6");
	assert_string_equal(token_at("rotates", DEVICE, any, now), "t7");
}

/* The kept one, used by somebody else. */
static void spend_refresh_token(void)
{
	char *text = config_text("rotates", DEVICE);
	struct profiles *all = profiles_parse(text, "config");
	struct idp idp = {0};
	struct grant grant = {.idp = &idp, .now = 1800000600};
	struct token token = {0};

	assert_int_equal(idp_find(profiles_at(all, 0), &idp), 0);
	assert_int_equal(grant_refresh(&grant, "r2", &token), 0);
	token_free(&token);
	idp_free(&idp);
	profiles_free(all);
	free(text);
}

TEST(what_is_forgotten_is_gone_with_its_refresh_token, provider)
{
	assert_string_equal(token_at("rotates", DEVICE, login, time(NULL)), "t1");
	write_config("rotates", DEVICE);
	RUN("--profile", "p");
	assert_prints("t1");
	RUN("--profile", "p", "--forget");
	assert_prints("");
	RUN("--profile", "p");
	assert_fails("Run: agentauth token --profile p --login");
	RUN("--profile", "p", "--forget");
	assert_prints("");
}

TEST(a_refresh_token_that_is_no_longer_taken_needs_a_login, provider)
{
	unsigned asked;

	assert_string_equal(token_at("rotates", DEVICE, login, 1800000000), "t1");
	assert_string_equal(token_at("rotates", DEVICE, any, 1800000600), "t2");
	write_config("rotates", DEVICE);
	/* somebody else uses it meanwhile, as a thief would */
	spend_refresh_token();
	RUN("--profile", "p");
	assert_fails("invalid_grant: used before");
	assert_non_null(strstr(o.err, "Run: agentauth token --profile p --login"));
	asked = tls_server_count("/rotates/token");
	RUN("--profile", "p", "--scope", "x");
	assert_fails("Run: agentauth token --profile p --scope 'x' --login");
	RUN("--profile", "p");
	assert_fails("Run: agentauth token --profile p --login");
	assert_int_equal(tls_server_count("/rotates/token"), asked);
}

static const char *sent(const char *name)
{
	return sent_to("/plain/token", name);
}

TEST(an_exchange_sends_the_subjects_and_the_actors_token, provider)
{
	char *text = NULL;

	home_write("subject", "subject.token\n", 0600);
	assert_true(
	    asprintf(
		&text,
		"profiles = { p = { issuer = \"%s/plain\"; ca_file = \"~/ca.pem\"; client_id = \"b\"; " SECRET
		"grant = \"token_exchange\"; subject_token = { file = \"~/subject\"; type = \"urn:x\"; }; "
		"actor_token = { profile = \"q\"; }; resource = [ \"ssh://web01\" ]; };"
		"q = { issuer = \"%s/plain\"; ca_file = \"~/ca.pem\"; client_id = \"c\"; " SECRET "}; };",
		tls_server_url(""), tls_server_url("")) > 0);
	home_write(".config/agentauth/config", text, 0600);
	RUN("--profile", "p");
	assert_prints("t2");
	assert_string_equal(sent("grant_type"), "urn:ietf:params:oauth:grant-type:token-exchange");
	assert_string_equal(sent("subject_token"), "subject.token");
	assert_string_equal(sent("subject_token_type"), "urn:x");
	assert_string_equal(sent("actor_token"), "t1");
	assert_string_equal(sent("actor_token_type"), "urn:ietf:params:oauth:token-type:access_token");
	assert_string_equal(sent("resource"), "ssh://web01");
	free(text);
}

TEST(profiles_that_exchange_in_a_circle_end, provider)
{
	write_config("plain", SECRET "grant = \"token_exchange\"; subject_token = { profile = \"p\"; };");
	RUN("--profile", "p");
	assert_fails("in a circle");
}

TEST(an_assertion_becomes_an_id_token_as_google_does_it, provider)
{
	char more[512];
	json_t *claims;

	write_key(AA_ALG_RS256);
	(void)snprintf(
	    more, sizeof(more),
	    "grant = \"jwt_bearer\"; key = \"~/key.pem\"; kid = \"k1\"; target_audience = \"ssh://web01\";");
	write_config("plain", more);
	RUN("--profile", "p");
	assert_prints("i1");
	assert_string_equal(sent("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
	assert_string_equal(sent("client_id"), "");
	claims = sent_assertion(tls_server_last("/plain/token")->body, "assertion", "k1");
	assert_member(claims, "iss", "builder-7");
	assert_member(claims, "aud", tls_server_url("/plain/token"));
	assert_member(claims, "target_audience", "ssh://web01");
	assert_null(json_object_get(claims, "scope"));
	json_decref(claims);
}
