/* SPDX-License-Identifier: Apache-2.0 */
/* key_store.c keeps the key sets, see key_store.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file/folder.h"
#include "common/file/replace.h"
#include "common/file/trusted.h"
#include "common/jose/json.h"
#include "common/text/number.h"
#include "common/verify/keyring.h"
#include "tools/agentauthctl/keys/key_set.h"
#include "tools/agentauthctl/keys/key_store.h"
#include "tools/cli/alloc.h"
#include "tools/cli/find_control.h"

#define ETAG_MAX 1024
#define REFRESH_AGE 3600

/* ---- files ------------------------------------------------------------------------------- */

char *keys_read_trusted(int dirfd, const char *name, uid_t owner, size_t max, size_t *ret_len)
{
	char *text = NULL;
	int err = aa_trusted_read(dirfd, name, owner, max, &text, ret_len);

	errno = -err;
	return err < 0 ? NULL : text;
}

int keys_open_dir(const struct key_store *store)
{
	int dir = aa_folder_open(store->statedir, "keys");
	char *path;

	if (dir != -ENOENT)
		return dir;
	path = xasprintf("%s/keys", store->statedir);
	(void)mkdir(path, 0755);
	free(path);
	return aa_folder_open(store->statedir, "keys");
}

/* A set's time of change is that of its last fetch, also for a set that did not change. */
static int replace_file(int dir, const char *name, const char *text, int64_t mtime)
{
	const struct timespec fetched = {.tv_sec = mtime};
	const struct aa_replace how = {.synced = true, .mtime = &fetched};

	return aa_replace(dir, name, text, strlen(text), &how);
}

/* ---- a set ------------------------------------------------------------------------------- */

json_t *keys_present(int dir, const struct aa_issuer *issuer, uid_t owner, json_t *skipped)
{
	const char *name = issuer->jwks_file ? issuer->jwks_file : issuer->name;
	char why[128];
	size_t len;
	char *text = keys_read_trusted(dir, name, owner, KEY_SET_MAX, &len);
	json_t *set = NULL, *json = NULL;

	if (text && aa_json_object(text, len, &json) == AA_JOSE_OK && aa_keyring_is_of(issuer, json))
		set = keys_usable(text, len, skipped, why, sizeof(why));
	json_decref(json);
	free(text);
	return set;
}

/* The set gets the issuer's URL, so that another issuer that comes to have the name does not get its keys. */
int keys_write(const struct key_store *store, const struct aa_issuer *issuer, int dir, json_t *set)
{
	char *text;
	int r;

	json_object_set_new(set, "issuer", json_string(issuer->issuer));
	text = aa_json_text(set, JSON_COMPACT);
	r = text ? replace_file(dir, issuer->name, text, store->now) : -ENOMEM;
	free(text);
	return r;
}

int keys_renew(const struct key_store *store, const struct aa_issuer *issuer, int dir)
{
	const struct timespec times[2] = {{store->now, 0}, {store->now, 0}};

	return utimensat(dir, issuer->name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

/* A set that was fetched says whose it is, but for one that a version before wrote. */
static bool names_issuer(const struct key_store *store, int dir, const char *name)
{
	size_t len;
	char *text = keys_read_trusted(dir, name, store->owner, KEY_SET_MAX, &len);
	json_t *json = NULL;
	bool named =
	    text && aa_json_object(text, len, &json) == AA_JOSE_OK && json_object_get(json, "issuer") != NULL;

	json_decref(json);
	free(text);
	return named;
}

/* ---- the ETag that a set came with ---------------------------------------------------------------- */

static char *etag_name(const struct aa_issuer *issuer)
{
	return xasprintf("%s.etag", issuer->name); /* no issuer's name has a dot */
}

char *keys_read_etag(const struct key_store *store, const struct aa_issuer *issuer, int dir, const char *url)
{
	char *name = etag_name(issuer), *etag = NULL;
	size_t len, url_len = strlen(url);
	char *text = keys_read_trusted(dir, name, store->owner, ETAG_MAX + 1024, &len);

	if (text && len > url_len + 2 && strncmp(text, url, url_len) == 0 && text[url_len] == '\n' &&
	    names_issuer(store, dir, issuer->name)) {
		etag = xstrdup(text + url_len + 1);
		etag[strcspn(etag, "\n")] = '\0';
	}
	free(text);
	free(name);
	return etag;
}

void keys_write_etag(const struct key_store *store, const struct aa_issuer *issuer, int dir, const char *url,
		     const char *etag)
{
	char *name = etag_name(issuer), *text;

	if (etag && strlen(etag) <= ETAG_MAX && !find_control(etag)) {
		text = xasprintf("%s\n%s\n", url, etag);
		if (replace_file(dir, name, text, store->now) < 0)
			(void)unlinkat(dir, name, 0);
		free(text);
	} else {
		(void)unlinkat(dir, name, 0);
	}
	free(name);
}

/* ---- the issuer's clock --------------------------------------------------------------------------- */

static int64_t changed_at(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) == 0 ? st.st_mtime : 0;
}

static char *clock_name(const struct aa_issuer *issuer)
{
	return xasprintf("%s.clock", issuer->name);
}

void keys_note_clock(const struct key_store *store, const struct aa_issuer *issuer, int dir, int64_t ahead)
{
	char *name = clock_name(issuer), *text = xasprintf("%lld", (long long)ahead);

	(void)replace_file(dir, name, text, store->now); /* without it, less is known */
	free(text);
	free(name);
}

bool keys_clock(const struct key_store *store, const struct aa_issuer *issuer, int64_t *ret_ahead,
		int64_t *ret_seen)
{
	char *name = clock_name(issuer), *text = NULL;
	int dir = issuer->jwks_file ? -1 : aa_folder_open(store->statedir, "keys");
	size_t len;
	bool known;

	if (dir >= 0)
		text = keys_read_trusted(dir, name, store->owner, 64, &len);
	known = text && aa_number_parse(text + (*text == '-'), 0, INT64_MAX, ret_ahead);
	if (known && *text == '-')
		*ret_ahead = -*ret_ahead;
	if (known)
		*ret_seen = changed_at(dir, name);
	if (dir >= 0)
		close(dir);
	free(text);
	free(name);
	return known;
}

/* ---- what is here -------------------------------------------------------------------------------------- */

struct keys_state keys_state(const struct key_store *store, const struct aa_issuer *issuer, json_t *skipped)
{
	struct keys_state state = {0};
	const char *name = issuer->jwks_file ? issuer->jwks_file : issuer->name;
	int dir = issuer->jwks_file ? AT_FDCWD : aa_folder_open(store->statedir, "keys");
	json_t *set = NULL;

	if (dir >= 0 || issuer->jwks_file)
		set = keys_present(dir, issuer, store->owner, skipped);
	if (set) {
		state.there = true;
		state.named = issuer->jwks_file || names_issuer(store, dir, name);
		state.usable = keys_admitted(issuer, set, skipped);
		state.fetched = changed_at(dir, name);
		state.stale = issuer->jwks_file ? 0 : state.fetched + issuer->jwks_max_age;
	}
	json_decref(set);
	if (dir >= 0)
		close(dir);
	return state;
}

bool keys_are_due(const struct key_store *store, const struct aa_issuer *issuer)
{
	struct keys_state state = keys_state(store, issuer, NULL);
	int64_t age = store->now - state.fetched, limit = issuer->jwks_max_age / 4;

	if (issuer->jwks_file)
		return false;
	if (limit > REFRESH_AGE)
		limit = REFRESH_AGE;
	return !state.there || !state.named || age >= limit || age < 0;
}

void keys_forget(const struct key_store *store, const char *issuer)
{
	char *etag = xasprintf("%s.etag", issuer), *clock = xasprintf("%s.clock", issuer);
	int dir = store->dry_run ? -1 : aa_folder_open(store->statedir, "keys");

	if (dir >= 0) {
		(void)unlinkat(dir, issuer, 0);
		(void)unlinkat(dir, etag, 0);
		(void)unlinkat(dir, clock, 0);
		(void)fsync(dir);
		close(dir);
	}
	free(clock);
	free(etag);
}
