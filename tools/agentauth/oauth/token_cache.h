/* SPDX-License-Identifier: Apache-2.0 */
/* token_cache.h: keeps a profile's token between runs, in a file of mode 0600.
 *
 * The file's name is a digest of the profile's name and of all settings that decide which token is got, so that a changed scope
 * is another file. Where a person logs in, the file lies in ~/.cache/agentauth, since its refresh token must outlive the login
 * session; otherwise the file lies in own_folder_run(). */
#ifndef AGENTAUTH_AGENT_TOKEN_CACHE_H
#define AGENTAUTH_AGENT_TOKEN_CACHE_H

#include "tools/agentauth/credential/access_token.h"
#include "tools/agentauth/local/profile.h"

#define TOKEN_LOCK_SECONDS 60

struct token_cache {
	int folder, lock; /* descriptors; lock is -1 where the lock is not held */
	char name[32];
	char *settings; /* all that decide which token is got */
};

/* Opens the cache of a profile. Returns 0 with *ret for token_cache_close(), or -1 with the reason said. */
int token_cache_open(const struct profile *profile, struct token_cache *ret);
/* Closes the cache, and releases the lock. */
void token_cache_close(struct token_cache *cache);

/* Reads the token. Returns 0 with *ret for token_free(), or 1 where there is no token that can be read. */
int token_cache_read(const struct token_cache *cache, struct token *ret);
/* Replaces the token in one step. Returns 0, or -1 with the reason said; the old token is then still there. */
int token_cache_write(const struct token_cache *cache, const struct token *token);

/* Removes the token. Returns 0, also where there was none, or -1 with the reason said. */
int token_cache_forget(const struct token_cache *cache);

/* Takes the lock, which one process at a time holds. Returns 0, or -1 with the reason said, after `seconds` at most. */
int token_cache_lock(struct token_cache *cache, int seconds);
void token_cache_unlock(struct token_cache *cache);

#endif
