/* SPDX-License-Identifier: Apache-2.0 */
/* tls_server.h: a small HTTPS server that answers as a test says. It is a STAND-IN for an identity provider,
 * for the faults that a real one does not make on demand; the stories have a real one. */
#ifndef TESTS_TLS_SERVER_H
#define TESTS_TLS_SERVER_H

#include <stddef.h>

struct tls_request {
	char method[8], path[512];
	char head[8192], body[65536]; /* body: a form, as it was sent */
	unsigned nth;		      /* of this path, from 1 */
};

struct tls_reply {
	int status;	     /* 200 */
	const char *type;    /* application/json */
	const char *headers; /* more of them, lines ending in \r\n, or NULL */
	char body[65536];
	size_t huge; /* this many bytes of filler instead of the body */
};

typedef void tls_handler_fn(const struct tls_request *request, struct tls_reply *reply);

/* In a process of its own; its certificate becomes HOME/ca.pem. */
void tls_server_start(tls_handler_fn *handler);
void tls_server_stop(void);
/* "https://localhost:PORT" with `path` behind; static. */
const char *tls_server_url(const char *path);

/* How many requests came for this path, and the last one's. */
unsigned tls_server_count(const char *path);
const struct tls_request *tls_server_last(const char *path);
void tls_server_forget(void); /* what came so far */

/* The value of a form's parameter, decoded; static. "" where it is not there. */
const char *form_value(const char *form, const char *name);

#endif
