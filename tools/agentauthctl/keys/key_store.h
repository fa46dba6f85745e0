/* SPDX-License-Identifier: Apache-2.0 */
/* key_store.h: the key sets of issuers as they lie here, where logins read them: STATEDIR/keys/NAME.
 *
 * What lies there is what verify/keyring.h reads: one JWKS of usable keys and the "issuer" that they are of, whose mtime is the time at which
 * the issuer last said that it holds. NAME.etag beside it is the URL and the ETag that it came with.
 */
#ifndef AGENTAUTHCTL_KEY_STORE_H
#define AGENTAUTHCTL_KEY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/verify/policy.h"

#define KEY_SET_MAX (1024 * 1024) /* bytes of a set, as it is published and as it lies here */

struct key_place {
	const char *statedir;
	uid_t owner; /* who must own what is read, beside uid 0 */
	int64_t now;
	bool dry_run; /* fetch and check, write nothing */
};

/* What is here of an issuer. */
struct keys_state {
	bool there;
	bool named; /* it says whose it is */
	size_t usable;
	int64_t fetched; /* of a file: when it was changed */
	int64_t stale;	 /* 0: never */
};
/* `skipped`, an array or NULL, gets what is in the set and cannot be used. */
struct keys_state keys_state(const struct key_place *place, const struct aa_issuer *issuer, json_t *skipped);

/* keys_are_due() returns true where there is no set, where the set is older than an hour or a quarter of jwks_max_age, and
 * where it does not say whose it is, as a version before wrote it: another issuer of that name would have its keys. */
bool keys_are_due(const struct key_place *place, const struct aa_issuer *issuer);

/* Takes away what is here of an issuer that is no more. */
void keys_forget(const struct key_place *place, const char *issuer);

/* What follows is for key_fetch.c. `dir` is keys_open_dir()'s, which makes the directory where there is none;
 * below 0: an errno. */
int keys_open_dir(const struct key_place *place);

/* The whole of a file that only root or `owner` can have written, with a zero byte behind it; from malloc().
 * NULL: errno says why. */
char *keys_read_trusted(int dirfd, const char *name, uid_t owner, size_t max, size_t *ret_len);

/* The set that is here of the issuer, as usable keys; NULL: there is none, or what is here is another's. */
json_t *keys_present(int dir, const struct aa_issuer *issuer, uid_t owner, json_t *skipped);

/* Writes the set, or renews the time of the one that is here: the issuer has said now that it holds. 0 or a negative
 * errno. */
int keys_write(const struct key_place *place, const struct aa_issuer *issuer, int dir, json_t *set);
int keys_renew(const struct key_place *place, const struct aa_issuer *issuer, int dir);

/* keys_read_etag() returns the ETag that the set came with; the caller frees. It counts for this address alone, and while
 * there is a set that it is about, which says whose it is: a set that is not modified is not written anew. It returns NULL
 * where there is none; to write NULL takes it away. */
char *keys_read_etag(const struct key_place *place, const struct aa_issuer *issuer, int dir, const char *url);
void keys_write_etag(const struct key_place *place, const struct aa_issuer *issuer, int dir, const char *url,
		     const char *etag);

#endif
