/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "token_cache.h"

#include <openssl/evp.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "jose/json.h"
#include "own_files.h"
#include "own_folder.h"
#include "say.h"

#define FILE_MAX 262144
#define WAIT_STEP 20 /* milliseconds */

/* ---- the name ------------------------------------------------------------- */

/* With its length in front, so that two texts are not one other text. */
static bool add_text(EVP_MD_CTX *ctx, const char *text)
{
	size_t len = text ? strlen(text) : SIZE_MAX;

	return EVP_DigestUpdate(ctx, &len, sizeof(len)) == 1 &&
	       (!text || EVP_DigestUpdate(ctx, text, len) == 1);
}

static bool add_source(EVP_MD_CTX *ctx, const struct secret_source *source)
{
	bool ok =
	    add_text(ctx, source->file) && add_text(ctx, source->credential) && add_text(ctx, source->env);

	for (const char *const *word = source->command; ok && word && *word; word++)
		ok = add_text(ctx, *word);
	return ok && add_text(ctx, NULL);
}

static bool add_token(EVP_MD_CTX *ctx, const struct profile_token *token)
{
	return add_source(ctx, &token->source) && add_text(ctx, token->profile) && add_text(ctx, token->type);
}

static bool add_profile(EVP_MD_CTX *ctx, const struct profile *p)
{
	const char *const texts[] = {p->name,
				     p->issuer,
				     p->token_endpoint,
				     p->client_id,
				     p->scope,
				     p->audience,
				     p->subject,
				     p->target_audience,
				     p->id_token ? "id" : "access",
				     profile_grant_name(p->grant)};
	bool ok = true;

	for (size_t i = 0; ok && i < sizeof(texts) / sizeof(texts[0]); i++)
		ok = add_text(ctx, texts[i]);
	for (size_t i = 0; ok && i < p->resource.n; i++)
		ok = add_text(ctx, p->resource.v[i]);
	return ok && add_token(ctx, &p->subject_token) && add_token(ctx, &p->actor_token);
}

static bool name_file(const struct profile *profile, char *ret, size_t size)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char hash[32];
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 && add_profile(ctx, profile) &&
		  EVP_DigestFinal_ex(ctx, hash, NULL) == 1;
	size_t len = 0;

	EVP_MD_CTX_free(ctx);
	if (!ok)
		return false;
	len = (size_t)snprintf(ret, size, "token-");
	for (size_t i = 0; i < 16; i++)
		len += (size_t)snprintf(ret + len, size - len, "%02x", hash[i]);
	return true;
}

int token_cache_open(const struct profile *profile, struct token_cache *ret)
{
	struct token_cache cache = {.folder = -1, .lock = -1};

	if (!name_file(profile, cache.name, sizeof(cache.name)))
		return say_failed("memory is out"), -1;
	cache.folder = profile_needs_person(profile) ? own_folder_cache() : own_folder_run();
	if (cache.folder < 0)
		return -1;
	*ret = cache;
	return 0;
}

void token_cache_close(struct token_cache *cache)
{
	token_cache_unlock(cache);
	close(cache->folder);
}

/* ---- reading -------------------------------------------------------------- */

static char *copy(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	return text ? strdup(text) : NULL;
}

static void read_json(const json_t *json, struct token *ret)
{
	const json_t *expires = json_object_get(json, "expires_at");

	ret->text = copy(json, "token");
	ret->type = copy(json, "type");
	ret->scope = copy(json, "scope");
	ret->refresh = copy(json, "refresh_token");
	ret->obtained = json_integer_value(json_object_get(json, "obtained_at"));
	ret->expires = json_is_integer(expires) && ret->text ? json_integer_value(expires) : -1;
}

int token_cache_read(const struct token_cache *cache, struct token *ret)
{
	int fd = openat(cache->folder, cache->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	json_t *json = NULL;
	char *text = NULL;
	ssize_t n = -1;

	if (fd < 0)
		return 1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 077) &&
	    st.st_size <= FILE_MAX && (text = calloc(1, (size_t)st.st_size + 1)))
		n = read(fd, text, (size_t)st.st_size);
	close(fd);
	if (n > 0 && aa_json_object(text, (size_t)n, &json) == AA_JOSE_OK)
		read_json(json, ret);
	own_wipe(text);
	if (!json)
		return 1;
	json_decref(json);
	return 0;
}

/* ---- writing -------------------------------------------------------------- */

static char *as_json(const struct token *token)
{
	json_t *json =
	    json_pack("{s:s*, s:s*, s:s*, s:s*, s:I, s:I}", "token", token->text, "type", token->type,
		      "scope", token->scope, "refresh_token", token->refresh, "obtained_at",
		      (json_int_t)token->obtained, "expires_at", (json_int_t)token->expires);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	return text;
}

static int write_file(const struct token_cache *cache, const char *name, const char *text)
{
	int fd = openat(cache->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	bool ok = fd >= 0 && write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;

	if (fd >= 0)
		ok = close(fd) == 0 && ok;
	return ok ? 0 : -1;
}

int token_cache_write(const struct token_cache *cache, const struct token *token)
{
	char temporary[128], *text = as_json(token);
	int result = -1;

	if (!text)
		return say_failed("the token cannot be kept: memory is out"), -1;
	(void)snprintf(temporary, sizeof(temporary), "%s.%ld", cache->name, (long)getpid());
	(void)unlinkat(cache->folder, temporary, 0);
	if (write_file(cache, temporary, text) == 0 &&
	    renameat(cache->folder, temporary, cache->folder, cache->name) == 0) {
		result = 0;
	} else {
		say("the token cannot be kept for the next time: %s", strerror(errno));
		(void)unlinkat(cache->folder, temporary, 0);
	}
	own_wipe(text);
	return result;
}

/* ---- one at a time -------------------------------------------------------- */

int token_cache_lock(struct token_cache *cache)
{
	const struct timespec step = {.tv_nsec = WAIT_STEP * 1000000L};
	char name[128];

	(void)snprintf(name, sizeof(name), "%s.lock", cache->name);
	cache->lock = openat(cache->folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (cache->lock < 0)
		return say_failed("the lock beside the token cannot be made: %s", strerror(errno)), -1;
	for (int i = 0; i < TOKEN_LOCK_SECONDS * 1000 / WAIT_STEP; i++) {
		if (flock(cache->lock, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			break;
		(void)nanosleep(&step, NULL);
	}
	say("another agentauth has been asking for this token for %d s: it is given up here",
	    TOKEN_LOCK_SECONDS);
	token_cache_unlock(cache);
	return -1;
}

void token_cache_unlock(struct token_cache *cache)
{
	if (cache->lock >= 0)
		close(cache->lock);
	cache->lock = -1;
}
