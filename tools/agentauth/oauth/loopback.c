/* SPDX-License-Identifier: Apache-2.0 */
/* loopback.c: listens on this machine for the answer that a browser brings. */
#include "config.h"

#include "tools/agentauth/oauth/loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/agentauth/local/own_files.h"
#include "tools/cli/alloc.h"
#include "tools/cli/clock.h"
#include "tools/cli/say.h"

#define REQUEST_MAX 16384
#define CONNECTIONS_MAX 8
#define REQUEST_SECONDS 5 /* a connection on which no request comes is kept for so long */

/* ---- the listener --------------------------------------------------------- */

static bool skip(const char **p, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*p, text, len) != 0)
		return false;
	*p += len;
	return true;
}

/* Reads a redirect URI. *name becomes "127.0.0.1" or "localhost"; *port stays 0 where the URI has no port. */
static bool read_uri(const char *uri, const char **name, unsigned *port, struct loopback *ret)
{
	size_t digits;

	if (!skip(&uri, "http://"))
		return false;
	if (skip(&uri, "127.0.0.1"))
		*name = "127.0.0.1";
	else if (skip(&uri, "localhost"))
		*name = "localhost";
	else
		return false;
	if (skip(&uri, ":")) {
		digits = strspn(uri, "0123456789");
		if (digits < 1 || digits > 5)
			return false;
		*port = (unsigned)strtoul(uri, NULL, 10);
		uri += digits;
		if (*port < 1 || *port > 65535)
			return false;
	}
	if (*uri != '/' || strlen(uri) >= sizeof(ret->path) || strpbrk(uri, "?# "))
		return false;
	(void)strcpy(ret->path, uri);
	return true;
}

static int listen_on(unsigned port, unsigned *ret_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
	socklen_t len = sizeof(a);

	if (fd >= 0 && port)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0 && listen(fd, 32) == 0 &&
	    getsockname(fd, (struct sockaddr *)&a, &len) == 0) {
		*ret_port = ntohs(a.sin_port);
		return fd;
	}
	say("nothing can listen on 127.0.0.1, port %u, for the browser's answer: %s", port, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

int loopback_open(const char *redirect_uri, struct loopback *ret)
{
	struct loopback l = {.listener = -1};
	const char *name = NULL;
	unsigned port = 0;

	if (!read_uri(redirect_uri ? redirect_uri : "http://127.0.0.1/callback", &name, &port, &l))
		return say_error("redirect_uri is http://127.0.0.1/PATH or http://127.0.0.1:PORT/PATH, or "
				 "the same with localhost");
	l.listener = listen_on(port, &l.port);
	if (l.listener < 0)
		return -1;
	(void)snprintf(l.host, sizeof(l.host), "%s:%u", name, l.port);
	*ret = l;
	return 0;
}

void loopback_close(struct loopback *l)
{
	if (l->listener >= 0)
		close(l->listener);
	l->listener = -1;
}

char *loopback_uri(const struct loopback *l)
{
	return xasprintf("http://%s%s", l->host, l->path);
}

/* ---- a request ------------------------------------------------------------ */

/* Tells whether the browser was sent to this very address. Under a name that an attacker points here, the attacker's page
 * could read the answer (DNS rebinding). */
static bool has_host(const char *request, const char *host)
{
	const char *line = strcasestr(request, "\r\nhost:");
	size_t len = strlen(host);

	if (!line)
		return false;
	line += strlen("\r\nhost:");
	line += strspn(line, " \t");
	return strncasecmp(line, host, len) == 0 && line[len + strspn(line + len, " \t")] == '\r';
}

/* Returns the query of "GET /path?query HTTP/1.1", from malloc(), or NULL for any other request. */
static char *query_of(const struct loopback *l, const char *request)
{
	const char *p = request;
	size_t len;

	if (!skip(&p, "GET ") || !skip(&p, l->path) || !skip(&p, "?"))
		return NULL;
	len = strcspn(p, " \r\n");
	if (strncmp(p + len, " HTTP/1.", 8) != 0 || !has_host(request, l->host))
		return NULL;
	return xstrndup(p, len);
}

/* Several connections are listened to at once, since a browser opens some before it needs them. */
struct connection {
	int fd; /* -1 where the slot is free */
	size_t len;
	int64_t end;
	char *text; /* has REQUEST_MAX bytes, and a zero byte behind those that have come */
};

static void forget(struct connection *c)
{
	if (c->text)
		explicit_bzero(c->text, c->len);
	free(c->text);
	*c = (struct connection){.fd = -1};
}

static void drop(struct connection *c)
{
	if (c->fd >= 0)
		close(c->fd);
	forget(c);
}

/* Accepts a connection into a free slot, or into that of the connection which has waited longest. */
static void take_connection(int listener, struct connection *all)
{
	struct connection *slot = &all[0];
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	for (int i = 0; i < CONNECTIONS_MAX && slot->fd >= 0; i++)
		if (all[i].fd < 0 || all[i].end < slot->end)
			slot = &all[i];
	drop(slot);
	*slot = (struct connection){fd, 0, clock_ms() + REQUEST_SECONDS * 1000, xcalloc(1, REQUEST_MAX)};
}

/* Reads from a connection. True means that the query is there, and the connection with it. */
static bool hear(const struct loopback *l, struct connection *c, char **ret_query, int *ret_connection)
{
	ssize_t n = recv(c->fd, c->text + c->len, REQUEST_MAX - 1 - c->len, MSG_DONTWAIT);

	if (n <= 0) {
		drop(c);
		return false;
	}
	c->len += (size_t)n;
	if (!strstr(c->text, "\r\n\r\n") && strlen(c->text) == c->len && c->len < REQUEST_MAX - 1)
		return false;
	*ret_query = strlen(c->text) == c->len ? query_of(l, c->text) : NULL;
	*ret_connection = c->fd;
	forget(c);
	if (*ret_query)
		return true;
	loopback_reply(*ret_connection, 404, "There is nothing here",
		       "This address waits for one answer of a login.");
	return false;
}

/* Waits once. Returns 0 with the query, 1 where nothing has come so far, or -1. */
static int wait_once(const struct loopback *l, struct connection *all, int timeout, char **ret_query,
		     int *ret_connection)
{
	struct pollfd p[CONNECTIONS_MAX + 1];

	for (int i = 0; i < CONNECTIONS_MAX; i++)
		p[i] = (struct pollfd){.fd = all[i].fd, .events = POLLIN};
	p[CONNECTIONS_MAX] = (struct pollfd){.fd = l->listener, .events = POLLIN};
	if (poll(p, CONNECTIONS_MAX + 1, timeout) < 0)
		return errno == EINTR ? 1 : -1;
	for (int i = 0; i < CONNECTIONS_MAX; i++) {
		if (all[i].fd >= 0 && p[i].revents && hear(l, &all[i], ret_query, ret_connection))
			return 0;
		if (all[i].fd >= 0 && all[i].end <= clock_ms())
			drop(&all[i]);
	}
	if (p[CONNECTIONS_MAX].revents)
		take_connection(l->listener, all);
	return 1;
}

int loopback_wait(const struct loopback *l, int64_t end, char **ret_query, int *ret_connection)
{
	int64_t left;
	struct connection all[CONNECTIONS_MAX];
	int result = 1;

	for (int i = 0; i < CONNECTIONS_MAX; i++)
		all[i] = (struct connection){.fd = -1};
	while (result == 1 && (left = end - clock_ms()) > 0)
		result = wait_once(l, all, left < 1000 ? (int)left : 1000, ret_query, ret_connection);
	if (result < 0)
		say("the browser's answer cannot be waited for: %s", strerror(errno));
	for (int i = 0; i < CONNECTIONS_MAX; i++)
		drop(&all[i]);
	return result;
}

/* ---- the page ------------------------------------------------------------- */

static const char page[] =
    "HTTP/1.1 %d %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %zu\r\n"
    "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n\r\n%s";
static const char body_format[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>agentauth: %s</title>\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<style>body{font:1.1em/1.5 system-ui,sans-serif;max-width:34em;margin:15vh auto;padding:0 "
    "1em;color:#222;background:#fff}h1{font-size:1.5em}@media(prefers-color-scheme:dark){body{color:#eee;"
    "background:#222}}</style></head>\n<body><main><h1>%s</h1><p>%s</p></main></body></html>\n";

void loopback_reply(int connection, int status, const char *heading, const char *sentence)
{
	char *body = xasprintf(body_format, heading, heading, sentence);
	char *all = xasprintf(page, status, status == 200 ? "OK" : "Not taken", strlen(body), body);

	(void)send(connection, all, strlen(all), MSG_NOSIGNAL | MSG_DONTWAIT);
	free(all);
	free(body);
	(void)shutdown(connection, SHUT_WR);
	close(connection);
}

/* ---- a parameter ---------------------------------------------------------- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* Decodes application/x-www-form-urlencoded text; NULL means that it holds control characters or is malformed. */
static char *decode(const char *text, size_t len)
{
	char *out = xmalloc(len + 1), *p = out;

	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)text[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			c = i + 2 < len && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0
				? hex(text[i + 1]) * 16 + hex(text[i + 2])
				: 0;
			i += 2;
		}
		if (c < 0x20 || c == 0x7f) {
			*p = 0;
			own_wipe(out);
			return NULL;
		}
		*p++ = (char)c;
	}
	*p = 0;
	return out;
}

char *loopback_parameter(const char *query, const char *name)
{
	size_t name_len = strlen(name), len;
	const char *found = NULL;
	size_t found_len = 0;

	for (const char *p = query; *p; p += len + (p[len] == '&')) {
		len = strcspn(p, "&");
		if (len <= name_len || strncmp(p, name, name_len) != 0 || p[name_len] != '=')
			continue;
		if (found) /* A parameter must not come twice (RFC 6749 section 3.1). */
			return NULL;
		found = p + name_len + 1;
		found_len = len - name_len - 1;
	}
	return found ? decode(found, found_len) : NULL;
}
