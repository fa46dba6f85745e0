/* SPDX-License-Identifier: Apache-2.0 */
/* keyset.h: sets of public keys, RFC 7517 section 5. */
#ifndef AGENTAUTH_JOSE_KEYSET_H
#define AGENTAUTH_JOSE_KEYSET_H

#include <jansson.h>

#include "common/jose/jose.h"
#include "common/jose/key.h"

struct aa_keyset;
void aa_keyset_free(struct aa_keyset *set);
enum aa_jose_err aa_keyset_new(struct aa_keyset **ret);
/* Takes the key into the set, unless it fails: then the key stays the caller's. `kid` NULL: the key's own. */
enum aa_jose_err aa_keyset_add(struct aa_keyset *set, struct aa_key *key, const char *kid);
/* Hears of a key that cannot be used. Such a key is skipped and no error; the tools report it. */
typedef void aa_keyset_skipped_fn(void *data, size_t index, const char *kid, enum aa_jose_err why);
/* Reads {"keys": [...]}. `skipped` may be NULL. */
enum aa_jose_err aa_keyset_from_jwks(const json_t *jwks, aa_keyset_skipped_fn *skipped, void *data,
				     struct aa_keyset **ret);
/* Takes the usable key out of {"keys": [...]}, where it has exactly one. */
enum aa_jose_err aa_keyset_only(const json_t *jwks, struct aa_key **ret);
size_t aa_keyset_count(const struct aa_keyset *set);
const struct aa_key *aa_keyset_at(const struct aa_keyset *set, size_t i);
/* Finds the one key of this kid, in its entry for `alg` where it has several. kid NULL: the only key of the set. Two
 * usable keys of one kid, or none: AA_JOSE_NO_KEY. */
enum aa_jose_err aa_keyset_find(const struct aa_keyset *set, const char *kid, enum aa_alg alg,
				const struct aa_key **ret);

#endif
