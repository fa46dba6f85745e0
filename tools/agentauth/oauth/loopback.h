/* SPDX-License-Identifier: Apache-2.0 */
/* loopback.h: the answer that a browser brings: a listener on 127.0.0.1, RFC 8252 section 7.3. */
#ifndef AGENTAUTH_AGENT_LOOPBACK_H
#define AGENTAUTH_AGENT_LOOPBACK_H

#include <stdint.h>

struct loopback {
	int listener;
	unsigned port;
	char path[128]; /* "/callback" */
	char host[64];	/* of the Host field: "127.0.0.1:PORT" */
};

/* `redirect_uri` NULL: http://127.0.0.1/callback on any free port; else http://127.0.0.1[:PORT]/PATH or the
 * same with localhost. 0, to be given to loopback_close(), or -1 with the reason said. */
int loopback_open(const char *redirect_uri, struct loopback *ret);
void loopback_close(struct loopback *loopback);

/* The URI under which it listens, from malloc(), or NULL. */
char *loopback_uri(const struct loopback *loopback);

/* Waits until `end`, by clock_ms(), for a GET of the path. Other requests are answered with 404 meanwhile. Returns 0 with the
 * query, for own_wipe(), and the connection, which waits for loopback_reply(); 1 at `end`; -1 with the reason said. */
int loopback_wait(const struct loopback *loopback, int64_t end, char **ret_query, int *ret_connection);

/* Shows the person a page with a heading and a sentence, and closes the connection. */
void loopback_reply(int connection, int status, const char *heading, const char *sentence);

/* The value of a query's parameter, decoded, from malloc(), to be wiped. NULL: it is not there, is there
 * twice, or is no text. */
char *loopback_parameter(const char *query, const char *name);

#endif
