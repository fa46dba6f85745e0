/* SPDX-License-Identifier: Apache-2.0 */
/* loopback.h: takes the answer of a login from the browser, at an address on this machine (RFC 8252 section 7.3). */
#ifndef AGENTAUTH_AGENT_LOOPBACK_H
#define AGENTAUTH_AGENT_LOOPBACK_H

#include <stdint.h>

struct loopback {
	int listener;
	unsigned port;
	char path[128]; /* "/callback" */
	char host[64];	/* "127.0.0.1:PORT", as the Host field must have it */
};

/* Listens at `redirect_uri`, which is http://127.0.0.1[:PORT]/PATH or the same with localhost; NULL stands for
 * http://127.0.0.1/callback. Without a port any free port is taken. Returns 0 with *ret for loopback_close(), or -1 with the
 * reason said. */
int loopback_open(const char *redirect_uri, struct loopback *ret);
void loopback_close(struct loopback *loopback);

/* Returns the URI of the listener with its port, from malloc(). */
char *loopback_uri(const struct loopback *loopback);

/* Waits until `end`, by clock_ms(), for a GET of the path. Other requests are answered with 404 meanwhile. Returns 0 with the
 * query, for own_wipe(), and the connection, which waits for loopback_reply(); 1 at `end`; -1 with the reason said. */
int loopback_wait(const struct loopback *loopback, int64_t end, char **ret_query, int *ret_connection);

/* Shows the person a page with a heading and a sentence, and closes the connection. */
void loopback_reply(int connection, int status, const char *heading, const char *sentence);

/* Returns the decoded value of a query's parameter for own_wipe(); NULL where the query has no such parameter, has it twice, or
 * its value is no text. */
char *loopback_parameter(const char *query, const char *name);

#endif
