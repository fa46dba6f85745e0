/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_cache.c: any bytes as the file in which a profile's token is kept. Holds: what is read is written again as the same; a
 * token without a text is never one that may be given out; and a file of other settings is none of this profile. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/jose/json.h"
#include "fuzz/fuzz.h"
#include "tests/unit/support/support_accounts.h"
#include "tools/agentauth/local/profile.h"
#include "tools/agentauth/oauth/token_cache.h"
#include "tools/cli/problems.h"
#include "tools/cli/say.h"

#define NOW 1767225600

static const struct profile profile = {
    .name = "p", .issuer = "https://idp.example.com", .client_id = "builder-7", .client_auth = AUTH_NONE};

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void begin(void)
{
	char *dir = support_tmpdir();

	FUZZ_HOLDS(chmod(dir, 0700) == 0);
	FUZZ_HOLDS(setenv("XDG_RUNTIME_DIR", dir, 1) == 0 && setenv("HOME", dir, 1) == 0);
	free(dir);
}

static void put(const struct token_cache *cache, const void *data, size_t size)
{
	int fd = openat(cache->folder, cache->name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	FUZZ_HOLDS(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
}

static void is_kept(const struct token_cache *cache, const struct token *token)
{
	struct token again = {0};

	FUZZ_HOLDS(token_cache_write(cache, token) == 0);
	FUZZ_HOLDS(token_cache_read(cache, &again) == 0);
	FUZZ_HOLDS(same_text(token->text, again.text) && same_text(token->scope, again.scope));
	FUZZ_HOLDS(same_text(token->refresh, again.refresh) && token->expires == again.expires);
	token_free(&again);
}

static void read_it(const struct token_cache *cache)
{
	struct token token = {0};

	if (token_cache_read(cache, &token) != 0)
		return;
	FUZZ_HOLDS(token.text || !token_is_fresh(&token, NOW));
	is_kept(cache, &token);
	token_free(&token);
}

/* The bytes as they are, and as an object of this profile. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems said = {0};
	struct token_cache cache;
	json_t *json = NULL;
	char *text;
	static bool begun;

	if (!begun)
		begin();
	begun = true;
	say_into(&said);
	FUZZ_HOLDS(token_cache_open(&profile, &cache) == 0);
	put(&cache, data, size);
	read_it(&cache);
	if (aa_json_object((const char *)data, size, &json) == AA_JOSE_OK &&
	    json_object_set_new(json, "settings", json_string(cache.settings)) == 0 &&
	    (text = aa_json_text(json, JSON_COMPACT))) {
		put(&cache, text, strlen(text));
		read_it(&cache);
		free(text);
	}
	json_decref(json);
	token_cache_close(&cache);
	say_into(NULL);
	problems_free(&said);
	return 0;
}
