/* SPDX-License-Identifier: Apache-2.0 */
/* http_server.h: a server whose answers the path chooses, and its certificates. */
#ifndef AGENTAUTH_TESTS_HTTP_SERVER_H
#define AGENTAUTH_TESTS_HTTP_SERVER_H

#include <pthread.h>

#include <openssl/ssl.h>

#include "tests/unit/support/test.h"

#define REQUEST_MAX 4096

extern char folder[];
extern char ca_file[64], other_ca_file[64];
extern EVP_PKEY *ca_key;
extern X509 *ca_cert;
/* Valid for an hour around now, or since two hours until one ago. issuer NULL: its own. */
X509 *make_cert(EVP_PKEY *key, const char *name, const char *san, X509 *issuer, EVP_PKEY *issuer_key,
		bool over);
void write_cert(const char *file, X509 *cert);

struct server {
	int listener, stop[2];
	unsigned port;
	SSL_CTX *ctx;
	pthread_t thread;
	pthread_mutex_t lock;
	char request[REQUEST_MAX]; /* the last one, head and body */
	unsigned requests;
	const struct server *other; /* where /to-other sends to */
};

struct server *start(X509 *cert, EVP_PKEY *key);
void stop(struct server *server);

#endif
