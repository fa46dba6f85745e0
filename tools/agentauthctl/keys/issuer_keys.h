/* SPDX-License-Identifier: Apache-2.0 */
/* issuer_keys.h: an issuer's key set: from where it is published to where logins read it, STATEDIR/keys/NAME.
 *
 * What lies there is what verify/keyring.h reads: one JWKS of usable keys and the "issuer" that they are of, whose mtime is the time at which
 * the issuer last said that it holds. NAME.etag beside it is the URL and the ETag that it came with. A set
 * that cannot be fetched, or in which nothing is usable, changes nothing: the one before goes on until
 * jwks_max_age.
 */
#ifndef AGENTAUTHCTL_ISSUER_KEYS_H
#define AGENTAUTHCTL_ISSUER_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "tools/cli/alloc.h"
#include "common/verify/policy.h"

struct key_place {
	const char *statedir;
	uid_t owner; /* who must own what is read, beside uid 0 */
	int64_t now;
	bool dry_run; /* fetch and check, write nothing */
};

enum keys_outcome {
	KEYS_FAILED,
	KEYS_SAME,  /* the issuer has the keys that are here: their time is renewed */
	KEYS_TAKEN, /* other keys than before are here now */
};

struct keys_result {
	enum keys_outcome outcome;
	char *source;	      /* the address or the file that the keys come from */
	size_t usable;	      /* as the issuer's algorithms admit them */
	json_t *fresh, *gone; /* arrays of kids */
	json_t *skipped;      /* [{"kid", "why"}…]: what is in the set and cannot be used */
	char why[768];	      /* with KEYS_FAILED: what happened, why, what to do */
};
void keys_result_free(struct keys_result *result);

/* Asks the issuer (or reads its file, of which nothing is copied). */
void keys_refresh(const struct key_place *place, const struct aa_issuer *issuer, struct keys_result *ret);

/* A set as it was published, checked: the usable keys with the members that logins read. NULL: `why` says
 * what it is instead; `skipped`, an array, gets what was left out. A new reference. */
json_t *keys_usable(const char *text, size_t len, json_t *skipped, char *why, size_t size);

/* What is here of an issuer. */
struct keys_state {
	bool there;
	size_t usable;
	int64_t fetched; /* of a file: when it was changed */
	int64_t stale;	 /* 0: never */
};
/* `skipped`, an array or NULL, gets what is in the set and cannot be used. */
struct keys_state keys_state(const struct key_place *place, const struct aa_issuer *issuer, json_t *skipped);

/* Takes away what is here of an issuer that is no more. */
void keys_forget(const struct key_place *place, const char *issuer);

/* Whether it is time to ask again: no set, or one that is older than an hour or a quarter of jwks_max_age. */
bool keys_are_due(const struct key_place *place, const struct aa_issuer *issuer);

#endif
