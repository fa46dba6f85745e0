/* SPDX-License-Identifier: Apache-2.0 */
/* key_fetch.h brings an issuer's key set from where it is published to where key_store.h keeps it.
 *
 * A set that cannot be fetched, or in which nothing is usable, changes nothing: the set before goes on until
 * jwks_max_age. */
#ifndef AGENTAUTHCTL_KEY_FETCH_H
#define AGENTAUTHCTL_KEY_FETCH_H

#include <stddef.h>

#include <jansson.h>

#include "tools/agentauthctl/keys/key_store.h"

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

/* keys_refresh() asks the issuer, or reads its file, of which nothing is copied. */
void keys_refresh(const struct key_store *store, const struct aa_issuer *issuer, struct keys_result *ret);

#endif
