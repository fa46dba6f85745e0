/* SPDX-License-Identifier: Apache-2.0 */
/* token_source.c: gets the token of a profile from the cache, by a refresh token, or by the profile's grant. */
#include "config.h"

#include "tools/agentauth/oauth/token_source.h"

#include <stdlib.h>
#include <string.h>

#include "tools/agentauth/credential/ready_token.h"
#include "tools/agentauth/local/own_files.h"
#include "tools/agentauth/local/profiles.h"
#include "tools/agentauth/oauth/token_cache.h"
#include "tools/agentauth/oauth/token_grant.h"
#include "tools/cli/alloc.h"
#include "tools/cli/clock.h"
#include "tools/cli/say.h"

struct request {
	const struct profiles *profiles;
	const struct profile *profile;
	const struct token_wish *wish;
	int64_t now;
	const struct request *above; /* needs this token for an exchange; may be NULL */
	struct token_cache cache;
};

static int get(const struct profiles *profiles, const struct profile *profile, const struct token_wish *wish,
	       int64_t now, const struct request *above, struct token *ret);

/* Tells whether this profile's token is being got already, and would have to wait for itself. */
static bool is_under_way(const struct request *r, const char *name)
{
	for (; r; r = r->above)
		if (strcmp(r->profile->name, name) == 0)
			return true;
	return false;
}

static char *token_of(const char *name, void *data)
{
	const struct request *r = data;
	const struct token_wish wish = {0};
	const struct profile *profile = profiles_find(r->profiles, name);
	struct token token = {0};
	char *text = NULL;

	if (!profile)
		return NULL;
	if (is_under_way(r, name)) {
		say("the profile %s exchanges a token that is exchanged, in a circle, for its own", name);
		return NULL;
	}
	if (get(r->profiles, profile, &wish, r->now, r, &token) == 0) {
		text = token.text;
		token.text = NULL;
	}
	token_free(&token);
	return text;
}

/* Tells whether the cache has a token to be given out. *ret is filled with what the cache has, also where that is stale. */
static bool from_cache(const struct request *r, struct token *ret)
{
	token_free(ret);
	if (token_cache_read(&r->cache, ret) != 0)
		return false;
	return !r->wish->fresh && ret->text && token_is_fresh(ret, r->now);
}

/* Replaces the file in one step, so that a new refresh token is kept before the old one is forgotten. */
static int keep(const struct request *r, struct token *token)
{
	struct token kept = *token;

	if (r->wish->once) {
		kept.text = NULL;
		kept.expires = -1;
		if (!kept.refresh)
			return 0;
	}
	if (token_cache_write(&r->cache, &kept) == 0 || !kept.refresh)
		return 0;
	say("the identity provider's new refresh token is lost with that: somebody has to log in again");
	return -1;
}

static int refresh(const struct request *r, const struct idp *idp, char *old, struct token *ret)
{
	const struct grant grant = {.idp = idp, .now = r->now};
	int result = grant_refresh(&grant, old, ret);

	if (result == 0 && !ret->refresh) {
		ret->refresh = xstrdup(old); /* The old one stays valid (RFC 6749 section 6). */
	}
	return result;
}

static int say_login_needed(const struct request *r)
{
	const struct profile *p = r->profile;
	const struct profile *written = profiles_find(r->profiles, p->name);
	bool other_scope = p->scope && (!written || !written->scope || strcmp(p->scope, written->scope) != 0);

	say("somebody has to log in for the profile %s, and nobody is waited for here. Run: agentauth token "
	    "--profile %s%s%s%s --login",
	    p->name, p->name, other_scope ? " --scope '" : "", other_scope ? p->scope : "",
	    other_scope ? "'" : "");
	return -1;
}

/* Gets a new token, by the refresh token in `cached` if there is one. */
static int renew(struct request *r, struct token *cached, struct token *ret)
{
	struct idp idp = {0};
	struct grant grant = {.idp = &idp,
			      .now = r->now,
			      .no_browser = r->wish->no_browser,
			      .token_of = token_of,
			      .data = r,
			      .wait = clock_wait};
	bool person = profile_needs_person(r->profile);
	int result = 1;

	if (person && !r->wish->login && !cached->refresh)
		return say_login_needed(r);
	if (idp_find(r->profile, &idp) < 0)
		return -1;
	if (cached->refresh && !r->wish->login)
		result = refresh(r, &idp, cached->refresh, ret);
	if (result == 1 && person && !r->wish->login) {
		/* The refresh token is not taken any more, and need not be tried again. */
		(void)token_cache_forget(&r->cache);
		result = say_login_needed(r);
	} else if (result == 1) {
		if (person)
			token_cache_unlock(&r->cache); /* Other processes do not wait for a person. */
		result = grant_run(&grant, ret);
	}
	if (result == 0)
		(void)keep(r, ret);
	idp_free(&idp);
	return result;
}

static int get(const struct profiles *profiles, const struct profile *profile, const struct token_wish *wish,
	       int64_t now, const struct request *above, struct token *ret)
{
	struct request r = {profiles, profile, wish, now, above, {.folder = -1, .lock = -1}};
	struct token cached = {0};
	/* A token that is new each time, and rotates no refresh token, needs no lock. */
	bool alone = wish->fresh && !profile_needs_person(profile);
	int result = -1;

	if (profile_has_ready_token(profile))
		return ready_token_read(profile, wish->audience, now, ret);
	if (!profile_uses_token(profile))
		return say_error(
		    "the profile %s has no issuer: it answers with assertions, which agentauth assert makes",
		    profile->name);
	if (token_cache_open(profile, &r.cache) < 0)
		return -1;
	if (!wish->login && from_cache(&r, &cached))
		goto found;
	if (!alone && token_cache_lock(&r.cache, TOKEN_LOCK_SECONDS) < 0)
		goto out;
	/* The process that held the lock may have renewed the token meanwhile. */
	if (!wish->login && !alone && from_cache(&r, &cached))
		goto found;
	result = renew(&r, &cached, ret);
	goto out;
found:
	*ret = cached;
	cached = (struct token){0};
	result = 0;
out:
	token_free(&cached);
	token_cache_close(&r.cache);
	return result;
}

int token_forget(const struct profile *profile)
{
	struct token_cache cache;
	int result = -1;

	if (profile_has_ready_token(profile))
		return say_error("the profile %s has a ready token, of which nothing is kept here",
				 profile->name);
	if (token_cache_open(profile, &cache) < 0)
		return -1;
	if (token_cache_lock(&cache, TOKEN_LOCK_SECONDS) == 0)
		result = token_cache_forget(&cache);
	token_cache_close(&cache);
	return result;
}

int token_get(const struct profiles *profiles, const struct profile *profile, const struct token_wish *wish,
	      int64_t now, struct token *ret)
{
	return get(profiles, profile, wish, now, NULL, ret);
}
