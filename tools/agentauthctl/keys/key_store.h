/* SPDX-License-Identifier: Apache-2.0 */
/* key_store.h keeps the key sets of issuers where logins read them: STATEDIR/keys/NAME.
 *
 * A file there is what verify/keyring.h reads: one JWKS of usable keys, with the "issuer" that they are of. Its mtime
 * is the time at which the issuer last said that it holds. NAME.etag beside it has the URL and the ETag that the set
 * came with, NAME.clock by how many seconds this clock was ahead of the issuer's. */
#ifndef AGENTAUTHCTL_KEY_STORE_H
#define AGENTAUTHCTL_KEY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/verify/policy.h"

#define KEY_SET_MAX (1024 * 1024) /* bytes of a set, as it is published and as it lies here */

struct key_store {
	const char *statedir;
	uid_t owner; /* files must be this user's, or root's */
	int64_t now;
	bool dry_run; /* fetch and check, write nothing */
};

/* keys_state says what is kept of an issuer. */
struct keys_state {
	bool there;
	bool named; /* it says whose it is */
	size_t usable;
	int64_t fetched; /* of a file: when it was changed */
	int64_t stale;	 /* 0: never */
};
/* keys_state() fills `skipped`, an array or NULL, with what is in the set and cannot be used. */
struct keys_state keys_state(const struct key_store *store, const struct aa_issuer *issuer, json_t *skipped);

/* keys_are_due() returns true where there is no set, where the set is older than an hour or a quarter of jwks_max_age, and
 * where it does not say whose it is, as a version before wrote it: another issuer of that name would have its keys. */
bool keys_are_due(const struct key_store *store, const struct aa_issuer *issuer);

/* keys_clock() tells by how many seconds this clock was ahead of the issuer's server when it was asked last, and when that
 * was. It returns false where nothing is known of that. */
bool keys_clock(const struct key_store *store, const struct aa_issuer *issuer, int64_t *ret_ahead,
		int64_t *ret_seen);

/* keys_forget() takes away what is kept of an issuer that is no more. */
void keys_forget(const struct key_store *store, const char *issuer);

/* The rest is for key_fetch.c. keys_open_dir() makes the directory where there is none, and returns its descriptor,
 * which is `dir` below, or a negative errno. */
int keys_open_dir(const struct key_store *store);

/* keys_read_trusted() returns the whole of a file that only root or `owner` can have written, with a zero byte behind
 * it; the caller frees. It returns NULL with errno set. */
char *keys_read_trusted(int dirfd, const char *name, uid_t owner, size_t max, size_t *ret_len);

/* keys_present() returns the set that is kept of the issuer, as usable keys, or NULL where there is none and where
 * the set is another issuer's. */
json_t *keys_present(int dir, const struct aa_issuer *issuer, uid_t owner, json_t *skipped);

/* keys_write() writes the set; keys_renew() renews the time of the set that is kept, since the issuer has said now
 * that it holds. They return 0 or a negative errno. */
int keys_write(const struct key_store *store, const struct aa_issuer *issuer, int dir, json_t *set);
int keys_renew(const struct key_store *store, const struct aa_issuer *issuer, int dir);

/* keys_read_etag() returns the ETag that the set came with; the caller frees. It counts for this address alone, and while
 * there is a set that it is about, which says whose it is: a set that is not modified is not written anew. It returns NULL
 * where there is none; to write NULL takes it away. */
char *keys_read_etag(const struct key_store *store, const struct aa_issuer *issuer, int dir, const char *url);
void keys_write_etag(const struct key_store *store, const struct aa_issuer *issuer, int dir, const char *url,
		     const char *etag);

/* keys_note_clock() keeps what keys_clock() tells. */
void keys_note_clock(const struct key_store *store, const struct aa_issuer *issuer, int dir, int64_t ahead);

#endif
