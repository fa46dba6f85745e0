/* SPDX-License-Identifier: Apache-2.0 */
/* token_cache.h: one profile's token, kept between runs in a file of mode 0600.
 *
 * Its name is a digest of the profile's name and of all settings that make another token of it: a changed
 * scope is another file. Where a person logs in, the file lies in ~/.cache/agentauth, since its refresh token
 * must outlive the login session; else in own_folder_run(). */
#ifndef AGENTAUTH_AGENT_TOKEN_CACHE_H
#define AGENTAUTH_AGENT_TOKEN_CACHE_H

#include "tools/agentauth/credential/access_token.h"
#include "tools/agentauth/local/profile.h"

#define TOKEN_LOCK_SECONDS 60

struct token_cache {
	int folder, lock; /* descriptors; lock is -1 where it is not held */
	char name[32];
	char *settings; /* all that makes another token of it */
};

/* 0, to be given to token_cache_close(), or -1 with the reason said. */
int token_cache_open(const struct profile *profile, struct token_cache *ret);
void token_cache_close(struct token_cache *cache); /* and lets go of the lock */

/* 0 with *ret for token_free(), 1 where there is none that can be read. */
int token_cache_read(const struct token_cache *cache, struct token *ret);
/* Replaces it in one step. 0, or -1 with the reason said: what was there is still there. */
int token_cache_write(const struct token_cache *cache, const struct token *token);

/* Removes what is kept. 0, also where there was nothing, or -1 with the reason said. */
int token_cache_forget(const struct token_cache *cache);

/* Held by one process at a time. 0, or -1 with the reason said, after so many seconds at most. */
int token_cache_lock(struct token_cache *cache, int seconds);
void token_cache_unlock(struct token_cache *cache);

#endif
