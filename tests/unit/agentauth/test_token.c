/* SPDX-License-Identifier: Apache-2.0 */
/* test_token.c: getting tokens: from the cache, from a provider, and from one that misbehaves. The provider here is a
 * stand-in (tls_server.h); the stories have a real one. */
#include "config.h"

#include "tests/unit/support/jose_make.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "common/jose/base64url.h"
#include "common/jose/jws.h"
#include "common/jose/jws_verify.h"
#include "common/jose/key_private.h"
#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/tls_server.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/oauth/token_cache.h"
#include "tools/agentauth/oauth/token_grant.h"
#include "tools/agentauth/oauth/token_source.h"

/* ---- the stand-in: the first folder of a path says how it behaves ------------------- */

static const char *more_metadata(const char *name)
{
	if (strcmp(name, "namesitself") == 0)
		return ",\"authorization_response_iss_parameter_supported\":true";
	if (strcmp(name, "mute") == 0 || strcmp(name, "late") == 0)
		return ",\"token_endpoint_auth_methods_supported\":[\"client_secret_post\",\"private_key_"
		       "jwt\"]";
	if (strcmp(name, "errorless") == 0 || strcmp(name, "punctual") == 0)
		return ",\"token_endpoint_auth_methods_supported\":[\"client_secret_post\",\"client_secret_"
		       "basic\"]";
	return "";
}

static void reply_metadata(const char *name, struct tls_reply *reply)
{
	char issuer[256];

	(void)snprintf(issuer, sizeof(issuer), "%s", tls_server_url(""));
	(void)snprintf(reply->body, sizeof(reply->body),
		       "{\"issuer\":\"%s/%s%s\",\"token_endpoint\":\"%s/%s/token\","
		       "\"device_authorization_endpoint\":\"%s/%s/device\","
		       "\"authorization_endpoint\":\"%s/%s/authorize\"%s}",
		       issuer, name, strcmp(name, "otherissuer") == 0 ? "/" : "", issuer, name, issuer, name,
		       issuer, name, more_metadata(name));
}

/* A JWT by its looks. */
static void reply_jwt(struct tls_reply *reply, int64_t iat, int64_t exp, const char *more)
{
	char claims[256], *payload;

	(void)snprintf(claims, sizeof(claims), "{\"iat\":%lld,\"exp\":%lld}", (long long)iat, (long long)exp);
	payload = aa_base64url_encode(claims, strlen(claims));
	(void)snprintf(reply->body, sizeof(reply->body), "{\"access_token\":\"e30.%s.e30\"%s}", payload,
		       more);
	free(payload);
}

#define JWT_LOOKS "e30.e30."

/* The i-th character of a long token, which is a JWT by its looks. */
static char long_token_at(size_t i)
{
	return i < strlen(JWT_LOOKS) ? JWT_LOOKS[i] : (char)('a' + i % 26);
}

static void reply_long(struct tls_reply *reply, size_t len)
{
	char *p = reply->body + sprintf(reply->body, "{\"expires_in\":600,\"access_token\":\"");

	for (size_t i = 0; i < len; i++)
		*p++ = long_token_at(i);
	(void)strcpy(p, "\"}");
}

static void reply_device(const struct tls_request *request, struct tls_reply *reply)
{
	static const char *const errors[] = {"authorization_pending", "slow_down", "slow_down",
					     "authorization_pending"};

	if (request->nth <= 4) {
		reply->status = 400;
		(void)sprintf(reply->body, "{\"error\":\"%s\"}", errors[request->nth - 1]);
	} else {
		(void)sprintf(reply->body,
			      "{\"access_token\":\"d%u\",\"token_type\":\"bearer\",\"expires_in\":600,"
			      "\"refresh_token\":\"r1\"}",
			      request->nth);
	}
}

/* Each refresh token is taken once, and gives the next. */
static void reply_rotation(const struct tls_request *request, struct tls_reply *reply)
{
	static unsigned next = 1;
	const char *old = form_value(request->body, "refresh_token");

	if (*old && (unsigned)atoi(old + 1) != next) {
		reply->status = 400;
		(void)strcpy(reply->body,
			     "{\"error\":\"invalid_grant\",\"error_description\":\"used before\"}");
		return;
	}
	next += *old != 0;
	(void)sprintf(reply->body, "{\"access_token\":\"t%u\",\"expires_in\":600,\"refresh_token\":\"r%u\"}",
		      request->nth, next);
}

static const char *date_line(time_t now)
{
	static char line[64];
	struct tm tm;

	assert_true(strftime(line, sizeof(line), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime_r(&now, &tm)) >
		    0);
	return line;
}

static void reply_token(const char *name, const struct tls_request *request, struct tls_reply *reply)
{
	int64_t now = time(NULL);

	if (strcmp(name, "refuses") == 0) {
		reply->status = 400;
		(void)strcpy(reply->body,
			     "{\"error\":\"invalid_scope\",\"error_description\":\"no \\u001b[31msuch\\n"
			     "scope\\u009b\"}");
	} else if (strcmp(name, "late") == 0 || strcmp(name, "punctual") == 0) {
		reply->status = 401;
		reply->headers =
		    strcmp(name, "late") == 0 ? "Date: Tue, 24 Nov 2020 00:00:00 GMT\r\n" : date_line(now);
		(void)strcpy(reply->body, "{\"error\":\"invalid_client\"}");
	} else if (strcmp(name, "html") == 0) {
		reply->type = "text/html";
		(void)strcpy(reply->body, "<html>It works</html>");
	} else if (strcmp(name, "stumbles") == 0 && request->nth == 1) {
		reply->status = 500;
	} else if (strcmp(name, "busy") == 0 && request->nth == 1) {
		reply->status = 429;
		reply->headers = "Retry-After: 1\r\n";
	} else if (strcmp(name, "mute") == 0) {
		reply->status = 403;
		(void)strcpy(reply->body, "<html>Forbidden</html>");
	} else if (strcmp(name, "wordless") == 0) {
		reply->status = 400;
	} else if (strcmp(name, "errorless") == 0) {
		reply->status = 401;
		(void)strcpy(reply->body, "{\"message\":\"no\"}");
	} else if (strcmp(name, "closed") == 0) {
		reply->status = 503;
		reply->headers = "Retry-After: 3600\r\n";
		(void)strcpy(reply->body, "{\"error\":\"temporarily_unavailable\"}");
	} else if (strcmp(name, "redirects") == 0) {
		reply->status = 307;
		reply->headers = "Location: /plain/token\r\n";
	} else if (strcmp(name, "huge") == 0) {
		reply->huge = 2 << 20;
	} else if (strcmp(name, "endless") == 0) {
		(void)sprintf(reply->body, "{\"access_token\":\"e%u\",\"token_type\":\"Bearer\"}",
			      request->nth);
	} else if (strcmp(name, "jwt") == 0) {
		reply_jwt(reply, now, now + 300, ",\"expires_in\":3600");
	} else if (strcmp(name, "expired") == 0) {
		reply->headers = "Date: Tue, 24 Nov 2026 00:00:00 GMT\r\n";
		reply_jwt(reply, now - 600, now - 300, "");
	} else if (strcmp(name, "ahead") == 0) {
		reply_jwt(reply, now + 900, now + 1800, "");
	} else if (strcmp(name, "dpop") == 0) {
		(void)strcpy(reply->body,
			     "{\"access_token\":\"x\",\"token_type\":\"DPoP\",\"expires_in\":60}");
	} else if (strcmp(name, "lines") == 0) {
		(void)strcpy(reply->body, "{\"access_token\":\"x\\ny\",\"expires_in\":60}");
	} else if (strncmp(name, "jwts", 4) == 0) {
		(void)sprintf(reply->body, "{\"access_token\":\"" JWT_LOOKS "t%u\",\"expires_in\":3600}",
			      request->nth);
	} else if (strcmp(name, "encrypts") == 0) {
		(void)strcpy(reply->body, "{\"access_token\":\"e30.a.b.c.d\",\"expires_in\":3600}");
	} else if (strncmp(name, "long", 4) == 0) {
		reply_long(reply, (size_t)atoi(name + 4));
	} else if (strcmp(name, "device") == 0) {
		reply_device(request, reply);
	} else if (strcmp(name, "rotates") == 0) {
		reply_rotation(request, reply);
	} else {
		(void)sprintf(reply->body,
			      "{\"access_token\":\"t%u\",\"id_token\":\"i%u\",\"token_type\":\"bearer\","
			      "\"expires_in\":\"3600\",\"scope\":\"%s\"}",
			      request->nth, request->nth, form_value(request->body, "scope"));
	}
}

static void handle(const struct tls_request *request, struct tls_reply *reply)
{
	char name[64] = "", rest[256] = "";

	(void)sscanf(request->path, "/%63[^/]%255s", name, rest);
	if (strcmp(rest, "/.well-known/openid-configuration") == 0 && strcmp(name, "oauth") != 0)
		reply_metadata(name, reply);
	else if (strcmp(request->path, "/.well-known/oauth-authorization-server/oauth") == 0)
		reply_metadata("oauth", reply);
	else if (strcmp(rest, "/token") == 0 && strcmp(request->method, "POST") == 0)
		reply_token(name, request, reply);
	else if (strcmp(rest, "/device") == 0 && strcmp(request->method, "POST") == 0 &&
		 *request->body == '\0')
		/* as Google writes it */
		(void)strcpy(
		    reply->body,
		    "{\"device_code\":\"dc\",\"user_code\":\"ABCD-EFGH\",\"interval\":1,\"expires_in\":300,"
		    "\"verification_url\":\"https://idp.example.com/device\"}");
	else if (strcmp(rest, "/device") == 0 && strcmp(request->method, "POST") == 0)
		(void)strcpy(
		    reply->body,
		    "{\"device_code\":\"dc\",\"user_code\":\"ABCD-EFGH\",\"interval\":1,\"expires_in\":300,"
		    "\"verification_uri\":\"https://idp.example.com/device\"}");
	else
		reply->status = 404;
}

/* ---- a profile for it ----------------------------------------------------------------- */

static struct output o;

static char *config_text(const char *name, const char *more)
{
	char *text = NULL;

	assert_true(
	    asprintf(
		&text,
		"profiles = { p = { issuer = \"%s/%s\"; ca_file = \"~/ca.pem\"; client_id = \"builder-7\"; "
		"%s }; };",
		tls_server_url(""), name, more) > 0);
	return text;
}

#define SECRET "client_secret = { env = \"IDP_SECRET\"; }; "

static void write_config(const char *name, const char *more)
{
	char *text = config_text(name, more);

	home_write(".config/agentauth/config", text, 0600);
	free(text);
}

#define RUN(...) run_command(&o, &command_token, "", 0, (const char *const[]){__VA_ARGS__, NULL})

/* agentauth token, with a profile for the provider that behaves like `name`. */
static void run_for(const char *name)
{
	write_config(name, SECRET);
	RUN("--profile", "p");
}

static void assert_fails(const char *said)
{
	assert_int_equal(o.status, 1);
	assert_string_equal(o.out, "");
	if (!strstr(o.err, said))
		fail_msg("\"%s\" is not in: %s", said, o.err);
}

static void assert_prints(const char *token)
{
	if (o.status != 0)
		fail_msg("%s", o.err);
	assert_string_equal(o.out, token);
}

/* At a time of the test's own. NULL: it failed. Static. */
static const char *token_at(const char *name, const char *more, struct token_wish wish, int64_t now)
{
	char *text = config_text(name, more);
	struct profiles *all = profiles_parse(text, "config");
	static char token[4096];
	struct token got = {0};
	int result;

	assert_non_null(all);
	result = token_get(all, profiles_at(all, 0), &wish, now, &got);
	if (result == 0)
		(void)snprintf(token, sizeof(token), "%s", got.text);
	token_free(&got);
	profiles_free(all);
	free(text);
	return result == 0 ? token : NULL;
}

static const struct token_wish any, fresh = {.fresh = true}, once = {.fresh = true, .once = true},
				    login = {.login = true};

static int setup(void **state)
{
	(void)state;
	home_make();
	setenv("IDP_SECRET", "secret", 1);
	tls_server_start(handle);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tls_server_stop();
	home_remove();
	return 0;
}

FIXTURE(here, setup, teardown);

/* ---- the cache -------------------------------------------------------------------------- */

TEST(a_token_comes_from_the_cache_until_a_minute_before_its_end, here)
{
	int64_t begin = 1800000000;

	assert_string_equal(token_at("plain", SECRET, any, begin), "t1");
	assert_string_equal(token_at("plain", SECRET, any, begin + 3539), "t1");
	assert_int_equal(tls_server_count("/plain/token"), 1);
	assert_string_equal(token_at("plain", SECRET, any, begin + 3540), "t2");
	assert_string_equal(token_at("plain", SECRET, any, begin + 3541), "t2");
}

TEST(an_agent_that_runs_for_days_never_gets_an_expired_token, here)
{
	int64_t begin = 1800000000;
	unsigned asked;

	for (int64_t now = begin; now < begin + 2 * 86400; now += 97) {
		const char *token = token_at("plain", SECRET, any, now);

		/* the token of the n-th request was made by now, and lives for 3600 s */
		asked = tls_server_count("/plain/token");
		assert_non_null(token);
		assert_int_equal(atoi(token + 1), asked);
	}
	/* one each 3540 s at the soonest, 3600 s at the latest */
	assert_in_range(asked, 2 * 86400 / 3600, 2 * 86400 / 3540 + 1);
}

TEST(a_clock_that_was_set_back_makes_the_cache_unusable, here)
{
	assert_string_equal(token_at("plain", SECRET, any, 1800000000), "t1");
	assert_string_equal(token_at("plain", SECRET, any, 1799999999), "t2");
}

TEST(a_fresh_token_is_asked_for_and_kept, here)
{
	assert_string_equal(token_at("plain", SECRET, any, 1800000000), "t1");
	assert_string_equal(token_at("plain", SECRET, fresh, 1800000000), "t2");
	assert_string_equal(token_at("plain", SECRET, any, 1800000000), "t2");
}

TEST(a_token_for_one_login_is_kept_for_nobody, here)
{
	assert_string_equal(token_at("plain", SECRET, once, 1800000000), "t1");
	assert_string_equal(token_at("plain", SECRET, once, 1800000000), "t2");
	assert_string_equal(token_at("plain", SECRET, any, 1800000000), "t3");
	assert_string_equal(token_at("plain", SECRET, once, 1800000000), "t4");
	assert_string_equal(token_at("plain", SECRET, any, 1800000000), "t3");
}

TEST(other_settings_are_another_token, here)
{
	static const char *const settings[] = {"scope = \"a\";",
					       "scope = \"b\";",
					       "audience = \"a\";",
					       "resource = [ \"a\" ];",
					       "resource = [ \"a\", \"b\" ];",
					       "present = \"id_token\";"};

	for (unsigned i = 0; i < 6; i++) {
		char more[256], expected[8];

		(void)snprintf(more, sizeof(more), SECRET "%s", settings[i]);
		(void)snprintf(expected, sizeof(expected), "%c%u", i == 5 ? 'i' : 't', i + 1);
		assert_string_equal(token_at("plain", more, any, 1800000000), expected);
		assert_string_equal(token_at("plain", more, any, 1800000000), expected);
	}
	write_config("plain", SECRET "scope = \"a\";");
	RUN("--profile", "p", "--scope", "c");
	assert_prints("t7");
}

/* The one file of the cache that is no lock. */
static const char *cache_file(void)
{
	static char path[512];
	char command[512];
	FILE *f;

	(void)snprintf(command, sizeof(command),
		       "ls -d %s/agentauth/token-* %s/.cache/agentauth/token-* 2>/dev/null | "
		       "grep -v lock",
		       getenv("XDG_RUNTIME_DIR"), getenv("HOME"));
	f = popen(command, "r");
	assert_non_null(fgets(path, sizeof(path), f));
	pclose(f);
	path[strcspn(path, "\n")] = 0;
	return path;
}

TEST(the_cache_is_the_users_alone_and_is_not_believed_otherwise, here)
{
	struct stat st;

	assert_string_equal(token_at("plain", SECRET, any, 1800000000), "t1");
	assert_int_equal(stat(cache_file(), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(chmod(cache_file(), 0644), 0);
	assert_string_equal(token_at("plain", SECRET, any, 1800000000), "t2");
	assert_int_equal(stat(cache_file(), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(truncate(cache_file(), st.st_size - 1), 0);
	assert_string_equal(token_at("plain", SECRET, any, 1800000000), "t3");
}

TEST(a_hundred_processes_at_once_make_one_request, here)
{
	int fds[2];
	char byte, all[128];
	size_t n = 0;

	assert_int_equal(pipe(fds), 0);
	for (int i = 0; i < 100; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			const char *token = token_at("plain", SECRET, any, 1800000000);

			_exit(token && write(fds[1], token + 1, 1) == 1 ? 0 : 1);
		}
		assert_true(pid > 0);
	}
	close(fds[1]);
	while (n < sizeof(all) && read(fds[0], &byte, 1) == 1)
		all[n++] = byte;
	close(fds[0]);
	for (int i = 0; i < 100; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(n, 100);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(all[i], '1');
	assert_int_equal(tls_server_count("/plain/token"), 1);
	assert_int_equal(tls_server_count("/plain/.well-known/openid-configuration"), 1);
}

TEST(a_lock_that_is_held_is_waited_for_so_long_and_no_longer, here)
{
	char *text = config_text("plain", SECRET);
	struct profiles *all = profiles_parse(text, "config");
	struct token_cache one, two;

	assert_int_equal(token_cache_open(profiles_at(all, 0), &one), 0);
	assert_int_equal(token_cache_open(profiles_at(all, 0), &two), 0);
	assert_int_equal(token_cache_lock(&one, 1), 0);
	assert_int_equal(token_cache_lock(&two, 1), -1);
	token_cache_unlock(&one);
	assert_int_equal(token_cache_lock(&two, 1), 0);
	token_cache_close(&one);
	token_cache_close(&two);
	profiles_free(all);
	free(text);
}

TEST(without_an_end_of_life_a_token_is_not_taken_twice, here)
{
	run_for("endless");
	assert_prints("e1");
	RUN("--profile", "p");
	assert_prints("e2");
	RUN("--profile", "p", "--json");
	assert_non_null(strstr(o.out, "\"expires_at\": null"));
}

TEST(a_jwts_own_end_counts_where_it_is_sooner, here)
{
	json_t *json;

	write_config("jwt", SECRET);
	RUN("--profile", "p", "--json");
	assert_int_equal(o.status, 0);
	json = make_json(o.out);
	assert_in_range(json_integer_value(json_object_get(json, "expires_at")) - time(NULL), 290, 300);
	json_decref(json);
}

/* ---- what the provider says of itself ----------------------------------------------------- */

TEST(metadata_of_another_issuer_is_refused, here)
{
	run_for("plain");
	assert_prints("t1");
	run_for("otherissuer");
	assert_fails("must be the same to the letter");
	assert_int_equal(tls_server_count("/otherissuer/token"), 0);
}

TEST(metadata_is_found_in_either_place_and_needed_only_without_endpoints, here)
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

TEST(a_server_that_is_not_certified_gets_no_secret, here)
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

TEST(a_secret_goes_into_basic_encoded_or_into_the_form, here)
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

static void write_key(enum aa_alg alg)
{
	struct aa_private_key *key = NULL;
	char *pem = NULL;
	size_t len;

	assert_int_equal(aa_private_key_generate(alg, 2048, &key), AA_JOSE_OK);
	assert_int_equal(aa_private_key_to_pem(key, &pem, &len), AA_JOSE_OK);
	home_write("key.pem", pem, 0600);
	aa_private_key_free(key);
	free(pem);
}

/* The claims of an assertion in a form, after its signature was checked with HOME/key.pem. */
static json_t *assertion_claims(const char *form, const char *name, const char *kid)
{
	char *token = strdup(form_value(form, name)), *pem;
	struct aa_private_key *key = NULL;
	struct aa_jws *jws = NULL;
	FILE *f = fopen(home_path("key.pem"), "r");
	json_t *claims;
	size_t len;

	pem = calloc(1, 16384);
	len = fread(pem, 1, 16383, f);
	fclose(f);
	assert_int_equal(aa_private_key_from_pem(pem, len, NULL, &key), AA_JOSE_OK);
	assert_int_equal(aa_jws_parse(token, strlen(token), AA_JWS_MAX, &jws), AA_JOSE_OK);
	assert_int_equal(aa_jws_verify(jws, aa_private_key_public(key)), AA_JOSE_OK);
	if (kid)
		assert_string_equal(jws->kid, kid);
	claims = make_json((const char *)jws->payload);
	aa_jws_free(jws);
	aa_private_key_free(key);
	free(pem);
	free(token);
	return claims;
}

TEST(a_key_signs_an_assertion_anew_for_each_try, here)
{
	json_t *claims;
	char *first;

	write_key(AA_ALG_ES256);
	write_config("plain", "key = \"~/key.pem\"; kid = \"mine\"; ttl = 120;");
	RUN("--profile", "p");
	assert_prints("t1");
	claims = assertion_claims(tls_server_last("/plain/token")->body, "client_assertion", "mine");
	assert_string_equal(json_string_value(json_object_get(claims, "iss")), "builder-7");
	assert_string_equal(json_string_value(json_object_get(claims, "sub")), "builder-7");
	assert_string_equal(json_string_value(json_object_get(claims, "aud")), tls_server_url("/plain"));
	assert_int_equal(json_integer_value(json_object_get(claims, "exp")) -
			     json_integer_value(json_object_get(claims, "iat")),
			 120);
	first = strdup(json_string_value(json_object_get(claims, "jti")));
	json_decref(claims);
	RUN("--profile", "p", "--fresh");
	claims = assertion_claims(tls_server_last("/plain/token")->body, "client_assertion", "mine");
	assert_string_not_equal(json_string_value(json_object_get(claims, "jti")), first);
	json_decref(claims);
	free(first);
}

TEST(an_encrypted_key_is_opened_by_what_the_profile_names, here)
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
	claims = assertion_claims(tls_server_last("/plain/token")->body, "client_assertion", NULL);
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

TEST(what_the_provider_said_is_shown_without_its_control_characters, here)
{
	run_for("refuses");
	assert_fails("invalid_scope: no \\x1b[31msuch\\x0ascope\\xc2\\x9b (HTTP 400)");
	assert_non_null(strstr(o.err, "the scope in the profile"));
	assert_null(strchr(o.err, '\x1b'));
	assert_null(strstr(o.err, "secret"));
}

TEST(trouble_that_passes_is_waited_out, here)
{
	run_for("stumbles");
	assert_prints("t2");
	run_for("busy");
	assert_prints("t2");
}

TEST(trouble_that_does_not_pass_ends_within_the_limit, here)
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

TEST(what_is_no_token_endpoint_is_named_as_such, here)
{
	run_for("html");
	assert_fails("HTTP 200 and text/html");
	run_for("redirects");
	assert_fails("redirects elsewhere (HTTP 307)");
	assert_int_equal(tls_server_count("/plain/token"), 0);
	run_for("huge");
	assert_fails("answers with more than");
}

TEST(a_token_that_cannot_be_presented_is_refused, here)
{
	run_for("dpop");
	assert_fails("type \"DPoP\"");
	run_for("lines");
	assert_fails("without an access_token");
}

TEST(a_wrong_clock_is_named, here)
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

/* ---- grants ----------------------------------------------------------------------------------- */

static unsigned waits[16], n_waits;

static void note_wait(int64_t ms)
{
	waits[n_waits++] = (unsigned)(ms / 1000);
}

#define DEVICE "grant = \"device_code\"; "

TEST(a_client_that_is_refused_without_a_reason_is_told_what_to_look_at, here)
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
TEST(a_client_that_is_refused_is_told_which_ways_the_metadata_names, here)
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

TEST(a_device_waits_as_long_as_it_is_told_to, here)
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
TEST(a_device_code_is_asked_for_by_post_with_an_empty_form, here)
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

TEST(without_a_login_nobody_is_waited_for, here)
{
	write_config("rotates", DEVICE);
	RUN("--profile", "p");
	assert_fails("Run: agentauth token --profile p --login");
	assert_int_equal(tls_server_count("/rotates/device"), 0);
	write_config("rotates", "grant = \"authorization_code\";");
	RUN("--profile", "p");
	assert_fails("Run: agentauth token --profile p --login");
}

TEST(a_refresh_token_is_replaced_each_time_and_outlives_its_tokens, here)
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

TEST(what_is_forgotten_is_gone_with_its_refresh_token, here)
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

TEST(a_refresh_token_that_is_no_longer_taken_needs_a_login, here)
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

/* The form that the last request to /plain/token had. */
static const char *sent_to(const char *path, const char *name)
{
	return form_value(tls_server_last(path)->body, name);
}
static const char *sent(const char *name)
{
	return sent_to("/plain/token", name);
}

TEST(an_exchange_sends_the_subjects_and_the_actors_token, here)
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

TEST(profiles_that_exchange_in_a_circle_end, here)
{
	write_config("plain", SECRET "grant = \"token_exchange\"; subject_token = { profile = \"p\"; };");
	RUN("--profile", "p");
	assert_fails("in a circle");
}

TEST(an_assertion_becomes_an_id_token_as_google_does_it, here)
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
	claims = assertion_claims(tls_server_last("/plain/token")->body, "assertion", "k1");
	assert_string_equal(json_string_value(json_object_get(claims, "iss")), "builder-7");
	assert_string_equal(json_string_value(json_object_get(claims, "aud")),
			    tls_server_url("/plain/token"));
	assert_string_equal(json_string_value(json_object_get(claims, "target_audience")), "ssh://web01");
	assert_null(json_object_get(claims, "scope"));
	json_decref(claims);
}

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

TEST(askpass_gives_a_token_of_any_length_in_parts, here)
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

TEST(askpass_gives_nothing_that_no_host_takes, here)
{
	write_config("long16385", SECRET HOST);
	ask(1, "ssh://web01");
	assert_fails("no host takes more than 16384");
}

/* An opaque token would go to a host that cannot read it: nothing is shown, whichever grant it is of. */
TEST(a_token_that_no_host_can_read_is_said_before_it_is_shown, here)
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
TEST(a_token_that_no_host_can_read_is_printed_with_a_word_about_hosts, here)
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

TEST(askpass_asks_for_a_token_at_each_login_unless_told_otherwise, here)
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

TEST(askpass_gives_no_token_to_whom_the_profile_does_not_name, here)
{
	write_config("jwts", SECRET HOST);
	ask(1, "ssh://web02");
	assert_fails("not among the audiences");
	write_config("jwts", SECRET);
	ask(1, "ssh://web01");
	assert_fails("no profile in");
	assert_int_equal(tls_server_count("/jwts/token"), 0);
}

TEST(each_host_gets_a_token_for_itself_where_the_profile_says_so, here)
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

TEST(askpass_waits_for_nobody, here)
{
	write_config("rotates", DEVICE HOST);
	ask(1, "ssh://web01");
	assert_fails("Run: agentauth token --profile p --login");
	assert_int_equal(tls_server_count("/rotates/device"), 0);
}

/* ---- a service account's file ---------------------------------------------------------------------- */

TEST(a_service_accounts_file_becomes_a_key_and_a_profile, here)
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
