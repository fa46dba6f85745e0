/* SPDX-License-Identifier: Apache-2.0 */
/* http_server.c: see http_server.h. */
#include <config.h>

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tests/unit/http/http_server.h"
#include "tests/unit/support/test.h"
#include "tools/http/http.h"

char folder[] = "/tmp/agentauth-http.XXXXXX";
char ca_file[64], other_ca_file[64];
EVP_PKEY *ca_key;
X509 *ca_cert;

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(cert, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

X509 *make_cert(EVP_PKEY *key, const char *name, const char *san, X509 *issuer, EVP_PKEY *issuer_key,
		bool over)
{
	static long serial = 1;
	X509 *cert = X509_new();

	assert_non_null(cert);
	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(cert), over ? -7200 : -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), over ? -3600 : 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
				   (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert));
	X509_set_pubkey(cert, key);
	add_extension(cert, issuer ? issuer : cert, NID_basic_constraints,
		      san ? "critical,CA:FALSE" : "critical,CA:TRUE");
	if (san)
		add_extension(cert, issuer, NID_subject_alt_name, san);
	assert_true(X509_sign(cert, issuer_key, EVP_sha256()) > 0);
	return cert;
}

void write_cert(const char *file, X509 *cert)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, cert), 1);
	fclose(f);
}

static void say(SSL *ssl, const char *text)
{
	(void)SSL_write(ssl, text, (int)strlen(text));
}

static void say_body(SSL *ssl, const char *head, const char *body)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n%s", strlen(body),
		 head, body);
	say(ssl, text);
}

static void redirect(SSL *ssl, const char *where)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		 where);
	say(ssl, text);
}

/* Until the client gives up or the test ends. */
static void wait_for_end(const struct server *server, SSL *ssl, bool trickle)
{
	struct pollfd fds[2] = {{.fd = SSL_get_fd(ssl), .events = POLLRDHUP},
				{.fd = server->stop[0], .events = POLLIN}};

	while (poll(fds, 2, trickle ? 50 : 20000) == 0 && trickle)
		say(ssl, " ");
}

static void say_much(SSL *ssl, size_t size)
{
	char block[4096];

	memset(block, 'x', sizeof(block));
	say(ssl, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	for (size_t sent = 0; sent < size; sent += sizeof(block))
		if (SSL_write(ssl, block, (int)(size - sent < sizeof(block) ? size - sent : sizeof(block))) <=
		    0)
			return;
}

/* A set of one key. */
static const char key_set[] =
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\",\"use\":\"sig\",\"alg\":\"ES256\","
    "\"x\":\"LGAY8JDVvcukhP1SQmAGwKweocYcSEabplo7Ohvbj0Y\","
    "\"y\":\"8tp5NdW3Zkdob3yXUB6eu94YDWCb3psMat5E8aCfA_Q\"}]}";

static bool has(const char *request, const char *text)
{
	return strstr(request, text) != NULL;
}

static void answer(struct server *server, SSL *ssl, const char *request)
{
	char where[64];

	snprintf(where, sizeof(where), "https://127.0.0.1:%u/hello", server->port);
	if (has(request, " /etag ") && has(request, "If-None-Match: \"v1\""))
		say(ssl, "HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\nConnection: close\r\n\r\n");
	else if (has(request, " /hello ") || has(request, " /etag "))
		say_body(ssl,
			 "ETag: \"v1\"\r\nContent-Type: application/json\r\nDate: Sun, 06 Nov 1994 08:49:37 "
			 "GMT\r\n",
			 "{\"hello\":1}");
	else if (has(request, " /keys "))
		say_body(ssl, "Content-Type: application/json\r\n", key_set);
	else if (has(request, " /busy "))
		say(ssl, "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: "
			 "4\r\nConnection: close\r\n\r\nwait");
	else if (has(request, " /exact "))
		say_much(ssl, HTTP_BODY_MAX);
	else if (has(request, " /more "))
		say_much(ssl, HTTP_BODY_MAX + 1);
	else if (has(request, " /endless "))
		say_much(ssl, (size_t)1 << 40);
	else if (has(request, " /lies "))
		say(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\nx");
	else if (has(request, " /cut "))
		say(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf");
	else if (has(request, " /silent "))
		wait_for_end(server, ssl, false);
	else if (has(request, " /trickle ")) {
		say(ssl, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
		wait_for_end(server, ssl, true);
	} else if (has(request, " /to-https "))
		redirect(ssl, where);
	else if (has(request, " /to-http ")) {
		snprintf(where, sizeof(where), "http://127.0.0.1:%u/hello", server->port);
		redirect(ssl, where);
	} else if (has(request, " /to-file "))
		redirect(ssl, "file:///etc/passwd");
	else if (has(request, " /to-other ")) {
		snprintf(where, sizeof(where), "https://127.0.0.1:%u/hello", server->other->port);
		redirect(ssl, where);
	} else if (has(request, " /round "))
		redirect(ssl, "/round");
	else
		say(ssl, "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnot there");
}

/* The head, and as much body as it says. */
static void read_request(SSL *ssl, char request[REQUEST_MAX])
{
	size_t len = 0, whole = REQUEST_MAX - 1;
	const char *end, *length;
	int n;

	while (len < whole && (n = SSL_read(ssl, request + len, (int)(REQUEST_MAX - 1 - len))) > 0) {
		len += (size_t)n;
		request[len] = '\0';
		end = strstr(request, "\r\n\r\n");
		length = strcasestr(request, "\r\nContent-Length: ");
		if (end)
			whole = (size_t)(end + 4 - request) +
				(length && length < end ? strtoul(length + 18, NULL, 10) : 0);
	}
	request[len] = '\0';
}

static void serve(struct server *server, int fd)
{
	SSL *ssl = SSL_new(server->ctx);
	char request[REQUEST_MAX];

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1) {
		read_request(ssl, request);
		pthread_mutex_lock(&server->lock);
		memcpy(server->request, request, sizeof(request));
		server->requests += request[0] != '\0'; /* a client that found another name hangs up */
		pthread_mutex_unlock(&server->lock);
		answer(server, ssl, request);
		(void)SSL_shutdown(ssl);
	}
	SSL_free(ssl);
	close(fd);
}

static void *run_server(void *arg)
{
	struct server *server = arg;
	struct pollfd fds[2] = {{.fd = server->listener, .events = POLLIN},
				{.fd = server->stop[0], .events = POLLIN}};
	int fd;

	while (poll(fds, 2, -1) > 0 && !fds[1].revents) {
		fd = accept(server->listener, NULL, NULL);
		if (fd >= 0)
			serve(server, fd);
	}
	return NULL;
}

struct server *start(X509 *cert, EVP_PKEY *key)
{
	struct server *server = calloc(1, sizeof(*server));
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);

	assert_non_null(server);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server->listener, 16), 0);
	assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &len), 0);
	server->port = ntohs(address.sin_port);
	server->ctx = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate(server->ctx, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(server->ctx, key), 1);
	assert_int_equal(pipe(server->stop), 0);
	pthread_mutex_init(&server->lock, NULL);
	assert_int_equal(pthread_create(&server->thread, NULL, run_server, server), 0);
	return server;
}

void stop(struct server *server)
{
	assert_int_equal(write(server->stop[1], "x", 1), 1);
	pthread_join(server->thread, NULL);
	close(server->listener);
	close(server->stop[0]);
	close(server->stop[1]);
	SSL_CTX_free(server->ctx);
	free(server);
}
