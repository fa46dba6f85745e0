/* SPDX-License-Identifier: Apache-2.0 */
/* test_login.c: logging in with a browser. The browser is a script that brings what a test says; the provider is a stand-in
 * (tls_server.h). The stories have Chromium and a real provider. */
#include "config.h"

#include "tests/unit/support/jose_make.h"

#include <openssl/evp.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/jose/base64url.h"
#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/test.h"
#include "tests/unit/support/tls_server.h"
#include "tools/agentauth/commands/commands.h"
#include "tools/agentauth/oauth/loopback.h"
#include "tools/cli/clock.h"

static struct output o;

static void handle(const struct tls_request *request, struct tls_reply *reply)
{
	char url[256];

	(void)snprintf(url, sizeof(url), "%s", tls_server_url(""));
	if (strcmp(request->path, "/token") == 0)
		(void)strcpy(reply->body, "{\"access_token\":\"good\",\"expires_in\":600}");
	else if (strstr(request->path, "/.well-known/openid-configuration"))
		(void)snprintf(reply->body, sizeof(reply->body),
			       "{\"issuer\":\"%s%s\",\"token_endpoint\":\"%s/token\","
			       "\"authorization_endpoint\":\"%s/authorize?tenant=1\"%s}",
			       url, strncmp(request->path, "/named", 6) == 0 ? "/named" : "", url, url,
			       strncmp(request->path, "/named", 6) == 0
				   ? ",\"authorization_response_iss_parameter_supported\":true"
				   : "");
	else
		reply->status = 404;
}

/* A browser that brings these queries to the redirect URI, one after the other; $state is ours, $iss the
 * issuer. What it was shown last becomes HOME/page, the address HOME/address. */
static void write_browser(const char *queries)
{
	char script[2048];

	(void)snprintf(script, sizeof(script),
		       "#!/bin/bash\n"
		       "printf %%s \"$1\" >\"$HOME/address\"\n"
		       "state=${1#*&state=}; state=${state%%%%&*}\n"
		       "uri=${1#*redirect_uri=http%%3A%%2F%%2F127.0.0.1%%3A}; port=${uri%%%%%%*}\n"
		       "iss='%s'\n"
		       "for query in %s; do\n"
		       "  exec 3<>\"/dev/tcp/127.0.0.1/$port\"\n"
		       "  printf 'GET /callback?%%s HTTP/1.1\\r\\nHost: 127.0.0.1:%%s\\r\\n\\r\\n' "
		       "\"$query\" \"$port\" >&3\n"
		       "  cat <&3 >\"$HOME/page\"\n"
		       "done\n",
		       tls_server_url(""), queries);
	home_write("browser", script, 0700);
	setenv("BROWSER", home_path("browser"), 1);
}

static void log_in(const char *issuer_path, const char *queries)
{
	char text[1024];

	write_browser(queries);
	(void)unlink(home_path("page")); /* an earlier login's */
	(void)snprintf(text, sizeof(text),
		       "profiles = { p = { issuer = \"%s%s\"; ca_file = \"~/ca.pem\"; client_id = \"b 7\"; "
		       "grant = \"authorization_code\"; scope = \"openid x\"; }; };",
		       tls_server_url(""), issuer_path);
	home_write(".config/agentauth/config", text, 0600);
	run_command(&o, &command_token, "", 0, (const char *const[]){"--profile", "p", "--login", NULL});
}

/* The browser's last page is there some time after we have ended. */
static const char *page(void)
{
	static char text[8192];

	for (int i = 0; i < 500; i++) {
		FILE *f = fopen(home_path("page"), "r");
		size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

		if (f)
			fclose(f);
		text[n] = 0;
		if (strstr(text, "</html>"))
			break;
		usleep(10000);
	}
	return text;
}

static void assert_fails(const char *said)
{
	assert_int_equal(o.status, 1);
	assert_string_equal(o.out, "");
	if (!strstr(o.err, said))
		fail_msg("\"%s\" is not in: %s", said, o.err);
	assert_int_equal(tls_server_count("/token"), 0);
}

static char *address(void)
{
	char *text = calloc(1, 4096);
	FILE *f = fopen(home_path("address"), "r");

	assert_non_null(f);
	assert_true(fread(text, 1, 4095, f) > 0);
	fclose(f);
	return text;
}

static int setup(void **state)
{
	(void)state;
	home_make();
	tls_server_start(handle);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tls_server_stop();
	unsetenv("BROWSER");
	home_remove();
	return 0;
}

FIXTURE(here, setup, teardown);

TEST(a_login_ends_with_the_token_and_a_page_that_says_so, here)
{
	log_in("", "\"code=c%2B1&state=$state\"");
	if (o.status != 0)
		fail_msg("%s", o.err);
	assert_string_equal(o.out, "good");
	assert_non_null(strstr(page(), "You are logged in"));
	assert_memory_equal(page(), "HTTP/1.1 200 ", 13);
}

TEST(the_code_is_redeemed_with_the_verifier_of_its_challenge, here)
{
	char *asked, *challenge, *body, *query;
	unsigned char hash[32];
	const char *verifier;

	log_in("", "\"code=c%2B1&state=$state\"");
	asked = address();
	body = strdup(tls_server_last("/token")->body);
	query = strchr(asked, '?') + 1;
	assert_string_equal(form_value(query, "tenant"), "1");
	assert_string_equal(form_value(query, "response_type"), "code");
	assert_string_equal(form_value(query, "client_id"), "b 7");
	assert_string_equal(form_value(query, "scope"), "openid x");
	assert_string_equal(form_value(query, "code_challenge_method"), "S256");
	assert_true(strlen(form_value(query, "state")) >= 22);
	challenge = strdup(form_value(query, "code_challenge"));
	verifier = form_value(body, "code_verifier");
	assert_int_equal(strlen(verifier), 43);
	assert_int_equal(EVP_Digest(verifier, 43, hash, NULL, EVP_sha256(), NULL), 1);
	query = aa_base64url_encode(hash, 32);
	assert_string_equal(challenge, query);
	assert_string_equal(form_value(body, "code"), "c+1");
	assert_string_equal(form_value(body, "client_id"), "b 7");
	assert_memory_equal(form_value(body, "redirect_uri"), "http://127.0.0.1:", 17);
	free(query);
	free(challenge);
	free(asked);
	free(body);
}

TEST(an_answer_with_another_state_is_not_taken, here)
{
	log_in("", "\"code=evil&state=x$state\" \"code=evil\" \"code=evil&state=$state&state=$state\" "
		   "\"code=mine&state=$state\"");
	assert_int_equal(o.status, 0);
	assert_non_null(strstr(o.err, "another state"));
	assert_int_equal(tls_server_count("/token"), 1);
	assert_string_equal(form_value(tls_server_last("/token")->body, "code"), "mine");
}

TEST(an_answer_of_another_issuer_is_refused, here)
{
	log_in("", "\"code=c&state=$state&iss=$iss\"");
	assert_int_equal(o.status, 0);
	tls_server_forget();
	log_in("", "\"code=c&state=$state&iss=https://evil.example\"");
	assert_fails("of the issuer \"https://evil.example\"");
	assert_non_null(strstr(page(), "did not succeed"));
	log_in("/named", "\"code=c&state=$state\"");
	assert_fails("does not say of which issuer");
	log_in("/named", "\"code=c&state=$state&iss=$iss/named\"");
	assert_int_equal(o.status, 0);
}

TEST(a_refusal_of_the_provider_is_shown, here)
{
	log_in("", "\"error=access_denied&error_description=no%20%3Cb%3E&state=$state\"");
	assert_fails("access_denied: no <b>");
	assert_null(strstr(page(), "<b>"));
	log_in("", "\"state=$state\"");
	assert_fails("neither a code nor an error");
}

TEST(without_a_browser_the_address_is_printed, here)
{
	log_in("", "\"code=c&state=$state\"");
	assert_non_null(strstr(o.err, "A browser opens"));
	assert_non_null(strstr(o.err, tls_server_url("/authorize?tenant=1&response_type=code")));
	assert_null(strstr(o.err, "code_verifier"));
}

/* ---- the listener ---------------------------------------------------------------------- */

static int dial(unsigned port, const char *text)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

TEST(other_requests_and_silent_connections_do_not_disturb, here)
{
	static const struct {
		const char *line, *host; /* NULL: ours */
	} others[] = {
	    {"GET /favicon.ico HTTP/1.1", NULL},
	    {"POST /callback?code=1 HTTP/1.1", NULL},
	    {"GET /callback?code=1 HTTP/1.1", "evil.example"},
	    {"GET /callback?code=1 HTTP/1.1", ""},
	    {"GET /callback2?code=1 HTTP/1.1", NULL},
	    {"GET /callback?code=1", NULL},
	};
	struct loopback l;
	char text[512], *query = NULL;
	int silent[12], fd, other, connection = -1;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(loopback_open(NULL, &l), 0);
		for (int k = 0; k < 12; k++)
			silent[k] = dial(l.port, k % 2 ? "" : "GET /callb");
		(void)snprintf(text, sizeof(text), "%s\r\nHost: %s\r\n\r\n", others[i].line,
			       others[i].host ? others[i].host : l.host);
		other = dial(l.port, text);
		fd = dial(l.port, "GET /callback?code=2 HTTP/1.1\r\nUser-Agent: x\r\nhost:");
		(void)snprintf(text, sizeof(text), " %s\r\n\r\n", l.host);
		assert_int_equal(write(fd, text, strlen(text)), strlen(text));
		assert_int_equal(loopback_wait(&l, clock_ms() + 20000, &query, &connection), 0);
		assert_string_equal(query, "code=2");
		free(query);
		loopback_reply(connection, 200, "a", "b");
		assert_true(read(other, text, 12) == 12);
		assert_memory_equal(text, "HTTP/1.1 404", 12);
		for (int k = 0; k < 12; k++)
			close(silent[k]);
		close(other);
		close(fd);
		loopback_close(&l);
	}
}

TEST(the_wait_has_an_end, here)
{
	struct loopback l;
	char *query = NULL;
	int fd, connection;

	assert_int_equal(loopback_open(NULL, &l), 0);
	fd = dial(l.port, "GET /callback?code=1 HTTP/1.1\r\n");
	assert_int_equal(loopback_wait(&l, clock_ms() + 1000, &query, &connection), 1);
	assert_null(query);
	close(fd);
	loopback_close(&l);
}

TEST(only_this_machine_is_listened_to_where_a_profile_says, here)
{
	static const char *const wrong[] = {
	    "http://192.0.2.1/cb",    "https://127.0.0.1/cb",  "http://127.0.0.1",
	    "http://127.0.0.1:0/cb",  "http://127.0.0.1:/cb",  "http://127.0.0.1:65536/cb",
	    "http://127.0.0.1/cb?x=", "http://127.0.0.1.x/cb", "http://localhost"};
	struct loopback l, taken;
	char uri[64], *got;

	assert_int_equal(loopback_open("http://localhost/cb", &l), 0);
	(void)snprintf(uri, sizeof(uri), "http://localhost:%u/cb", l.port);
	got = loopback_uri(&l);
	assert_string_equal(got, uri);
	free(got);
	assert_int_equal(loopback_open(uri, &taken), -1); /* its port is in use */
	loopback_close(&l);
	assert_int_equal(loopback_open(uri, &l), 0);
	loopback_close(&l);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(loopback_open(wrong[i], &l), -1);
}

TEST(a_parameter_that_is_twice_there_or_no_text_is_none, here)
{
	char *value = loopback_parameter("a=1&b=x%20y+z&ab=2", "b");

	assert_string_equal(value, "x y z");
	free(value);
	assert_null(loopback_parameter("a=1&b=2&a=1", "a"));
	assert_null(loopback_parameter("a=%0A", "a"));
	assert_null(loopback_parameter("a=%00", "a"));
	assert_null(loopback_parameter("a=%4", "a"));
	assert_null(loopback_parameter("xa=1&a", "a"));
	assert_null(loopback_parameter("", "a"));
}
