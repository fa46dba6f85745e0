/* SPDX-License-Identifier: Apache-2.0 */
/* issuer_keys.c: key sets of issuers, fetched and kept, see issuer_keys.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "tools/agentauthctl/model/check_value.h"
#include "tools/http/discovery.h"
#include "tools/http/http.h"
#include "tools/agentauthctl/keys/issuer_keys.h"
#include "common/jose/json.h"
#include "common/jose/key.h"
#include "common/verify/keyring.h"
#include "tools/cli/problems.h"
#include "common/file/trusted.h"

#define SET_MAX (1024 * 1024)
#define ETAG_MAX 1024
#define BEARER_MAX (16 * 1024)
#define REFRESH_AGE 3600

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

/* ---- files ------------------------------------------------------------------------------- */

/* The whole of a file that only root or `owner` can have written, with a zero byte behind it; from malloc().
 * NULL: errno says why. */
static char *read_trusted(int dirfd, const char *name, uid_t owner, size_t max, size_t *ret_len)
{
	size_t size = 0;
	char *text = NULL;
	int fd = -1, err = aa_open_trusted(dirfd, name, owner, &fd, &size);

	if (err < 0) {
		errno = -err;
		return NULL;
	}
	if (size > max) {
		errno = EFBIG;
	} else {
		text = xmalloc(size + 1);
		if (pread(fd, text, size, 0) != (ssize_t)size) {
			free(text);
			text = NULL;
			errno = EIO;
		} else {
			text[size] = '\0';
			*ret_len = size;
		}
	}
	close(fd);
	return text;
}

/* What errno means for a file that must be trusted. */
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

static char *keys_dir(const struct key_place *place)
{
	return xasprintf("%s/keys", place->statedir);
}

static int open_keys_dir(const struct key_place *place)
{
	char *path = keys_dir(place);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && mkdir(path, 0755) == 0)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	free(path);
	return fd;
}

/* The key set's time of change is that of its last fetch, which a set that did not change has too. */
static int replace_file(int dir, const char *name, const char *text, int64_t mtime)
{
	const struct timespec fetched = {.tv_sec = mtime};
	const struct aa_replace how = {.synced = true, .mtime = &fetched};

	return aa_replace(dir, name, text, strlen(text), &how);
}

/* ---- a set --------------------------------------------------------------------------------- */

/* What of a key logins look at; the rest (certificates, an issuer's own words) stays behind. */
static json_t *plain_key(const json_t *jwk)
{
	static const char *const members[] = {"kty", "crv", "n",   "e",	  "x",
					      "y",   "kid", "alg", "use", "key_ops"};
	json_t *key = json_object();

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		json_t *value = json_object_get(jwk, members[i]);

		if (value)
			json_object_set(key, members[i], value);
	}
	return key;
}

static char *name_of_key(const json_t *jwk, size_t index)
{
	const char *kid = json_string_value(json_object_get(jwk, "kid"));

	return kid ? xstrdup(kid) : xasprintf("number %zu, without a kid", index + 1);
}

static void skip(json_t *skipped, const json_t *jwk, size_t index, const char *why)
{
	char *name = name_of_key(jwk, index);
	json_t *kid = json_string(name);

	json_array_append_new(skipped,
			      json_pack("{s:o, s:s}", "kid", kid ? kid : json_string("?"), "why", why));
	free(name);
}

/* Whether the usable JWK `a` is another key than `b`; entries that are the same key under one kid are one key. */
static bool is_other_key(const json_t *a, const json_t *b)
{
	struct aa_key *one = NULL, *two = NULL;
	bool other = !json_equal(a, b) &&
		     (aa_key_from_jwk(a, &one) != AA_JOSE_OK || aa_key_from_jwk(b, &two) != AA_JOSE_OK ||
		      !aa_key_of_two(one, two, AA_ALG_INVALID));

	aa_key_free(one);
	aa_key_free(two);
	return other;
}

static bool has_twin(const json_t *keys, const json_t *key, const char *kid)
{
	json_t *one;
	size_t i;

	json_array_foreach(keys, i, one)
	{
		const char *own = json_string_value(json_object_get(one, "kid"));

		if (one != key && own && strcmp(own, kid) == 0 && is_other_key(one, key))
			return true;
	}
	return false;
}

/* Two usable keys of one kid: neither is used (THREATS 17). */
static json_t *without_twins(json_t *keys, json_t *skipped)
{
	json_t *left = json_array(), *key;
	size_t i;

	json_array_foreach(keys, i, key)
	{
		const char *kid = json_string_value(json_object_get(key, "kid"));

		if (kid && has_twin(keys, key, kid))
			skip(skipped, key, i,
			     "another key of the set has the same kid: neither can be meant");
		else
			json_array_append(left, key);
	}
	json_decref(keys);
	return left;
}

static json_t *usable_of(const json_t *published, json_t *skipped)
{
	json_t *keys = json_array(), *jwk;
	size_t i;

	json_array_foreach(published, i, jwk)
	{
		struct aa_key *key = NULL;
		enum aa_jose_err err = aa_key_from_jwk(jwk, &key);

		if (err == AA_JOSE_OK)
			json_array_append_new(keys, plain_key(jwk));
		else
			skip(skipped, jwk, i, aa_jose_strerror(err));
		if (err == AA_JOSE_OK)
			aa_key_free(key);
	}
	return without_twins(keys, skipped);
}

json_t *keys_usable(const char *text, size_t len, json_t *skipped, char *why, size_t size)
{
	json_t *json = NULL, *keys;

	if (aa_json_object(text, len, &json) != AA_JOSE_OK) {
		snprintf(why, size, "%s",
			 text[strspn(text, " \t\r\n")] == '<' ? "is a page of HTML and no key set"
							      : "is no JSON object that a key set could be");
		return NULL;
	}
	if (!json_is_array(json_object_get(json, "keys"))) {
		snprintf(why, size, "has no array \"keys\", as a key set has");
		json_decref(json);
		return NULL;
	}
	keys = usable_of(json_object_get(json, "keys"), skipped);
	json_decref(json);
	if (json_array_size(keys) > 0)
		return json_pack("{s:o}", "keys", keys);
	json_decref(keys);
	snprintf(why, size, "has no key that can be used");
	return NULL;
}

static bool admits_key(const struct aa_issuer *issuer, const struct aa_key *key)
{
	for (size_t i = 0; i < issuer->algorithms.n; i++)
		if (aa_key_fits(key, aa_alg_from_name(issuer->algorithms.v[i])))
			return true;
	return false;
}

static void skip_unadmitted(json_t *skipped, const struct aa_issuer *issuer, const json_t *jwk, size_t index,
			    const struct aa_key *key)
{
	const char *alg = aa_alg_name(aa_key_default_alg(key));
	struct buffer why = {0};

	buffer_printf(&why, "it is for %s, and the issuer's algorithms are", alg);
	for (size_t i = 0; i < issuer->algorithms.n; i++)
		buffer_printf(&why, "%s %s", i ? "," : "", issuer->algorithms.v[i]);
	buffer_printf(&why, "; agentauthctl issuer set %s --algorithm %s admits it", issuer->name, alg);
	skip(skipped, jwk, index, why.data);
	buffer_free(&why);
}

/* How many keys of the set the issuer's algorithms admit. The others stay in it, since the algorithms may change
 * while the set does not; `skipped` gets their names. */
static size_t count_admitted(const struct aa_issuer *issuer, const json_t *set, json_t *skipped)
{
	json_t *jwk;
	size_t i, n = 0;

	json_array_foreach(json_object_get(set, "keys"), i, jwk)
	{
		struct aa_key *key = NULL;

		if (aa_key_from_jwk(jwk, &key) != AA_JOSE_OK)
			continue;
		if (admits_key(issuer, key))
			n++;
		else
			skip_unadmitted(skipped, issuer, jwk, i, key);
		aa_key_free(key);
	}
	return n;
}

/* The set that is here of the issuer, as usable keys; NULL: there is none, or what is here is another's. */
static json_t *present_set(int dir, const struct aa_issuer *issuer, uid_t owner, json_t *skipped)
{
	const char *name = issuer->keys_file ? issuer->keys_file : issuer->name;
	char why[128];
	size_t len;
	char *text = read_trusted(dir, name, owner, SET_MAX, &len);
	json_t *set = NULL, *json = NULL;

	if (text && aa_json_object(text, len, &json) == AA_JOSE_OK && aa_keyring_is_of(issuer, json))
		set = keys_usable(text, len, skipped, why, sizeof(why));
	json_decref(json);
	free(text);
	return set;
}

/* The names of the keys of `set` that `other` does not have, byte for byte. */
static json_t *keys_not_in(const json_t *set, const json_t *other)
{
	json_t *names = json_array(), *key, *one;
	size_t i, k;

	json_array_foreach(json_object_get(set, "keys"), i, key)
	{
		bool has = false;
		char *name;

		json_array_foreach(json_object_get(other, "keys"), k, one)
		{
			has = has || json_equal(key, one);
		}
		if (has)
			continue;
		name = name_of_key(key, i);
		json_array_append_new(names, json_string(name));
		free(name);
	}
	return names;
}

/* What became of a set. False: the issuer's algorithms admit none of its keys. */
static bool compare(const struct aa_issuer *issuer, struct keys_result *result, const json_t *before,
		    const json_t *now)
{
	result->usable = count_admitted(issuer, now, result->skipped);
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

/* What goes along with every question to this issuer. */
struct asking {
	const struct key_place *place;
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
	ask->bearer = read_trusted(AT_FDCWD, file, ask->place->owner, BEARER_MAX, &len);
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
					     .body_max = SET_MAX};
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

/* The issuer in the metadata must be the configured one, byte for byte: another's metadata would bring
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

/* ---- the ETag that a set came with ---------------------------------------------------------------- */

static char *etag_name(const struct aa_issuer *issuer)
{
	return xasprintf("%s.etag", issuer->name); /* no issuer's name has a dot */
}

/* It counts for this address alone, and while there is a set that it is about. */
static char *read_etag(const struct asking *ask, int dir, const char *url)
{
	char *name = etag_name(ask->issuer), *etag = NULL;
	size_t len, url_len = strlen(url);
	char *text = read_trusted(dir, name, ask->place->owner, ETAG_MAX + 1024, &len);

	if (text && len > url_len + 2 && strncmp(text, url, url_len) == 0 && text[url_len] == '\n') {
		etag = xstrdup(text + url_len + 1);
		etag[strcspn(etag, "\n")] = '\0';
	}
	free(text);
	free(name);
	return etag;
}

static void write_etag(const struct asking *ask, int dir, const char *url, const char *etag)
{
	char *name = etag_name(ask->issuer), *text;

	if (etag && strlen(etag) <= ETAG_MAX && !find_control(etag)) {
		text = xasprintf("%s\n%s\n", url, etag);
		if (replace_file(dir, name, text, ask->place->now) < 0)
			(void)unlinkat(dir, name, 0);
		free(text);
	} else {
		(void)unlinkat(dir, name, 0);
	}
	free(name);
}

/* ---- taking a set ---------------------------------------------------------------------------------- */

/* With the issuer's URL: a set is no other issuer's that comes to have the name. */
static void write_set(const struct asking *ask, int dir, json_t *set)
{
	char *text;
	int r;

	if (ask->place->dry_run)
		return;
	json_object_set_new(set, "issuer", json_string(ask->issuer->issuer));
	text = aa_json_text(set, JSON_COMPACT);
	r = text ? replace_file(dir, ask->issuer->name, text, ask->place->now) : -ENOMEM;
	free(text);
	if (r < 0) {
		ask->result->outcome = KEYS_FAILED;
		fail(ask->result,
		     "its keys cannot be written to %s/keys: %s; the keys that were there are still",
		     ask->place->statedir, strerror(-r));
	}
}

/* "Not modified": what is here holds from now on. */
static bool renew(const struct asking *ask, int dir, const json_t *before)
{
	const struct timespec times[2] = {{ask->place->now, 0}, {ask->place->now, 0}};

	if (!compare(ask->issuer, ask->result, before, before))
		return false;
	if (!ask->place->dry_run && utimensat(dir, ask->issuer->name, times, AT_SYMLINK_NOFOLLOW) < 0) {
		ask->result->outcome = KEYS_FAILED;
		return fail(ask->result, "the time of its keys in %s/keys cannot be renewed: %s",
			    ask->place->statedir, strerror(errno));
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
	if (ask->result->outcome != KEYS_FAILED && !ask->place->dry_run)
		write_etag(ask, dir, url, response->etag);
	json_decref(set);
}

static void fetch(struct asking *ask, int dir, const char *url)
{
	json_t *before = present_set(dir, ask->issuer, ask->place->owner, NULL);
	char *etag = before ? read_etag(ask, dir, url) : NULL;
	struct http_response response = {0};

	if (!send(ask, url, etag, &response))
		goto out;
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

static void refresh_from_server(const struct key_place *place, const struct aa_issuer *issuer,
				struct keys_result *result)
{
	struct asking ask = {.place = place, .issuer = issuer, .result = result};
	int dir = open_keys_dir(place);
	char *uri = NULL;

	if (dir < 0) {
		fail(result,
		     "%s/keys cannot be opened as a directory: %s; move away what is there, and run this "
		     "command "
		     "again",
		     place->statedir, strerror(errno));
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
static void check_file(const struct key_place *place, const struct aa_issuer *issuer,
		       struct keys_result *result)
{
	size_t len = 0;
	char why[256];
	char *text = read_trusted(AT_FDCWD, issuer->keys_file, place->owner, SET_MAX, &len);
	json_t *set = NULL;

	if (!text)
		fail(result, "its jwks_file %s cannot be used: %s", issuer->keys_file, file_trouble(errno));
	else if (!(set = keys_usable(text, len, result->skipped, why, sizeof(why))))
		fail(result, "its jwks_file %s %s: put a JSON Web Key Set (RFC 7517) there",
		     issuer->keys_file, why);
	else
		(void)compare(issuer, result, set, set);
	json_decref(set);
	free(text);
}

void keys_refresh(const struct key_place *place, const struct aa_issuer *issuer, struct keys_result *ret)
{
	*ret = (struct keys_result){.outcome = KEYS_FAILED, .skipped = json_array()};
	ret->source = xstrdup(issuer->keys_file	 ? issuer->keys_file
			      : issuer->jwks_uri ? issuer->jwks_uri
						 : issuer->issuer);
	if (issuer->keys_file)
		check_file(place, issuer, ret);
	else
		refresh_from_server(place, issuer, ret);
}

/* ---- what is here -------------------------------------------------------------------------------------- */

static int64_t changed_at(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) == 0 ? st.st_mtime : 0;
}

struct keys_state keys_state(const struct key_place *place, const struct aa_issuer *issuer, json_t *skipped)
{
	struct keys_state state = {0};
	const char *name = issuer->keys_file ? issuer->keys_file : issuer->name;
	char *path = keys_dir(place);
	int dir = issuer->keys_file ? AT_FDCWD : open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	json_t *set = NULL;

	if (dir >= 0 || issuer->keys_file)
		set = present_set(dir, issuer, place->owner, skipped);
	if (set) {
		state.there = true;
		state.usable = count_admitted(issuer, set, skipped);
		state.fetched = changed_at(dir, name);
		state.stale = issuer->keys_file ? 0 : state.fetched + issuer->jwks_max_age;
	}
	json_decref(set);
	if (dir >= 0)
		close(dir);
	free(path);
	return state;
}

bool keys_are_due(const struct key_place *place, const struct aa_issuer *issuer)
{
	struct keys_state state = keys_state(place, issuer, NULL);
	int64_t age = place->now - state.fetched, limit = issuer->jwks_max_age / 4;

	if (issuer->keys_file)
		return false;
	if (limit > REFRESH_AGE)
		limit = REFRESH_AGE;
	return !state.there || age >= limit || age < 0;
}

void keys_forget(const struct key_place *place, const char *issuer)
{
	char *path = keys_dir(place), *etag = xasprintf("%s.etag", issuer);
	int dir = place->dry_run ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir >= 0) {
		(void)unlinkat(dir, issuer, 0);
		(void)unlinkat(dir, etag, 0);
		(void)fsync(dir);
		close(dir);
	}
	free(etag);
	free(path);
}
