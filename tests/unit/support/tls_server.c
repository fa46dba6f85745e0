/* SPDX-License-Identifier: Apache-2.0 */
/* tls_server.c: an HTTPS server of the test's own, which answers what the test says. */
#include "config.h"

#include "tests/unit/support/jose_make.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support/agent_home.h"
#include "tests/unit/support/tls_server.h"
#include "tools/agentauth/oauth/loopback.h"

#define PATHS_MAX 16

/* Shared with the server's process. */
static struct {
	unsigned n;
	struct {
		unsigned count;
		struct tls_request last;
	} paths[PATHS_MAX];
} * record;

static pid_t server;
static unsigned port;

/* ---- its certificate ---------------------------------------------------------- */

static X509 *make_certificate(EVP_PKEY *key)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");

	assert_non_null(san);
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	X509_add_ext(cert, san, -1);
	X509_EXTENSION_free(san);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	return cert;
}

static SSL_CTX *make_context(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = make_certificate(key);
	BIO *out = BIO_new(BIO_s_mem());
	char text[4096];
	int n;

	assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	PEM_write_bio_X509(out, cert);
	n = BIO_read(out, text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = 0;
	home_write("ca.pem", text, 0644);
	BIO_free(out);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ctx;
}

/* ---- a request ------------------------------------------------------------------ */

static size_t body_length(const char *head)
{
	const char *line = strcasestr(head, "\r\ncontent-length:");

	return line ? strtoul(line + 17, NULL, 10) : 0;
}

static bool read_request(SSL *ssl, struct tls_request *ret)
{
	size_t len = 0, want;
	char *end = NULL;
	int n;

	while (!end) {
		n = SSL_read(ssl, ret->head + len, (int)(sizeof(ret->head) - 1 - len));
		if (n <= 0)
			return false;
		len += (size_t)n;
		ret->head[len] = 0;
		end = strstr(ret->head, "\r\n\r\n");
	}
	if (sscanf(ret->head, "%7s %511s", ret->method, ret->path) != 2)
		return false;
	want = body_length(ret->head);
	len -= (size_t)(end + 4 - ret->head);
	memcpy(ret->body, end + 4, len);
	end[4] = 0;
	while (len < want && want < sizeof(ret->body)) {
		n = SSL_read(ssl, ret->body + len, (int)(want - len));
		if (n <= 0)
			return false;
		len += (size_t)n;
	}
	ret->body[len] = 0;
	return true;
}

static void note(struct tls_request *request)
{
	unsigned i = 0;

	while (i < record->n && strcmp(record->paths[i].last.path, request->path) != 0)
		i++;
	if (i == PATHS_MAX)
		return;
	request->nth = ++record->paths[i].count;
	record->paths[i].last = *request;
	if (i == record->n)
		record->n++;
}

static void send_filler(SSL *ssl, size_t len)
{
	static char block[4096];

	memset(block, 'x', sizeof(block));
	for (size_t sent = 0; sent < len; sent += sizeof(block))
		if (SSL_write(ssl, block, sizeof(block)) <= 0)
			return;
}

static void serve(SSL *ssl, tls_handler_fn *handler)
{
	static struct tls_request request;
	static struct tls_reply reply;
	char head[2048];
	int n;

	memset(&request, 0, sizeof(request));
	memset(&reply, 0, sizeof(reply));
	reply.status = 200;
	reply.type = "application/json";
	if (SSL_accept(ssl) != 1 || !read_request(ssl, &request))
		return;
	note(&request);
	handler(&request, &reply);
	n = snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nContent-Type: %s\r\nConnection: close\r\n%s\r\n",
		     reply.status, reply.type, reply.headers ? reply.headers : "");
	SSL_write(ssl, head, n);
	if (reply.huge)
		send_filler(ssl, reply.huge);
	else if (*reply.body)
		SSL_write(ssl, reply.body, (int)strlen(reply.body));
	SSL_shutdown(ssl);
}

static void serve_all(SSL_CTX *ctx, int listener, tls_handler_fn *handler)
{
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		SSL *ssl = SSL_new(ctx);

		SSL_set_fd(ssl, fd);
		serve(ssl, handler);
		SSL_free(ssl);
		close(fd);
	}
}

/* ---- for the tests ---------------------------------------------------------------- */

void tls_server_start(tls_handler_fn *handler)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SSL_CTX *ctx = make_context();

	record = mmap(NULL, sizeof(*record), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(record != MAP_FAILED);
	assert_int_equal(bind(listener, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(listener, 256), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &len), 0);
	port = ntohs(a.sin_port);
	server = fork();
	if (server == 0)
		serve_all(ctx, listener, handler);
	assert_true(server > 0);
	close(listener);
	SSL_CTX_free(ctx);
}

void tls_server_stop(void)
{
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	munmap(record, sizeof(*record));
}

const char *tls_server_url(const char *path)
{
	static char url[600];

	(void)snprintf(url, sizeof(url), "https://localhost:%u%s", port, path);
	return url;
}

static int find(const char *path)
{
	for (unsigned i = 0; i < record->n; i++)
		if (strcmp(record->paths[i].last.path, path) == 0)
			return (int)i;
	return -1;
}

unsigned tls_server_count(const char *path)
{
	int i = find(path);

	return i < 0 ? 0 : record->paths[i].count;
}

const struct tls_request *tls_server_last(const char *path)
{
	int i = find(path);

	assert_true(i >= 0);
	return &record->paths[i].last;
}

void tls_server_forget(void)
{
	record->n = 0;
	memset(record->paths, 0, sizeof(record->paths));
}

const char *form_value(const char *form, const char *name)
{
	static char value[32768];
	char *found = loopback_parameter(form, name);

	(void)snprintf(value, sizeof(value), "%s", found ? found : "");
	free(found);
	return value;
}
