/* SPDX-License-Identifier: Apache-2.0 */
/* curl_late.c: loads libcurl when it is first called, since it brings thirty libraries with it, which are half of the time
 * that agentauthctl needs to begin, and most runs of both programs (an assertion, a token from the cache, a list) need none of
 * them. The calls are libcurl's own, so that the rest of tools/http does not know. */
#include "config.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>

#include "tools/cli/say.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo

/* Debian's libcurl with GnuTLS has a name of its own. */
static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

static void *library(void)
{
	static void *handle;

	for (size_t i = 0; !handle && i < sizeof(names) / sizeof(names[0]); i++)
		handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (handle)
		return handle;
	say_into(NULL); /* the program ends here, and nobody would print what is gathered */
	say("libcurl is not installed, and without it no provider can be asked. On Debian: apt-get install "
	    "libcurl4");
	exit(1);
}

static void *find(const char *name)
{
	void *symbol = dlsym(library(), name);

	if (symbol)
		return symbol;
	say_into(NULL);
	say("the libcurl that is installed is too old: it has no %s", name);
	exit(1);
}

CURLcode curl_global_init(long flags)
{
	CURLcode (*call)(long) = find("curl_global_init");

	return call(flags);
}

CURL *curl_easy_init(void)
{
	CURL *(*call)(void) = find("curl_easy_init");

	return call();
}

void curl_easy_cleanup(CURL *curl)
{
	void (*call)(CURL *) = find("curl_easy_cleanup");

	call(curl);
}

/* An option's number says which type its value has, see curl/curl.h. */
CURLcode curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
	CURLcode (*call)(CURL *, CURLoption, ...) = find("curl_easy_setopt");
	CURLcode code;
	va_list args;

	va_start(args, option);
	if (option < CURLOPTTYPE_OBJECTPOINT)
		code = call(curl, option, va_arg(args, long));
	else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_OFF_T + 10000)
		code = call(curl, option, va_arg(args, curl_off_t));
	else
		code = call(curl, option, va_arg(args, void *));
	va_end(args);
	return code;
}

CURLcode curl_easy_getinfo(CURL *curl, CURLINFO info, ...)
{
	CURLcode (*call)(CURL *, CURLINFO, ...) = find("curl_easy_getinfo");
	CURLcode code;
	va_list args;

	va_start(args, info);
	code = call(curl, info, va_arg(args, void *));
	va_end(args);
	return code;
}

CURLcode curl_easy_perform(CURL *curl)
{
	CURLcode (*call)(CURL *) = find("curl_easy_perform");

	return call(curl);
}

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text)
{
	struct curl_slist *(*call)(struct curl_slist *, const char *) = find("curl_slist_append");

	return call(list, text);
}

void curl_slist_free_all(struct curl_slist *list)
{
	void (*call)(struct curl_slist *) = find("curl_slist_free_all");

	call(list);
}

CURLU *curl_url(void)
{
	CURLU *(*call)(void) = find("curl_url");

	return call();
}

void curl_url_cleanup(CURLU *url)
{
	void (*call)(CURLU *) = find("curl_url_cleanup");

	call(url);
}

CURLUcode curl_url_set(CURLU *url, CURLUPart part, const char *text, unsigned flags)
{
	CURLUcode (*call)(CURLU *, CURLUPart, const char *, unsigned) = find("curl_url_set");

	return call(url, part, text, flags);
}

/* `const` came with a later libcurl; the type of the argument is whatever the header declares. */
#if LIBCURL_VERSION_NUM >= 0x080000
CURLUcode curl_url_get(const CURLU *url, CURLUPart part, char **ret, unsigned flags)
{
	CURLUcode (*call)(const CURLU *, CURLUPart, char **, unsigned) = find("curl_url_get");
#else
CURLUcode curl_url_get(CURLU *url, CURLUPart part, char **ret, unsigned flags)
{
	CURLUcode (*call)(CURLU *, CURLUPart, char **, unsigned) = find("curl_url_get");
#endif

	return call(url, part, ret, flags);
}

void curl_free(void *text)
{
	void (*call)(void *) = find("curl_free");

	call(text);
}

time_t curl_getdate(const char *text, const time_t *unused)
{
	time_t (*call)(const char *, const time_t *) = find("curl_getdate");

	return call(text, unused);
}
