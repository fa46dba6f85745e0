/* SPDX-License-Identifier: Apache-2.0 */
/* test_token_provider.c: what a provider says of itself, how the client proves itself, and providers that misbehave. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "tests/unit/agentauth/token_steps.h"
#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/tls_server.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/oauth/token_grant.h"

/* ---- what the provider says of itself ----------------------------------------------------- */

TEST(metadata_of_another_issuer_is_refused, provider)
{
	run_for("plain");
	assert_prints("t1");
	run_for("otherissuer");
	assert_fails("must be the same to the letter");
	assert_int_equal(tls_server_count("/otherissuer/token"), 0);
}

TEST(metadata_is_found_in_either_place_and_needed_only_without_endpoints, provider)
{
	char more[512];

	run_for("oauth");
	assert_prints("t1");
	run_for("plain");
	assert_int_equal(tls_server_count("/plain/.well-known/openid-configuration"), 1);
	(void)snprintf(more, sizeof(more), SECRET "token_endpoint = \"%s\";", tls_server_url("/other/token"));
	write_config("nothing-there", more);
	RUN("--profile", "p");
	assert_prints("t1");
	assert_int_equal(tls_server_count("/nothing-there/.well-known/openid-configuration"), 0);
}

TEST(a_server_that_is_not_certified_gets_no_secret, provider)
{
	char *text = config_text("plain", SECRET), *ca = strstr(text, "ca_file = \"~/ca.pem\";");

	memset(ca, ' ', strlen("ca_file = \"~/ca.pem\";"));
	home_write(".config/agentauth/config", text, 0600);
	RUN("--profile", "p");
	assert_fails("cannot be trusted");
	assert_non_null(strstr(o.err, "ca_file"));
	assert_int_equal(tls_server_count("/plain/token"), 0);
	free(text);
}

/* ---- how the client says who it is ---------------------------------------------------------- */

TEST(a_secret_goes_into_basic_encoded_or_into_the_form, provider)
{
	const struct tls_request *request;

	setenv("IDP_SECRET", "s:e/c+ %", 1);
	run_for("plain");
	assert_prints("t1");
	request = tls_server_last("/plain/token");
	/* builder-7:s%3Ae%2Fc%2B%20%25 */
	assert_non_null(strstr(request->head, "Basic YnVpbGRlci03OnMlM0FlJTJGYyUyQiUyMCUyNQ=="));
	assert_string_equal(request->body, "grant_type=client_credentials");
	write_config("plain",
		     SECRET "client_auth = \"client_secret_post\"; scope = \"x y\"; resource = [ \"a\", "
			    "\"b\" ]; audience = \"c\";");
	RUN("--profile", "p");
	assert_prints("t2");
	request = tls_server_last("/plain/token");
	assert_null(strstr(request->head, "Authorization"));
	assert_string_equal(request->body,
			    "grant_type=client_credentials&scope=x%20y&audience=c&resource=a&resource=b&"
			    "client_id=builder-7&client_secret=s%3Ae%2Fc%2B%20%25");
	setenv("IDP_SECRET", "secret", 1);
}

TEST(a_key_signs_an_assertion_anew_for_each_try, provider)
{
	json_t *claims;
	char *first;

	write_key(AA_ALG_ES256);
	write_config("plain", "key = \"~/key.pem\"; kid = \"mine\"; ttl = 120;");
	RUN("--profile", "p");
	assert_prints("t1");
	claims = sent_assertion(tls_server_last("/plain/token")->body, "client_assertion", "mine");
	assert_member(claims, "iss", "builder-7");
	assert_member(claims, "sub", "builder-7");
	assert_member(claims, "aud", tls_server_url("/plain"));
	assert_int_equal(json_integer_value(json_object_get(claims, "exp")) -
			     json_integer_value(json_object_get(claims, "iat")),
			 120);
	first = strdup(json_string_value(json_object_get(claims, "jti")));
	json_decref(claims);
	RUN("--profile", "p", "--fresh");
	claims = sent_assertion(tls_server_last("/plain/token")->body, "client_assertion", "mine");
	assert_string_not_equal(json_string_value(json_object_get(claims, "jti")), first);
	json_decref(claims);
	free(first);
}

TEST(an_encrypted_key_is_opened_by_what_the_profile_names, provider)
{
	json_t *claims;

	write_key(AA_ALG_ES256);
	assert_int_equal(
	    system("openssl pkcs8 -topk8 -in \"$HOME/key.pem\" -out \"$HOME/locked.pem\" -passout "
		   "pass:open-it && chmod 600 \"$HOME/locked.pem\""),
	    0);
	write_config("plain",
		     "key = \"~/locked.pem\"; passphrase = { command = [ \"echo\", \"open-it\" ]; };");
	RUN("--profile", "p");
	assert_prints("t1");
	claims = sent_assertion(tls_server_last("/plain/token")->body, "client_assertion", NULL);
	json_decref(claims);
	write_config("plain",
		     "key = \"~/locked.pem\"; passphrase = { command = [ \"echo\", \"open-him\" ]; };");
	RUN("--profile", "p", "--fresh");
	assert_fails("the passphrase does not open");
	assert_null(strstr(o.err, "open-him"));
	write_config("plain", "key = \"~/locked.pem\";");
	RUN("--profile", "p", "--fresh");
	assert_fails("is encrypted");
}

/* ---- a provider that misbehaves ------------------------------------------------------------- */

TEST(what_the_provider_said_is_shown_without_its_control_characters, provider)
{
	run_for("refuses");
	assert_fails("invalid_scope: no \\x1b[31msuch\\x0ascope\\xc2\\x9b (HTTP 400)");
	assert_non_null(strstr(o.err, "the scope in the profile"));
	assert_null(strchr(o.err, '\x1b'));
	assert_null(strstr(o.err, "secret"));
}

TEST(trouble_that_passes_is_waited_out, provider)
{
	run_for("stumbles");
	assert_prints("t2");
	run_for("busy");
	assert_prints("t2");
}

TEST(trouble_that_does_not_pass_ends_within_the_limit, provider)
{
	time_t begin = time(NULL);

	run_for("closed");
	assert_fails("temporarily_unavailable");
	assert_int_equal(tls_server_count("/closed/token"), 1);
	assert_true(time(NULL) - begin < IDP_SECONDS);
	home_write(".config/agentauth/config",
		   "profiles = { p = { issuer = \"https://127.0.0.1:1\"; client_id = \"a\"; " SECRET "}; };",
		   0600);
	RUN("--profile", "p");
	assert_fails("cannot be reached");
	assert_non_null(strstr(o.err, "(tried 3 times)"));
	assert_true(time(NULL) - begin < IDP_SECONDS);
}

TEST(what_is_no_token_endpoint_is_named_as_such, provider)
{
	run_for("html");
	assert_fails("HTTP 200 and text/html");
	run_for("redirects");
	assert_fails("redirects elsewhere (HTTP 307)");
	assert_int_equal(tls_server_count("/plain/token"), 0);
	run_for("huge");
	assert_fails("answers with more than");
}

TEST(a_token_that_cannot_be_presented_is_refused, provider)
{
	run_for("dpop");
	assert_fails("type \"DPoP\"");
	run_for("lines");
	assert_fails("without an access_token");
}

TEST(a_wrong_clock_is_named, provider)
{
	run_for("punctual");
	assert_fails("refuses the client credentials: invalid_client");
	assert_null(strstr(o.err, "clock"));
	run_for("late");
	assert_fails("s ahead of the identity provider's: one of them is wrong");
	run_for("expired");
	assert_fails("expired when it arrived");
	assert_non_null(strstr(o.err, "this machine's clock is"));
	run_for("ahead");
	assert_int_equal(o.status, 0);
	assert_non_null(strstr(o.err, "ahead of this machine's clock"));
}
