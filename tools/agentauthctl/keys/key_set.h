/* SPDX-License-Identifier: Apache-2.0 */
/* key_set.h checks a set of keys as an issuer publishes it (RFC 7517), and finds which of them can be used. */
#ifndef AGENTAUTHCTL_KEY_SET_H
#define AGENTAUTHCTL_KEY_SET_H

#include <stddef.h>

#include <jansson.h>

#include "common/verify/policy.h"

/* keys_usable() returns the usable keys of a set with the members that logins read, as a new reference. It returns
 * NULL for a text that is no such set, and `why` says what it is instead. `skipped`, an array, gets what was left
 * out. */
json_t *keys_usable(const char *text, size_t len, json_t *skipped, char *why, size_t size);

/* keys_admitted() counts the keys of the set that the issuer's algorithms admit. The others stay in it, since the
 * algorithms may change while the set does not; `skipped` gets their names. */
size_t keys_admitted(const struct aa_issuer *issuer, const json_t *set, json_t *skipped);

/* keys_not_in() returns the names of the keys of `set` that `other` does not have, byte for byte, as a new reference. */
json_t *keys_not_in(const json_t *set, const json_t *other);

#endif
