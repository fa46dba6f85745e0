/* SPDX-License-Identifier: Apache-2.0 */
/* test_http.c: requests over TLS, and answers that must not be taken. */
#include <config.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/http/http_server.h"
#include "tests/unit/support/test.h"
#include "tools/http/discovery.h"
#include "tools/http/http.h"

static EVP_PKEY *server_key;
static struct server *server, *other;

BEFORE_ALL(begin)
{
	EVP_PKEY *other_key = EVP_EC_gen("P-256");
	X509 *cert, *other_ca;

	signal(SIGPIPE, SIG_IGN);
	assert_non_null(mkdtemp(folder));
	snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", folder);
	snprintf(other_ca_file, sizeof(other_ca_file), "%s/other.pem", folder);
	ca_key = EVP_EC_gen("P-256");
	server_key = EVP_EC_gen("P-256");
	ca_cert = make_cert(ca_key, "Test authority", NULL, NULL, ca_key, false);
	other_ca = make_cert(other_key, "Another authority", NULL, NULL, other_key, false);
	cert = make_cert(server_key, "server", "IP:127.0.0.1", ca_cert, ca_key, false);
	write_cert(ca_file, ca_cert);
	write_cert(other_ca_file, other_ca);
	http_begin();
	server = start(cert, server_key);
	other = start(cert, server_key);
	server->other = other;
	X509_free(cert);
	X509_free(other_ca);
	EVP_PKEY_free(other_key);
}

AFTER_ALL(end)
{
	stop(server);
	stop(other);
	unlink(ca_file);
	unlink(other_ca_file);
	rmdir(folder);
	X509_free(ca_cert);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(server_key);
}

static const char *url_of(const struct server *s, const char *path)
{
	static char url[128];

	snprintf(url, sizeof(url), "https://127.0.0.1:%u%s", s->port, path);
	return url;
}

static struct http_request request_for(const char *path)
{
	return (struct http_request){.url = url_of(server, path), .ca_file = ca_file};
}

/* The last request that a server had, once it has been put down. */
static const char *last_request(struct server *s)
{
	static char request[REQUEST_MAX];

	pthread_mutex_lock(&s->lock);
	memcpy(request, s->request, sizeof(request));
	pthread_mutex_unlock(&s->lock);
	return request;
}

static unsigned count_requests(struct server *s)
{
	unsigned n;

	pthread_mutex_lock(&s->lock);
	n = s->requests;
	pthread_mutex_unlock(&s->lock);
	return n;
}

static void expect(struct http_request request, enum http_err expected, const char *words)
{
	struct http_response response = {.status = -7};
	char why[512] = "untouched";
	enum http_err err = http_send(&request, &response, why, sizeof(why));

	if (err != expected)
		fail_msg("%s: %d and not %d: %s", request.url, (int)err, (int)expected, why);
	if (words && !strstr(why, words))
		fail_msg("%s: \"%s\" does not say \"%s\"", request.url, why, words);
	if (err == HTTP_OK) {
		assert_string_equal(why, "");
		http_response_free(&response);
	} else {
		assert_int_equal(response.status, -7);
	}
}

TEST(an_answer_comes_whole_with_what_its_head_says)
{
	struct http_request request = request_for("/hello");
	struct http_response response = {0};

	assert_int_equal(http_send(&request, &response, NULL, 0), HTTP_OK);
	assert_int_equal(response.status, 200);
	assert_string_equal(response.body, "{\"hello\":1}");
	assert_int_equal(response.len, 11);
	assert_string_equal(response.etag, "\"v1\"");
	assert_string_equal(response.content_type, "application/json");
	assert_int_equal(response.date, 784111777);
	http_response_free(&response);
	assert_non_null(strstr(last_request(server), "Accept: application/json\r\n"));
	assert_null(strstr(last_request(server), "Authorization"));
	assert_null(strstr(last_request(server), "Cookie"));
}

TEST(a_status_is_an_answer_too)
{
	struct http_request request = request_for("/busy");
	struct http_response response = {0};

	assert_int_equal(http_send(&request, &response, NULL, 0), HTTP_OK);
	assert_int_equal(response.status, 429);
	assert_int_equal(response.retry_after, 7);
	assert_string_equal(response.body, "wait");
	http_response_free(&response);
	request = request_for("/nowhere");
	assert_int_equal(http_send(&request, &response, NULL, 0), HTTP_OK);
	assert_int_equal(response.status, 404);
	assert_null(response.etag);
	http_response_free(&response);
}

TEST(an_unchanged_answer_is_not_sent_again)
{
	struct http_request request = request_for("/etag");
	struct http_response response = {0};

	request.if_none_match = "\"v0\"";
	assert_int_equal(http_send(&request, &response, NULL, 0), HTTP_OK);
	assert_int_equal(response.status, 200);
	http_response_free(&response);
	request.if_none_match = "\"v1\"";
	assert_int_equal(http_send(&request, &response, NULL, 0), HTTP_OK);
	assert_int_equal(response.status, 304);
	assert_int_equal(response.len, 0);
	assert_non_null(response.body);
	http_response_free(&response);
}

TEST(more_than_the_cap_is_refused)
{
	struct http_request request = request_for("/exact");
	struct http_response response = {0};

	assert_int_equal(http_send(&request, &response, NULL, 0), HTTP_OK);
	assert_int_equal(response.len, HTTP_BODY_MAX);
	http_response_free(&response);
	expect(request_for("/more"), HTTP_TOO_LARGE, "more than 1048576 bytes");
	expect(request_for("/endless"), HTTP_TOO_LARGE, "more than 1048576 bytes");
	request = request_for("/hello");
	request.body_max = 11;
	expect(request, HTTP_OK, NULL);
	request = request_for("/hello");
	request.body_max = 10;
	expect(request, HTTP_TOO_LARGE, "more than 10 bytes");
}

TEST(half_an_answer_is_none)
{
	struct http_request request = request_for("/lies");

	expect(request_for("/cut"), HTTP_UNREACHABLE, NULL);
	request = request_for("/lies");
	expect(request, HTTP_UNREACHABLE, NULL);
}

static int64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

TEST(a_server_that_does_not_answer_is_left)
{
	static const char *const paths[] = {"/silent", "/trickle"};
	int64_t began;

	for (size_t i = 0; i < 2; i++) {
		struct http_request request = request_for(paths[i]);

		request.timeout = 1;
		began = monotonic_ms();
		expect(request, HTTP_TIMED_OUT, "did not answer within 1 s");
		assert_true(monotonic_ms() - began >= 900);
	}
}

TEST(a_redirect_to_https_is_followed_to_its_end)
{
	struct http_request request = request_for("/to-https");
	struct http_response response = {0};

	assert_int_equal(http_send(&request, &response, NULL, 0), HTTP_OK);
	assert_int_equal(response.status, 200);
	assert_string_equal(response.body, "{\"hello\":1}");
	http_response_free(&response);
	expect(request_for("/round"), HTTP_REDIRECTED, "redirects");
}

TEST(a_redirect_to_another_scheme_is_refused)
{
	expect(request_for("/to-http"), HTTP_REDIRECTED, "other than https");
	expect(request_for("/to-file"), HTTP_REDIRECTED, "other than https");
}

TEST(a_body_is_sent_to_no_other_address)
{
	struct http_request request = request_for("/to-https");
	struct http_response response = {0};
	unsigned before = count_requests(server);

	request.body = "secret=1";
	assert_int_equal(http_send(&request, &response, NULL, 0), HTTP_OK);
	assert_int_equal(response.status, 302);
	http_response_free(&response);
	assert_int_equal(count_requests(server), before + 1);
	assert_memory_equal(last_request(server), "POST ", 5);
	assert_non_null(strstr(last_request(server), "\r\n\r\nsecret=1"));
	assert_non_null(strstr(last_request(server), "Content-Type: application/x-www-form-urlencoded\r\n"));
}

TEST(a_token_goes_to_the_host_it_is_for)
{
	struct http_request request = request_for("/hello");

	request.bearer = "abc.def";
	expect(request, HTTP_OK, NULL);
	assert_non_null(strstr(last_request(server), "Authorization: Bearer abc.def\r\n"));
	request = request_for("/to-https");
	request.bearer = "abc.def";
	expect(request, HTTP_OK, NULL);
	assert_non_null(strstr(last_request(server), "Authorization: Bearer abc.def\r\n"));
	request = request_for("/to-other");
	request.bearer = "abc.def";
	expect(request, HTTP_OK, NULL);
	assert_memory_equal(last_request(other), "GET /hello ", 11);
	assert_null(strstr(last_request(other), "Authorization"));
}

TEST(a_password_is_sent_as_basic)
{
	struct http_request request = request_for("/hello");

	request.user = "client";
	request.password = "se:cret";
	request.body = "grant_type=client_credentials";
	expect(request, HTTP_OK, NULL);
	assert_non_null(strstr(last_request(server), "Authorization: Basic Y2xpZW50OnNlOmNyZXQ=\r\n"));
}

TEST(a_line_feed_in_a_header_sends_nothing)
{
	struct http_request request = request_for("/hello");
	unsigned before = count_requests(server);

	request.if_none_match = "\"v1\"\r\nX-Evil: 1";
	expect(request, HTTP_NO_MEMORY, NULL);
	assert_int_equal(count_requests(server), before);
}

TEST(a_server_is_who_its_certificate_says)
{
	struct http_request request = request_for("/hello");
	X509 *wrong = make_cert(server_key, "server", "DNS:idp.example.com", ca_cert, ca_key, false);
	X509 *over = make_cert(server_key, "server", "IP:127.0.0.1", ca_cert, ca_key, true);
	struct server *named = start(wrong, server_key), *expired = start(over, server_key);

	expect(request, HTTP_OK, NULL);
	request.ca_file = other_ca_file;
	expect(request, HTTP_TLS, "cannot be trusted");
	request.ca_file = NULL; /* the system's do not know the test's authority */
	expect(request, HTTP_TLS, "cannot be trusted");
	request.ca_file = "/nonexistent/ca.pem";
	expect(request, HTTP_BAD_CA_FILE, "/nonexistent/ca.pem cannot be read");
	expect((struct http_request){.url = url_of(named, "/hello"), .ca_file = ca_file}, HTTP_TLS,
	       "cannot be trusted");
	expect((struct http_request){.url = url_of(expired, "/hello"), .ca_file = ca_file}, HTTP_TLS,
	       "cannot be trusted");
	assert_int_equal(count_requests(named) + count_requests(expired), 0);
	stop(named);
	stop(expired);
	X509_free(wrong);
	X509_free(over);
}

TEST(nothing_but_https_is_asked)
{
	static const char *const urls[] = {"http://127.0.0.1/",
					   "file:///etc/passwd",
					   "ftp://127.0.0.1/",
					   "127.0.0.1",
					   "https://me@127.0.0.1/",
					   "https://",
					   "",
					   "javascript:1"};

	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++)
		expect((struct http_request){.url = urls[i], .ca_file = ca_file}, HTTP_BAD_URL,
		       "must begin with https://");
	expect((struct http_request){.url = NULL}, HTTP_BAD_URL, "must begin with https://");
}

TEST(a_closed_port_is_said_to_be_out_of_reach)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	char url[64];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	/* Bound and not listening: nobody else gets the port meanwhile. */
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/", ntohs(address.sin_port));
	expect((struct http_request){.url = url, .ca_file = ca_file}, HTTP_UNREACHABLE, "cannot be reached");
	close(fd);
}

TEST(a_value_of_a_form_is_escaped)
{
	static const char *const pairs[][2] = {{"", ""},
					       {"azAZ09-._~", "azAZ09-._~"},
					       {"a b&c=d+e", "a%20b%26c%3Dd%2Be"},
					       {"\xc3\xa9/", "%C3%A9%2F"},
					       {"%", "%25"}};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		char *text = http_escape(pairs[i][0]);

		assert_string_equal(text, pairs[i][1]);
		free(text);
	}
}

TEST(metadata_lies_where_its_two_standards_say)
{
	static const struct {
		const char *issuer, *openid, *oauth;
	} places[] = {
	    {"https://h", "https://h/.well-known/openid-configuration",
	     "https://h/.well-known/oauth-authorization-server"},
	    {"https://h/", "https://h/.well-known/openid-configuration",
	     "https://h/.well-known/oauth-authorization-server"},
	    {"https://h:8443/realms/a", "https://h:8443/realms/a/.well-known/openid-configuration",
	     "https://h:8443/.well-known/oauth-authorization-server/realms/a"},
	    {"https://h/realms/a/", "https://h/realms/a/.well-known/openid-configuration",
	     "https://h/.well-known/oauth-authorization-server/realms/a"},
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char *openid = discovery_openid(places[i].issuer), *oauth = discovery_oauth(places[i].issuer);

		assert_string_equal(openid, places[i].openid);
		assert_string_equal(oauth, places[i].oauth);
		free(openid);
		free(oauth);
	}
	assert_null(discovery_openid("h"));
}
