/* SPDX-License-Identifier: Apache-2.0 */
/* mirror.c: keeps the folder as the directory is. */
#include "config.h"

#include "tools/sync/mirror.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/say.h"
#include "tools/sync/manifest_names.h"
#include "tools/sync/mirror_internal.h"
#include "tools/sync/state.h"

#define MANIFESTS_MAX 8	 /* entries of this name; while one takes another's place there are two */
#define REFUSED_SAID 10	 /* lines of a connection */
#define REFUSED_MAX 1000 /* entries of a connection that are no files of ours */
#define WINDOW 3600000	 /* milliseconds */
#define WINDOW_TIMES 4	 /* limits.disk that may be written within one */

/* ---- what is no file of a release ----------------------------------------------------- */

static bool refuse(struct mirror *mirror, struct watch *watch, const char *dn, const char *why)
{
	mirror->refused++;
	if (mirror->refused <= REFUSED_SAID)
		say("refused an entry, %.200s: %s", dn, why);
	if (mirror->refused == REFUSED_SAID + 1)
		say("further entries that are refused on this connection are not told of");
	if (mirror->refused <= REFUSED_MAX)
		return true;
	return watch_refuse(watch, "more than %d entries that are no files of a release", REFUSED_MAX);
}

static bool within_limits(struct mirror *mirror, struct watch *watch, const struct carried *file, size_t len)
{
	const int64_t most[] = {MANIFESTS_MAX, mirror->limits.files, mirror->limits.stops};
	static const char *const called[] = {"manifests", "files", "stops"};

	if ((int64_t)mirror->held.n[file->kind] >= most[file->kind])
		return watch_refuse(watch, "the directory has more than %lld %s", (long long)most[file->kind],
				    called[file->kind]);
	if ((int64_t)(mirror->held.bytes + len) > mirror->limits.disk)
		return watch_refuse(watch, "the directory has more than %lld bytes",
				    (long long)mirror->limits.disk);
	if (mirror->now - mirror->window > WINDOW) {
		mirror->window = mirror->now;
		mirror->written = 0;
	}
	mirror->written += (int64_t)len;
	if (mirror->written > mirror->limits.disk * WINDOW_TIMES)
		return watch_refuse(watch, "the directory changes more than %lld bytes within an hour",
				    (long long)mirror->limits.disk * WINDOW_TIMES);
	return true;
}

/* ---- removing ---------------------------------------------------------------------------- */

static bool others_have(struct mirror *mirror, const struct carried *file)
{
	if (!mirror->others)
		mirror->others = state_read(mirror->state, STATE_WEB);
	return state_has(mirror->others, file);
}

/* The entry is held no more by the time that its file is looked at: another may be the same file. */
static void let_go(struct mirror *mirror, struct held_one *one)
{
	struct carried file = one->file;

	held_remove(&mirror->held, one);
	mirror->dirty = true;
	if (held_has(&mirror->held, &file) || others_have(mirror, &file))
		return;
	if (file.kind != CARRIED_MANIFEST || incoming_has(mirror->incoming, &file))
		incoming_drop(mirror->incoming, &file);
	/* Where it comes again it is new again. */
	if (file.kind == CARRIED_MANIFEST && strcmp(file.hex, mirror->manifest) == 0)
		mirror->manifest[0] = '\0';
}

static bool on_gone(void *context, struct watch *watch, const unsigned char *uuid)
{
	struct mirror *mirror = context;
	struct held_one *one = held_find(&mirror->held, uuid);

	(void)watch;
	if (one)
		let_go(mirror, one);
	return true;
}

static bool on_present(void *context, struct watch *watch, const unsigned char *uuid)
{
	struct mirror *mirror = context;
	struct held_one *one = held_find(&mirror->held, uuid);

	(void)watch;
	if (one)
		one->seen = true;
	return true;
}

/* ---- adding --------------------------------------------------------------------------------- */

static const char *unfit(const struct mirror *mirror, struct berval *const *content, struct carried *file)
{
	int64_t most = file->kind == CARRIED_MANIFEST ? mirror->limits.manifest : mirror->limits.file;

	if (!content || !content[0] || content[1])
		return "it has not one content";
	if ((int64_t)content[0]->bv_len > most)
		return "its content is larger than the limit";
	if (!carried_fits(file, content[0]->bv_val, content[0]->bv_len))
		return "its content is not what its name says";
	return NULL;
}

static void keep_pending(struct mirror *mirror, const struct berval *content)
{
	free(mirror->pending);
	mirror->pending = xmalloc(content->bv_len + 1);
	memcpy(mirror->pending, content->bv_val, content->bv_len);
	mirror->pending_len = content->bv_len;
	mirror->pending_since = mirror->now;
}

/* A carrier's manifest is written when it is another one than this carrier wrote last, so that a carrier that lags does not write
 * its old one over the other's new one. */
static bool put(struct mirror *mirror, struct watch *watch, const struct carried *file,
		const struct berval *content)
{
	int r;

	if (file->kind == CARRIED_MANIFEST) {
		if (strcmp(file->hex, mirror->manifest) != 0)
			keep_pending(mirror, content);
		return true;
	}
	r = incoming_put(mirror->incoming, file, content->bv_val, content->bv_len);
	if (r == 0)
		return true;
	return watch_refuse(watch, "a file cannot be written: %s", strerror(-r));
}

static bool on_entry(void *context, struct watch *watch, const unsigned char *uuid, const char *dn,
		     struct berval *const *content)
{
	struct mirror *mirror = context;
	struct held_one *one = held_find(&mirror->held, uuid);
	const char *why = "it is no name of a release";
	struct carried file;

	if (carried_of_dn(dn, mirror->base, &file))
		why = unfit(mirror, content, &file);
	if (why) {
		if (one)
			let_go(mirror, one);
		return refuse(mirror, watch, dn, why);
	}
	/* A manifest that changes, or a name that stays, is no file that goes. */
	if (one && one->file.kind == file.kind &&
	    (file.kind == CARRIED_MANIFEST || strcmp(one->file.hex, file.hex) == 0))
		held_remove(&mirror->held, one);
	else if (one)
		let_go(mirror, one);
	if (!within_limits(mirror, watch, &file, content[0]->bv_len))
		return false;
	held_add(&mirror->held, uuid, &file, content[0]->bv_len);
	mirror->dirty = true;
	return put(mirror, watch, &file, content[0]);
}

/* ---- the end of a refresh ------------------------------------------------------------------- */

struct unseen {
	struct held_one **v;
	size_t n, cap;
};

static void gather_unseen(struct held_one *one, void *context)
{
	struct unseen *unseen = context;

	if (!one->seen) {
		grow(&unseen->v, &unseen->cap, unseen->n + 1, sizeof(struct held_one *));
		unseen->v[unseen->n++] = one;
	}
}

static void let_go_unseen(struct mirror *mirror)
{
	struct unseen unseen = {NULL, 0, 0};

	held_each(&mirror->held, gather_unseen, &unseen);
	for (size_t i = 0; i < unseen.n; i++)
		let_go(mirror, unseen.v[i]);
	free(unseen.v);
}

static bool is_wanted(const struct carried *file, void *context)
{
	struct mirror *mirror = context;

	return held_has(&mirror->held, file) || others_have(mirror, file);
}

static bool on_refreshed(void *context, struct watch *watch, bool whole)
{
	struct mirror *mirror = context;

	mirror->refreshed = true;
	mirror->dirty = true;
	if (whole)
		let_go_unseen(mirror);
	if (!watch->had_cookie)
		incoming_sweep(mirror->incoming, is_wanted, mirror);
	say("the directory has %zu files and %zu stops", mirror->held.n[CARRIED_FILE],
	    mirror->held.n[CARRIED_STOP]);
	return true;
}

static bool on_cookie(void *context, struct watch *watch, const struct berval *cookie)
{
	struct mirror *mirror = context;

	(void)watch;
	free(mirror->cookie.bv_val);
	mirror->cookie.bv_val = xmalloc(cookie->bv_len + 1);
	memcpy(mirror->cookie.bv_val, cookie->bv_val, cookie->bv_len);
	mirror->cookie.bv_len = cookie->bv_len;
	mirror->dirty = true;
	return true;
}

static void on_referral(void *context, struct watch *watch)
{
	struct mirror *mirror = context;

	(void)refuse(mirror, watch, "a referral", "no other server is asked than the settings name");
}

const struct watch_events mirror_events = {
    .entry = on_entry,
    .present = on_present,
    .gone = on_gone,
    .refreshed = on_refreshed,
    .cookie = on_cookie,
    .referral = on_referral,
};

/* ---- what is ripe --------------------------------------------------------------------------- */

static bool is_there(const struct carried *file, void *context)
{
	return incoming_there(context, file);
}

static int put_manifest(struct mirror *mirror)
{
	struct carried file = {CARRIED_MANIFEST, ""};
	bool complete = manifest_names(mirror->pending, mirror->pending_len, is_there, mirror->incoming);
	int r;

	if (!complete && mirror->now - mirror->pending_since < MIRROR_PATIENCE)
		return 0;
	if (!complete)
		say("the manifest is written although not all that it names has come");
	if (!carried_fits(&file, mirror->pending, mirror->pending_len))
		return -EIO;
	r = incoming_put(mirror->incoming, &file, mirror->pending, mirror->pending_len);
	if (r < 0)
		return r;
	say("a manifest came: %s", file.hex);
	memcpy(mirror->manifest, file.hex, sizeof(file.hex));
	free(mirror->pending);
	mirror->pending = NULL;
	mirror->dirty = true;
	return 0;
}

int mirror_settle(struct mirror *mirror, int64_t now)
{
	int r = incoming_index(mirror->incoming);

	mirror->now = now;
	free(mirror->others);
	mirror->others = NULL;
	if (r == 0 && mirror->refreshed && mirror->pending)
		r = put_manifest(mirror);
	if (r == 0 && mirror->refreshed && !mirror->pending && mirror->dirty) {
		r = incoming_sync(mirror->incoming);
		if (r == 0)
			r = mirror_state_save(mirror);
		mirror->dirty = r < 0;
	}
	return r;
}

int64_t mirror_due(const struct mirror *mirror)
{
	return mirror->refreshed && mirror->pending ? mirror->pending_since + MIRROR_PATIENCE : 0;
}

static void not_seen(struct held_one *one, void *context)
{
	(void)context;
	one->seen = false;
}

const struct berval *mirror_begin(struct mirror *mirror, int64_t now)
{
	held_each(&mirror->held, not_seen, NULL);
	mirror->now = now;
	mirror->refused = 0;
	mirror->refreshed = false;
	return mirror->cookie.bv_val ? &mirror->cookie : NULL;
}

void mirror_forget(struct mirror *mirror)
{
	free(mirror->cookie.bv_val);
	mirror->cookie = (struct berval){0, NULL};
}

void mirror_free(struct mirror *mirror)
{
	held_free(&mirror->held);
	mirror_forget(mirror);
	free(mirror->pending);
	free(mirror->others);
	mirror->pending = mirror->others = NULL;
}
