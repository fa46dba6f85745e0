/* SPDX-License-Identifier: Apache-2.0 */
/* http.h: makes one HTTPS request at a time, for the commands that talk to an identity provider. No login path links it.
 *
 * Every request has TLS verified, https only, no redirect to another scheme and none at all with a secret (a body or a
 * password), a time limit over all of it, a cap on what is read, no cookies, no netrc, and nothing of the request or the
 * answer in the words about a failure. */
#ifndef AGENTAUTH_HTTP_H
#define AGENTAUTH_HTTP_H

#include <stddef.h>
#include <stdint.h>

#define HTTP_TIMEOUT 10		 /* seconds, the default */
#define HTTP_BODY_MAX (1U << 20) /* bytes, the default */

enum http_err {
	HTTP_OK = 0,	  /* there is an answer, whatever its status */
	HTTP_UNREACHABLE, /* name, connection or transfer failed: worth another try */
	HTTP_TIMED_OUT,	  /* worth another try */
	HTTP_TLS,	  /* the server's certificate, or TLS itself */
	HTTP_TOO_LARGE,
	HTTP_BAD_URL,	  /* no https, a user name in it, or no URL at all */
	HTTP_REDIRECTED,  /* to another scheme, or too often; or anywhere, where there is a body */
	HTTP_BAD_CA_FILE, /* cannot be read */
	HTTP_NO_MEMORY,
};

struct http_request {
	const char *url;
	const char *body;	     /* NULL: GET; else POST of application/x-www-form-urlencoded */
	const char *accept;	     /* NULL: application/json */
	const char *user, *password; /* HTTP basic (RFC 7617), sent as they stand; NULL: none */
	const char *bearer;	     /* RFC 6750; NULL: none */
	const char *if_none_match;   /* the ETag of what is there already; NULL: none */
	const char *ca_file;	     /* PEM; instead of the system's; NULL: the system's */
	unsigned timeout;	     /* seconds; 0: HTTP_TIMEOUT */
	size_t body_max;	     /* of the answer; 0: HTTP_BODY_MAX */
};

struct http_response {
	long status; /* RFC 9110 section 15 */
	char *body;  /* with a zero byte behind it; never NULL after HTTP_OK */
	size_t len;
	char *etag;	    /* or NULL */
	char *content_type; /* or NULL */
	int64_t date;	    /* the server's clock, seconds since 1970; -1: it did not say */
	long retry_after;   /* seconds; 0: it did not say */
};

/* Prepares libcurl, once per program, before threads. */
void http_begin(void);

/* Fills *ret on HTTP_OK, to be given to http_response_free(), and leaves it untouched otherwise. `why`, which may be NULL,
 * gets a phrase of at most why_len bytes that tells a person what failed, without a full stop, and with no secret in it. */
enum http_err http_send(const struct http_request *request, struct http_response *ret, char *why,
			size_t why_len);

/* Wipes the response and frees it, since an answer may be a token. */
void http_response_free(struct http_response *response);

/* Escapes a text as one value of a form or a query, in which only unreserved characters stand as they are (RFC 3986 section
 * 2.1). From malloc(); NULL without memory. */
char *http_escape(const char *text);

#endif
