/* SPDX-License-Identifier: Apache-2.0 */
/* http.c: makes one request of HTTPS, bounded in time and size. */
#include "config.h"

#include "tools/http/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#define REDIRECTS_MAX 5
#define CONNECT_TIMEOUT 5

/* ---- an answer that grows -------------------------------------------------------------------------------
 */

struct answer {
	char *text;
	size_t len, room, max;
	bool too_large, no_memory;
};

/* Grows without realloc(), which would leave a copy of a possible token behind. */
static bool make_room(struct answer *answer, size_t more)
{
	size_t room = answer->room ? answer->room : 4096;
	char *text;

	while (room < answer->len + more + 1)
		room *= 2;
	if (room == answer->room)
		return true;
	text = malloc(room);
	if (!text)
		return false;
	if (answer->text) {
		memcpy(text, answer->text, answer->len);
		OPENSSL_cleanse(answer->text, answer->room);
		free(answer->text);
	}
	answer->text = text;
	answer->room = room;
	return true;
}

static size_t take(char *data, size_t size, size_t n, void *arg)
{
	struct answer *answer = arg;
	size_t len = size * n;

	answer->too_large = len > answer->max - answer->len;
	if (answer->too_large)
		return 0;
	answer->no_memory = !make_room(answer, len);
	if (answer->no_memory)
		return 0;
	memcpy(answer->text + answer->len, data, len);
	answer->len += len;
	return len;
}

/* ---- header fields of the answer ------------------------------------------------------------------------
 */

static char *field_value(const char *line, size_t len, const char *name)
{
	size_t name_len = strlen(name);

	if (len <= name_len || strncasecmp(line, name, name_len) != 0 || line[name_len] != ':')
		return NULL;
	line += name_len + 1;
	len -= name_len + 1;
	while (len > 0 && (*line == ' ' || *line == '\t'))
		line++, len--;
	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n' || line[len - 1] == ' '))
		len--;
	return strndup(line, len);
}

static size_t take_header(char *data, size_t size, size_t n, void *arg)
{
	struct http_response *response = arg;
	size_t len = size * n;
	char *value;

	if ((value = field_value(data, len, "etag"))) {
		free(response->etag);
		response->etag = value;
	} else if ((value = field_value(data, len, "date"))) {
		response->date = (int64_t)curl_getdate(value, NULL);
		free(value);
	} else if ((value = field_value(data, len, "retry-after"))) {
		response->retry_after = strtol(value, NULL, 10); /* a date, the other form, reads as 0 */
		free(value);
	}
	return len;
}

/* ---- the request ----------------------------------------------------------------------------------------
 */

static bool url_is_usable(const char *url)
{
	CURLU *parts = curl_url();
	char *scheme = NULL, *user = NULL;
	bool usable = parts && url && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
		      curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		      strcmp(scheme, "https") == 0 &&
		      curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_NO_USER;

	curl_free(scheme);
	curl_free(user);
	curl_url_cleanup(parts);
	return usable;
}

static bool add_header(struct curl_slist **list, const char *name, const char *value)
{
	struct curl_slist *longer;
	char *line;

	if (!value)
		return true;
	if (strpbrk(value, "\r\n") || asprintf(&line, "%s: %s", name, value) < 0)
		return false;
	longer = curl_slist_append(*list, line);
	OPENSSL_cleanse(line, strlen(line));
	free(line);
	if (longer)
		*list = longer;
	return longer != NULL;
}

static void free_headers(struct curl_slist *list)
{
	for (struct curl_slist *line = list; line; line = line->next)
		OPENSSL_cleanse(line->data, strlen(line->data));
	curl_slist_free_all(list);
}

/* CURLOPT_REDIR_PROTOCOLS has a successor since libcurl 7.85; the oldest that is supported has only the
 * first. */
static void https_only(CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
#else
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTPS);
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, (long)CURLPROTO_HTTPS);
#endif
}

/* A body is a secret more often than not. A bearer token, which goes with a GET, libcurl itself shows to no other
 * host. */
static bool has_secret(const struct http_request *request)
{
	return request->body || request->user;
}

static bool set_up(CURL *curl, const struct http_request *request, struct curl_slist **headers)
{
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "agentauth/" PACKAGE_VERSION);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)(request->timeout ? request->timeout : HTTP_TIMEOUT));
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
	/* A secret goes to the address that it was meant for. */
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, has_secret(request) ? 0L : 1L);
	https_only(curl);
	if (request->ca_file) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca_file);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	if (request->user) {
		curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(curl, CURLOPT_USERNAME, request->user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, request->password ? request->password : "");
	}
	if (request->bearer) {
		curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, request->bearer);
	}
	if (request->body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
	if (!add_header(headers, "Accept", request->accept ? request->accept : "application/json") ||
	    !add_header(headers, "If-None-Match", request->if_none_match) ||
	    (request->body && !add_header(headers, "Expect", "")))
		return false;
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *headers);
	return curl_easy_setopt(curl, CURLOPT_URL, request->url) == CURLE_OK;
}

static enum http_err err_of(CURLcode code, const struct answer *answer)
{
	if (answer->too_large)
		return HTTP_TOO_LARGE;
	if (answer->no_memory)
		return HTTP_NO_MEMORY;
	switch (code) {
	case CURLE_OK:
		return HTTP_OK;
	case CURLE_OPERATION_TIMEDOUT:
		return HTTP_TIMED_OUT;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
		return HTTP_TLS;
	case CURLE_SSL_CACERT_BADFILE:
		return HTTP_BAD_CA_FILE;
	case CURLE_FILESIZE_EXCEEDED:
		return HTTP_TOO_LARGE;
	case CURLE_URL_MALFORMAT:
		return HTTP_BAD_URL;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_TOO_MANY_REDIRECTS:
		return HTTP_REDIRECTED;
	case CURLE_OUT_OF_MEMORY:
		return HTTP_NO_MEMORY;
	default:
		return HTTP_UNREACHABLE;
	}
}

static void explain(enum http_err err, const struct http_request *request, const char *detail, char *why,
		    size_t len)
{
	if (!why || len == 0)
		return;
	switch (err) {
	case HTTP_OK:
		*why = '\0';
		return;
	case HTTP_BAD_URL:
		snprintf(why, len, "is no usable address: it must begin with https:// and hold no user name");
		return;
	case HTTP_REDIRECTED:
		snprintf(why, len,
			 "redirects to where it must not: to something other than https, or without end");
		return;
	case HTTP_TOO_LARGE:
		snprintf(why, len, "answers with more than %zu bytes",
			 request->body_max ? request->body_max : HTTP_BODY_MAX);
		return;
	case HTTP_BAD_CA_FILE:
		snprintf(why, len, "cannot be verified: %s cannot be read as PEM certificates",
			 request->ca_file ? request->ca_file : "the system's file of certificates");
		return;
	case HTTP_NO_MEMORY:
		snprintf(why, len, "cannot be asked: memory is out");
		return;
	case HTTP_TIMED_OUT:
		snprintf(why, len, "did not answer within %u s",
			 request->timeout ? request->timeout : HTTP_TIMEOUT);
		return;
	case HTTP_TLS:
		snprintf(why, len, "cannot be trusted: %s", *detail ? detail : "TLS failed");
		return;
	case HTTP_UNREACHABLE:
		snprintf(why, len, "cannot be reached: %s", *detail ? detail : "the connection failed");
		return;
	}
}

static enum http_err perform(CURL *curl, const struct http_request *request, struct answer *answer,
			     struct http_response *response, char *detail)
{
	struct curl_slist *headers = NULL;
	char *type = NULL;
	enum http_err err = HTTP_NO_MEMORY;

	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, response);
	if (!make_room(answer, 0) || !set_up(curl, request, &headers))
		goto out;
	err = err_of(curl_easy_perform(curl), answer);
	if (err != HTTP_OK)
		goto out;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &response->status);
	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	response->content_type = type ? strdup(type) : NULL;
	answer->text[answer->len] = '\0';
	response->body = answer->text;
	response->len = answer->len;
	answer->text = NULL;
out:
	free_headers(headers);
	return err;
}

void http_begin(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Tells whether this is a regular file that can be read. A FIFO would be waited for. */
static bool is_readable_file(const char *path)
{
	struct stat st;

	return access(path, R_OK) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

enum http_err http_send(const struct http_request *request, struct http_response *ret, char *why,
			size_t why_len)
{
	struct answer answer = {.max = request->body_max ? request->body_max : HTTP_BODY_MAX};
	struct http_response response = {.date = -1};
	char detail[CURL_ERROR_SIZE] = "";
	enum http_err err = HTTP_BAD_URL;
	CURL *curl = NULL;

	if (!url_is_usable(request->url))
		goto out;
	err = HTTP_BAD_CA_FILE;
	if (request->ca_file && !is_readable_file(request->ca_file))
		goto out;
	err = HTTP_NO_MEMORY;
	curl = curl_easy_init();
	if (!curl)
		goto out;
	err = perform(curl, request, &answer, &response, detail);
out:
	explain(err, request, detail, why, why_len);
	curl_easy_cleanup(curl);
	if (answer.text) {
		OPENSSL_cleanse(answer.text, answer.room);
		free(answer.text);
	}
	if (err == HTTP_OK)
		*ret = response;
	else
		http_response_free(&response);
	return err;
}

void http_response_free(struct http_response *response)
{
	if (response->body) {
		OPENSSL_cleanse(response->body, response->len);
		free(response->body);
	}
	free(response->etag);
	free(response->content_type);
	*response = (struct http_response){.date = -1};
}

char *http_escape(const char *text)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	char *out = malloc(3 * strlen(text) + 1), *p = out;

	for (; out && *text; text++) {
		if (strchr(unreserved, *text))
			*p++ = *text;
		else
			p += sprintf(p, "%%%02X", (unsigned char)*text);
	}
	if (out)
		*p = '\0';
	return out;
}
