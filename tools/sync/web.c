/* SPDX-License-Identifier: Apache-2.0 */
/* web.c: the second carrier, HTTPS. */
#include "config.h"

#include "tools/sync/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/say.h"
#include "tools/http/http.h"
#include "tools/sync/manifest_names.h"
#include "tools/sync/state.h"

#define INDEX_LINE (AA_SHA256_HEX_SIZE - 1 + 5) /* bytes of "HEX.jws\n" */
#define NOT_MODIFIED 304
#define ETAG_MAX 256

struct fetch {
	const struct sync_web *web;
	const struct incoming_limits *limits;
	struct incoming *incoming;
	char *old;	   /* what was brought before */
	struct buffer now; /* what is brought now */
	char *etag, *stops_etag;
	char manifest[AA_SHA256_HEX_SIZE];
	int64_t n, bytes; /* of files and stops */
	bool failed;
};

/* ---- one file -------------------------------------------------------------------------- */

/* 200 or 304 is the answer; -1: said. */
static int get(const struct fetch *fetch, const char *path, const char *etag, int64_t most,
	       struct http_response *ret)
{
	char *url = xasprintf("%s%s%s", fetch->web->url,
			      fetch->web->url[strlen(fetch->web->url) - 1] == '/' ? "" : "/", path);
	struct http_request request = {.url = url,
				       .accept = "*/*",
				       .if_none_match = etag,
				       .ca_file = fetch->web->ca_file,
				       .timeout = 60,
				       .body_max = (size_t)most};
	char why[256];
	int status = -1;

	if (http_send(&request, ret, why, sizeof(why)) != HTTP_OK) {
		say("%s: %s", url, why);
	} else if (ret->status == 200 || (ret->status == NOT_MODIFIED && etag)) {
		status = (int)ret->status;
	} else {
		say("%s: the server answers %ld", url, ret->status);
		http_response_free(ret);
	}
	free(url);
	return status;
}

static bool put(struct fetch *fetch, struct carried *file, const struct http_response *response)
{
	int r;

	if (!carried_fits(file, response->body, response->len)) {
		say("refused a file, %s: its content is not what its name says", file->hex);
		return false;
	}
	fetch->bytes += (int64_t)response->len;
	if (fetch->bytes > fetch->limits->disk) {
		say("the mirror has more than %lld bytes", (long long)fetch->limits->disk);
		return false;
	}
	r = incoming_put(fetch->incoming, file, response->body, response->len);
	if (r < 0)
		say("a file cannot be written: %s", strerror(-r));
	return r == 0;
}

static bool bring(struct fetch *fetch, struct carried *file, int64_t most)
{
	char path[CARRIED_PATH_SIZE];
	struct http_response response;
	bool good;

	if (fetch->n++ >= most) {
		say("the mirror has more than %lld %s", (long long)most,
		    file->kind == CARRIED_FILE ? "files" : "stops");
		return false;
	}
	if (!incoming_has(fetch->incoming, file)) {
		carried_path(file, path);
		if (get(fetch, path, NULL, fetch->limits->file, &response) < 0)
			return false;
		good = put(fetch, file, &response);
		http_response_free(&response);
		if (!good)
			return false;
	}
	state_file(&fetch->now, file, "");
	return true;
}

static char *etag_of(const char *value)
{
	size_t len = value ? strcspn(value, "\n") : 0;

	return len > 0 ? xstrndup(value, len) : NULL;
}

/* An ETag of a server that writes lines into it, or endless ones, is not kept: then all is fetched each time. */
static void keep_etag(char **slot, const char *etag)
{
	free(*slot);
	*slot = etag && strlen(etag) <= ETAG_MAX && !strpbrk(etag, "\r\n") ? xstrdup(etag) : NULL;
}

/* ---- stops ------------------------------------------------------------------------------- */

static void keep_old(struct fetch *fetch, char letter)
{
	struct carried file;
	const char *more;

	for (const char *line = fetch->old; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		if (line[0] == letter && state_line(line, &file, &more))
			state_file(&fetch->now, &file, "");
}

static bool bring_index(struct fetch *fetch, const char *index)
{
	bool all = true;

	fetch->n = 0;
	for (const char *line = index; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char name[CARRIED_PATH_SIZE];
		struct carried file;

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(line, "\n"), line);
		if (!carried_of_name(name, CARRIED_STOP, &file)) {
			say("the mirror's stops/index has a line that is no name of a stop");
			return false;
		}
		all = bring(fetch, &file, fetch->limits->stops) && all;
		if (fetch->n > fetch->limits->stops)
			return false;
	}
	return all;
}

/* A mirror that cannot hand out one stop hands out the others. */
static bool bring_stops(struct fetch *fetch)
{
	struct http_response response;
	int status =
	    get(fetch, "stops/index", fetch->stops_etag, fetch->limits->stops * INDEX_LINE, &response);
	bool good;

	if (status == 200 && bring_index(fetch, response.body)) {
		keep_etag(&fetch->stops_etag, response.etag);
		good = true;
	} else {
		keep_old(fetch, 's');
		good = status == NOT_MODIFIED;
		if (!good)
			keep_etag(&fetch->stops_etag, NULL);
	}
	if (status > 0)
		http_response_free(&response);
	return good;
}

/* ---- the manifest and its files ------------------------------------------------------------ */

static bool bring_named(const struct carried *file, void *context)
{
	struct fetch *fetch = context;
	struct carried named = *file;

	fetch->failed = fetch->failed || !bring(fetch, &named, fetch->limits->files);
	return !fetch->failed;
}

static bool bring_release(struct fetch *fetch, const struct http_response *response)
{
	struct carried manifest = {CARRIED_MANIFEST, ""};

	fetch->n = 0;
	if (!manifest_names(response->body, response->len, bring_named, fetch)) {
		if (!fetch->failed)
			say("the mirror's manifest.jws is no JWS in general serialization");
		return false;
	}
	if (!carried_fits(&manifest, response->body, response->len))
		return false;
	if (strcmp(manifest.hex, fetch->manifest) != 0) {
		if (!put(fetch, &manifest, response))
			return false;
		say("a manifest came over HTTPS: %s", manifest.hex);
		memcpy(fetch->manifest, manifest.hex, sizeof(manifest.hex));
	}
	return true;
}

static bool bring_manifest(struct fetch *fetch)
{
	struct http_response response;
	int status = get(fetch, "manifest.jws", fetch->etag, fetch->limits->manifest, &response);
	bool good;

	if (status == 200 && bring_release(fetch, &response)) {
		keep_etag(&fetch->etag, response.etag);
		good = true;
	} else {
		keep_old(fetch, 'f');
		good = status == NOT_MODIFIED;
		if (!good)
			keep_etag(&fetch->etag, NULL);
	}
	if (status > 0)
		http_response_free(&response);
	return good;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool all_there(const struct fetch *fetch)
{
	struct carried file = {CARRIED_MANIFEST, ""};
	const char *more;

	if (!incoming_there(fetch->incoming, &file))
		return false;
	for (const char *line = fetch->old; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		if (state_line(line, &file, &more) && !incoming_there(fetch->incoming, &file))
			return false;
	return true;
}

static void read_old(struct fetch *fetch, int state)
{
	const char *manifest;

	fetch->old = state_read(state, STATE_WEB);
	manifest = state_value(fetch->old, "manifest");
	fetch->etag = etag_of(state_value(fetch->old, "etag"));
	fetch->stops_etag = etag_of(state_value(fetch->old, "stops-etag"));
	if (manifest && strcspn(manifest, "\n") == AA_SHA256_HEX_SIZE - 1)
		snprintf(fetch->manifest, sizeof(fetch->manifest), "%.*s", AA_SHA256_HEX_SIZE - 1, manifest);
	/* Somebody emptied the folder: "nothing has changed" would leave it empty. */
	if (!all_there(fetch)) {
		keep_etag(&fetch->etag, NULL);
		keep_etag(&fetch->stops_etag, NULL);
		fetch->manifest[0] = '\0';
	}
}

/* A file that this carrier has brought earlier, and that neither carrier has now, is over. */
static void drop_old(struct fetch *fetch, int state)
{
	char *others = state_read(state, STATE_LDAP);
	struct carried file;
	const char *more;

	for (const char *line = fetch->old; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		if (state_line(line, &file, &more) && file.kind != CARRIED_MANIFEST &&
		    !state_has(fetch->now.data, &file) && !state_has(others, &file))
			incoming_drop(fetch->incoming, &file);
	free(others);
}

int web_fetch(const struct sync_web *web, const struct incoming_limits *limits, struct incoming *incoming,
	      int state)
{
	struct fetch fetch = {.web = web, .limits = limits, .incoming = incoming};
	bool stops, release;
	int r;

	read_old(&fetch, state);
	state_begin(&fetch.now);
	stops = bring_stops(&fetch);
	release = bring_manifest(&fetch);
	buffer_printf(&fetch.now, "manifest %s\netag %s\nstops-etag %s\n", fetch.manifest,
		      fetch.etag ? fetch.etag : "", fetch.stops_etag ? fetch.stops_etag : "");
	drop_old(&fetch, state);
	r = incoming_index(incoming);
	if (r == 0)
		r = state_write(state, STATE_WEB, &fetch.now);
	if (r < 0)
		say("the state cannot be written: %s", strerror(-r));
	free(fetch.old);
	free(fetch.etag);
	free(fetch.stops_etag);
	buffer_free(&fetch.now);
	return stops && release && r == 0 ? 0 : -1;
}
