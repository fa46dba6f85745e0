/* SPDX-License-Identifier: Apache-2.0 */
/* token_cache.c: keeps tokens between commands. */
#include "config.h"

#include "tools/agentauth/oauth/token_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/file/replace.h"
#include "common/jose/json.h"
#include "tools/agentauth/local/json_member.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/own_folder.h"
#include "tools/agentauth/local/profile_setting.h"
#include "tools/cli/alloc.h"
#include "tools/cli/clock.h"
#include "tools/cli/say.h"

#define FILE_MAX 262144
#define WAIT_STEP 20 /* milliseconds */

/* ---- the settings that decide which token is got --------------------------------------- */

/* Writes a text with its length in front, so that no two texts together read as one other text. */
static void put_text(struct buffer *out, const char *text)
{
	if (text)
		buffer_printf(out, "%zu:%s,", strlen(text), text);
	else
		buffer_puts(out, "-,");
}

static void put_setting(struct buffer *out, const struct conf_setting *s, const void *of)
{
	const void *at = (const char *)of + s->offset;
	const struct aa_list *list = at;

	switch (s->type) {
	case CONF_TEXT:
		put_text(out, *(const char *const *)at);
		break;
	case CONF_WORD:
		put_text(out, s->words[*(const int *)at]);
		break;
	case CONF_TEXTS:
		for (size_t i = 0; i < list->n; i++)
			put_text(out, list->v[i]);
		buffer_puts(out, ";");
		break;
	default:
		for (const struct conf_setting *member = s->members; member && member->name; member++)
			put_setting(out, member, at);
		break;
	}
}

/* Returns the profile's name and all such settings in one text, from malloc(). */
static char *settings_of(const struct profile *profile)
{
	struct buffer out = {0};

	put_text(&out, profile->name);
	for (const struct profile_setting *s = profile_settings; s->conf.name; s++)
		if (s->flags & SETTING_TOKEN)
			put_setting(&out, &s->conf, profile);
	return buffer_take(&out);
}

/* FNV-1a need only tell files apart, since the settings are in the file too and are compared. OpenSSL's digests would cost
 * more than all else here, because they bring up its configuration and providers. */
static uint64_t digest_of(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash;
}

int token_cache_open(const struct profile *profile, struct token_cache *ret)
{
	struct token_cache cache = {.folder = -1, .lock = -1};

	cache.settings = settings_of(profile);
	(void)snprintf(cache.name, sizeof(cache.name), "token-%016" PRIx64, digest_of(cache.settings));
	cache.folder = profile_needs_person(profile) ? own_folder_cache() : own_folder_run();
	if (cache.folder < 0) {
		free(cache.settings);
		return -1;
	}
	*ret = cache;
	return 0;
}

void token_cache_close(struct token_cache *cache)
{
	token_cache_unlock(cache);
	close(cache->folder);
	free(cache->settings);
}

/* ---- reading -------------------------------------------------------------- */

static void read_json(const json_t *json, struct token *ret)
{
	const json_t *expires = json_object_get(json, "expires_at");

	ret->text = json_member_text(json, "token");
	ret->type = json_member_text(json, "type");
	ret->scope = json_member_text(json, "scope");
	ret->refresh = json_member_text(json, "refresh_token");
	ret->obtained = json_integer_value(json_object_get(json, "obtained_at"));
	ret->expires = json_is_integer(expires) && ret->text ? json_integer_value(expires) : -1;
}

static bool is_of(const json_t *json, const char *settings)
{
	const char *text = json_string_value(json_object_get(json, "settings"));

	return text && strcmp(text, settings) == 0;
}

int token_cache_read(const struct token_cache *cache, struct token *ret)
{
	char *text = own_folder_read(cache->folder, cache->name, FILE_MAX);
	json_t *json = NULL;
	int result = 1;

	if (text && aa_json_object(text, strlen(text), &json) == AA_JOSE_OK && is_of(json, cache->settings)) {
		read_json(json, ret);
		result = 0;
	}
	own_wipe(text);
	json_decref(json);
	return result;
}

/* ---- writing -------------------------------------------------------------- */

static char *as_json(const struct token *token, const char *settings)
{
	json_t *json =
	    json_pack("{s:s, s:s*, s:s*, s:s*, s:s*, s:I, s:I}", "settings", settings, "token", token->text,
		      "type", token->type, "scope", token->scope, "refresh_token", token->refresh,
		      "obtained_at", (json_int_t)token->obtained, "expires_at", (json_int_t)token->expires);
	char *text = json ? aa_json_text(json, JSON_COMPACT) : NULL;

	json_decref(json);
	return text;
}

int token_cache_write(const struct token_cache *cache, const struct token *token)
{
	const struct aa_replace how = {.synced = true};
	char *text = as_json(token, cache->settings);
	int r;

	if (!text)
		return say_error("the token cannot be kept: memory is out");
	r = aa_replace(cache->folder, cache->name, text, strlen(text), &how);
	if (r < 0)
		say("the token cannot be kept for the next time: %s", strerror(-r));
	own_wipe(text);
	return r < 0 ? -1 : 0;
}

int token_cache_forget(const struct token_cache *cache)
{
	if (unlinkat(cache->folder, cache->name, 0) == 0 || errno == ENOENT)
		return 0;
	return say_error("the kept token cannot be removed: %s", strerror(errno));
}

/* ---- one at a time -------------------------------------------------------- */

int token_cache_lock(struct token_cache *cache, int seconds)
{
	char name[128];

	(void)snprintf(name, sizeof(name), "%s.lock", cache->name);
	cache->lock = openat(cache->folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (cache->lock < 0)
		return say_error("the lock beside the token cannot be made: %s", strerror(errno));
	for (int i = 0; i < seconds * 1000 / WAIT_STEP; i++) {
		if (flock(cache->lock, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			break;
		clock_wait(WAIT_STEP);
	}
	say("another agentauth has been asking for this token for %d s: it is given up here", seconds);
	token_cache_unlock(cache);
	return -1;
}

void token_cache_unlock(struct token_cache *cache)
{
	if (cache->lock >= 0)
		close(cache->lock);
	cache->lock = -1;
}
