/* SPDX-License-Identifier: Apache-2.0 */
/* key_fetch.c fetches the key sets of issuers, see key_fetch.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/jose/json.h"
#include "tools/agentauthctl/keys/key_fetch.h"
#include "tools/agentauthctl/keys/key_set.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/cli/alloc.h"
#include "tools/cli/find_control.h"
#include "tools/cli/problems.h"
#include "tools/http/discovery.h"
#include "tools/http/http.h"

#define BEARER_MAX (16 * 1024)

void keys_result_free(struct keys_result *result)
{
	free(result->source);
	json_decref(result->fresh);
	json_decref(result->gone);
	json_decref(result->skipped);
	*result = (struct keys_result){0};
}

static bool __attribute__((format(printf, 2, 3))) fail(struct keys_result *result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(result->why, sizeof(result->why), format, args);
	va_end(args);
	return false;
}

/* file_trouble() says in words what errno means for a file that must be trusted. */
static const char *file_trouble(int err)
{
	switch (err) {
	case ENOENT:
		return "it is not there";
	case EFBIG:
		return "it is too large";
	case EPERM:
	case EACCES:
		return "it is not root's, or others may write it or read on the way to it";
	case ELOOP:
		return "it is a symbolic link";
	case EBADMSG:
		return "it is no regular file";
	default:
		return strerror(err);
	}
}

/* compare() notes what became of a set. It returns false where the issuer's algorithms admit none of its keys. */
static bool compare(const struct aa_issuer *issuer, struct keys_result *result, const json_t *before,
		    const json_t *now)
{
	result->usable = keys_admitted(issuer, now, result->skipped);
	if (result->usable == 0)
		return fail(result, "%s has no key that the issuer's algorithms admit, and was not taken",
			    result->source);
	result->fresh = keys_not_in(now, before);
	result->gone = keys_not_in(before, now);
	result->outcome =
	    json_array_size(result->fresh) + json_array_size(result->gone) ? KEYS_TAKEN : KEYS_SAME;
	return true;
}

/* ---- asking --------------------------------------------------------------------------------- */

/* asking goes along with every question to this issuer. */
struct asking {
	const struct key_store *store;
	const struct aa_issuer *issuer;
	struct keys_result *result;
	char *bearer; /* wiped */
};

static bool read_bearer(struct asking *ask)
{
	const char *file = ask->issuer->bearer_file;
	size_t len = 0;

	if (!file)
		return true;
	ask->bearer = keys_read_trusted(AT_FDCWD, file, ask->store->owner, BEARER_MAX, &len);
	if (!ask->bearer)
		return fail(ask->result, "its bearer_file %s cannot be used: %s", file, file_trouble(errno));
	ask->bearer[strcspn(ask->bearer, "\r\n")] = '\0';
	if (!*ask->bearer || find_control(ask->bearer))
		return fail(ask->result, "its bearer_file %s holds no token: it must be one line", file);
	return true;
}

static void wipe_bearer(struct asking *ask)
{
	if (!ask->bearer)
		return;
	explicit_bzero(ask->bearer, strlen(ask->bearer));
	free(ask->bearer);
}

static const char *advice_for(enum http_err err)
{
	switch (err) {
	case HTTP_TLS:
		return "; if it has a certificate of your own authority, name that with ca_file";
	case HTTP_UNREACHABLE:
	case HTTP_TIMED_OUT:
		return "; see that this host can reach it";
	default:
		return "";
	}
}

static bool send(struct asking *ask, const char *url, const char *etag, struct http_response *ret)
{
	const struct http_request request = {.url = url,
					     .ca_file = ask->issuer->ca_file,
					     .bearer = ask->bearer,
					     .if_none_match = etag,
					     .body_max = KEY_SET_MAX};
	char why[384];
	enum http_err err = http_send(&request, ret, why, sizeof(why));

	if (err == HTTP_OK)
		return true;
	return fail(ask->result, "%s %s%s", url, why, advice_for(err));
}

static const char *advice_for_status(long status, const struct aa_issuer *issuer)
{
	if ((status == 401 || status == 403) && !issuer->bearer_file)
		return ": it shows this to a token's bearer only; name a file with one as bearer_file";
	if (status == 401 || status == 403)
		return ": the token in bearer_file is not accepted; it may have expired";
	if (status == 404)
		return ": there is nothing at this address; is it the right one?";
	return "";
}

static bool refuse_status(struct asking *ask, const char *url, long status)
{
	return fail(ask->result, "%s answers with status %ld%s", url, status,
		    advice_for_status(status, ask->issuer));
}

/* ---- discovery: OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3 --------------------- */

/* The issuer in the metadata must be the configured one, byte for byte, since another's metadata would bring
 * another's keys. */
static char *uri_of_metadata(struct asking *ask, const char *url, const struct http_response *response)
{
	const char *issuer, *uri;
	char *ret = NULL, why[256];
	json_t *json = NULL;

	if (aa_json_object(response->body, response->len, &json) != AA_JOSE_OK) {
		fail(ask->result,
		     "%s answers with something else than its metadata (no JSON object); is the issuer's "
		     "address right?",
		     url);
		return NULL;
	}
	issuer = json_string_value(json_object_get(json, "issuer"));
	uri = json_string_value(json_object_get(json, "jwks_uri"));
	if (!issuer || strcmp(issuer, ask->issuer->issuer) != 0)
		fail(ask->result,
		     "%s is of the issuer %s, and configured is %s: they must be the same to the letter, "
		     "since tokens are compared "
		     "so; set issuer to what it says if that is the one you mean",
		     url, issuer ? quoted(issuer) : "that it does not name", quoted(ask->issuer->issuer));
	else if (!uri)
		fail(ask->result,
		     "%s does not say where its keys are (jwks_uri); name the address with jwks_uri", url);
	else if (!check_https_url(uri, why, sizeof(why)))
		fail(ask->result, "%s says that its keys are at an address that cannot be used: %s %s", url,
		     quoted(uri), why);
	else
		ret = xstrdup(uri);
	json_decref(json);
	return ret;
}

static char *discover_at(struct asking *ask, const char *url, long *ret_status)
{
	struct http_response response = {0};
	char *uri = NULL;

	if (!send(ask, url, NULL, &response))
		return NULL;
	*ret_status = response.status;
	if (response.status == 200)
		uri = uri_of_metadata(ask, url, &response);
	else
		refuse_status(ask, url, response.status);
	http_response_free(&response);
	return uri;
}

static char *discover(struct asking *ask)
{
	char *openid = discovery_openid(ask->issuer->issuer), *oauth, *uri;
	char first[sizeof(ask->result->why)];
	long status = 0;

	uri = discover_at(ask, openid, &status);
	if (!uri && status == 404) {
		memcpy(first, ask->result->why, sizeof(first));
		oauth = discovery_oauth(ask->issuer->issuer);
		uri = discover_at(ask, oauth, &status);
		if (!uri && status == 404)
			memcpy(ask->result->why, first, sizeof(first));
		free(oauth);
	}
	free(openid);
	return uri;
}

/* ---- taking a set ---------------------------------------------------------------------------------- */

static void write_set(const struct asking *ask, int dir, json_t *set)
{
	int r;

	if (ask->store->dry_run)
		return;
	r = keys_write(ask->store, ask->issuer, dir, set);
	if (r < 0) {
		ask->result->outcome = KEYS_FAILED;
		fail(ask->result,
		     "its keys cannot be written to %s/keys: %s; the keys that were there are still",
		     ask->store->statedir, strerror(-r));
	}
}

/* After "not modified" the set that is kept holds from now on. */
static bool renew(const struct asking *ask, int dir, const json_t *before)
{
	int r;

	if (!compare(ask->issuer, ask->result, before, before))
		return false;
	r = ask->store->dry_run ? 0 : keys_renew(ask->store, ask->issuer, dir);
	if (r < 0) {
		ask->result->outcome = KEYS_FAILED;
		return fail(ask->result, "the time of its keys in %s/keys cannot be renewed: %s",
			    ask->store->statedir, strerror(-r));
	}
	return true;
}

static void take(const struct asking *ask, int dir, const char *url, const struct http_response *response,
		 const json_t *before)
{
	char why[256];
	json_t *set = keys_usable(response->body, response->len, ask->result->skipped, why, sizeof(why));

	if (!set) {
		fail(ask->result,
		     "what %s answers %s, and was not taken; is it the address of the issuer's keys?", url,
		     why);
		return;
	}
	if (compare(ask->issuer, ask->result, before, set))
		write_set(ask, dir, set);
	if (ask->result->outcome != KEYS_FAILED && !ask->store->dry_run)
		keys_write_etag(ask->store, ask->issuer, dir, url, response->etag);
	json_decref(set);
}

static void fetch(struct asking *ask, int dir, const char *url)
{
	json_t *before = keys_present(dir, ask->issuer, ask->store->owner, NULL);
	char *etag = before ? keys_read_etag(ask->store, ask->issuer, dir, url) : NULL;
	struct http_response response = {0};

	if (!send(ask, url, etag, &response))
		goto out;
	if (response.date >= 0 && !ask->store->dry_run)
		keys_note_clock(ask->store, ask->issuer, dir, time(NULL) - response.date);
	if (response.status == 304 && etag)
		renew(ask, dir, before);
	else if (response.status == 200)
		take(ask, dir, url, &response, before);
	else
		refuse_status(ask, url, response.status);
	http_response_free(&response);
out:
	free(etag);
	json_decref(before);
}

static void refresh_from_server(const struct key_store *store, const struct aa_issuer *issuer,
				struct keys_result *result)
{
	struct asking ask = {.store = store, .issuer = issuer, .result = result};
	int dir = keys_open_dir(store);
	char *uri = NULL;

	if (dir < 0) {
		fail(result,
		     "%s/keys cannot be opened as a directory: %s; move away what is there, and run this "
		     "command "
		     "again",
		     store->statedir, strerror(-dir));
		return;
	}
	if (!read_bearer(&ask))
		goto out;
	uri = issuer->jwks_uri ? xstrdup(issuer->jwks_uri) : discover(&ask);
	if (!uri)
		goto out;
	free(result->source);
	result->source = uri;
	fetch(&ask, dir, uri);
out:
	wipe_bearer(&ask);
	close(dir);
}

/* Logins read the file itself. */
static void check_file(const struct key_store *store, const struct aa_issuer *issuer,
		       struct keys_result *result)
{
	size_t len = 0;
	char why[256];
	char *text = keys_read_trusted(AT_FDCWD, issuer->jwks_file, store->owner, KEY_SET_MAX, &len);
	json_t *set = NULL;

	if (!text)
		fail(result, "its jwks_file %s cannot be used: %s", issuer->jwks_file, file_trouble(errno));
	else if (!(set = keys_usable(text, len, result->skipped, why, sizeof(why))))
		fail(result, "its jwks_file %s %s: put a JSON Web Key Set (RFC 7517) there",
		     issuer->jwks_file, why);
	else
		(void)compare(issuer, result, set, set);
	json_decref(set);
	free(text);
}

void keys_refresh(const struct key_store *store, const struct aa_issuer *issuer, struct keys_result *ret)
{
	*ret = (struct keys_result){.outcome = KEYS_FAILED, .skipped = json_array()};
	ret->source = xstrdup(issuer->jwks_file	 ? issuer->jwks_file
			      : issuer->jwks_uri ? issuer->jwks_uri
						 : issuer->issuer);
	if (issuer->jwks_file)
		check_file(store, issuer, ret);
	else
		refresh_from_server(store, issuer, ret);
}
