/* SPDX-License-Identifier: Apache-2.0 */
/* release.c reads and writes manifests, see release.h. */
#include "config.h"

#include "tools/agentauthctl/fleet/release.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/json.h"
#include "common/text/name.h"
#include "common/text/utc.h"
#include "tools/agentauthctl/fleet/label.h"
#include "tools/cli/alloc.h"

#define LIST_MAX 10000 /* labels */

bool release_is_digest(const char *text)
{
	return strlen(text) == AA_SHA256_HEX_SIZE - 1 && strspn(text, "0123456789abcdef") == strlen(text);
}

/* ---- paths --------------------------------------------------------------- */

static bool take_agent(const char *rest, char name[40])
{
	static const char suffix[] = ".conf";
	size_t len = strlen(rest), end = strlen(suffix);

	if (len <= end || len - end > AA_AGENT_NAME_MAX || strcmp(rest + len - end, suffix) != 0)
		return false;
	memcpy(name, rest, len - end);
	name[len - end] = '\0';
	return aa_agent_name_is_valid(name);
}

static const char *skip(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0 ? text + strlen(prefix) : NULL;
}

bool release_agent_at(const char *path, char label[40], char name[40])
{
	const char *rest = skip(path, RELEASE_LABELS), *slash;
	char why[256];

	label[0] = '\0';
	if (rest) {
		slash = strchr(rest, '/');
		if (!slash || slash - rest >= 40)
			return false;
		memcpy(label, rest, (size_t)(slash - rest));
		label[slash - rest] = '\0';
		if (!check_label(label, why, sizeof(why)))
			return false;
		path = slash + 1;
	}
	rest = skip(path, RELEASE_AGENTS);
	return rest && take_agent(rest, name);
}

static bool path_is_known(const char *path)
{
	char label[40], name[40];

	return strcmp(path, RELEASE_MAIN) == 0 || strcmp(path, RELEASE_IDS) == 0 ||
	       release_agent_at(path, label, name);
}

/* ---- reading ------------------------------------------------------------- */

/* refuse() puts the reason and returns false. */
static bool refuse(char *why, size_t size, const char *what)
{
	snprintf(why, size, "%s", what);
	return false;
}

static bool take_time(const json_t *json, const char *name, int64_t *ret)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text && aa_utc_parse(text, ret);
}

/* take_list() takes an optional array of strings that `good` holds for. */
static bool take_list(const json_t *json, const char *name, bool (*good)(const char *text),
		      const json_t **ret)
{
	const json_t *list = json_object_get(json, name);

	*ret = list;
	if (!list)
		return true;
	if (!json_is_array(list) || json_array_size(list) > LIST_MAX)
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (!text || !good(text))
			return false;
	}
	return true;
}

static bool is_label(const char *text)
{
	char why[256];

	return check_label(text, why, sizeof(why));
}

static bool take_files(struct release *r, char *why, size_t size)
{
	const char *path;
	json_t *digest;

	r->files = json_object_get(r->json, "files");
	if (!json_is_object(r->files))
		return refuse(why, size, "has no files");
	json_object_foreach(r->files, path, digest)
	{
		if (!path_is_known(path))
			return refuse(why, size, "names a file that no release has");
		if (!json_is_string(digest) || !release_is_digest(json_string_value(digest)))
			return refuse(why, size, "has a file without a SHA-256");
	}
	if (!json_object_get(r->files, RELEASE_MAIN) || !json_object_get(r->files, RELEASE_IDS))
		return refuse(why, size, "lacks " RELEASE_MAIN " or " RELEASE_IDS);
	return true;
}

/* A member that this version does not know could be a limit that it would pass over. */
static bool has_unknown(const json_t *json)
{
	static const char *const known[] = {"version", "number", "made", "expires", "labels", "files"};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		n += json_object_get(json, known[i]) != NULL;
	return n != json_object_size(json);
}

static bool take_members(struct release *r, char *why, size_t size)
{
	const json_t *number = json_object_get(r->json, "number");

	if (json_integer_value(json_object_get(r->json, "version")) != 1 || has_unknown(r->json))
		return refuse(why, size, "is of another version");
	if (json_integer_value(number) < 1 || json_integer_value(number) > INT32_MAX)
		return refuse(why, size, "has no number");
	r->number = (uint32_t)json_integer_value(number);
	if (!take_time(r->json, "made", &r->made) || !take_time(r->json, "expires", &r->expires) ||
	    r->expires <= r->made)
		return refuse(why, size, "does not say when it was made and when it expires");
	if (!take_list(r->json, "labels", is_label, &r->labels))
		return refuse(why, size, "has labels that are none");
	return take_files(r, why, size);
}

bool release_parse(const void *payload, size_t len, struct release *ret, char *why, size_t size)
{
	*ret = (struct release){0};
	if (aa_sha256_hex(ret->digest, payload, len) < 0)
		return refuse(why, size, "cannot be hashed");
	if (aa_json_object(payload, len, &ret->json) != AA_JOSE_OK)
		return refuse(why, size, "is no JSON object");
	return take_members(ret, why, size);
}

void release_free(struct release *release)
{
	json_decref(release->json);
	release->json = NULL;
}

char *release_payload(const struct release *r)
{
	char made[AA_UTC_SIZE], expires[AA_UTC_SIZE], *text;
	json_t *json;

	aa_utc_print(r->made, made);
	aa_utc_print(r->expires, expires);
	json = json_pack("{s:i, s:I, s:s, s:s, s:O*, s:O}", "version", 1, "number", (json_int_t)r->number,
			 "made", made, "expires", expires, "labels", r->labels, "files", r->files);
	text = aa_json_text(json, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(json);
	return text;
}

/* ---- whom it is for ---------------------------------------------------------- */

bool release_is_for(const struct release *r, const struct aa_list *labels)
{
	if (!r->labels)
		return true;
	for (size_t i = 0; i < json_array_size(r->labels); i++)
		if (aa_list_has(labels, json_string_value(json_array_get(r->labels, i))))
			return true;
	return false;
}

const char *release_agent_digest(const struct release *r, const struct aa_list *labels, const char *name)
{
	const char *digest = NULL;
	char path[128];

	for (size_t i = 0; i < labels->n && !digest; i++) {
		snprintf(path, sizeof(path), RELEASE_LABELS "%s/" RELEASE_AGENTS "%s.conf", labels->v[i],
			 name);
		digest = json_string_value(json_object_get(r->files, path));
	}
	snprintf(path, sizeof(path), RELEASE_AGENTS "%s.conf", name);
	return digest ? digest : json_string_value(json_object_get(r->files, path));
}
