/* SPDX-License-Identifier: Apache-2.0 */
/* keyset.c: sets of public keys, RFC 7517 section 5. */
#include "common/jose/keyset.h"

#include <stdlib.h>
#include <string.h>

#include "common/jose/key.h"
#include "common/jose/key_internal.h"
#include "common/jose/key_jwk.h"

struct aa_keyset {
	struct aa_key **keys;
	size_t n, size;
};

enum aa_jose_err aa_keyset_new(struct aa_keyset **ret)
{
	struct aa_keyset *set = calloc(1, sizeof(*set));

	if (!set)
		return AA_JOSE_NOMEM;
	*ret = set;
	return AA_JOSE_OK;
}

void aa_keyset_free(struct aa_keyset *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->n; i++)
		aa_key_free(set->keys[i]);
	free(set->keys);
	free(set);
}

size_t aa_keyset_count(const struct aa_keyset *set)
{
	return set->n;
}

const struct aa_key *aa_keyset_at(const struct aa_keyset *set, size_t i)
{
	return i < set->n ? set->keys[i] : NULL;
}

static enum aa_jose_err make_room(struct aa_keyset *set)
{
	size_t size = set->size ? set->size * 2 : 4;
	struct aa_key **keys;

	if (set->n < set->size)
		return AA_JOSE_OK;
	keys = reallocarray(set->keys, size, sizeof(set->keys[0]));
	if (!keys)
		return AA_JOSE_NOMEM;
	set->keys = keys;
	set->size = size;
	return AA_JOSE_OK;
}

enum aa_jose_err aa_keyset_add(struct aa_keyset *set, struct aa_key *key, const char *kid)
{
	enum aa_jose_err err = make_room(set);
	char *copy = NULL;

	if (err != AA_JOSE_OK)
		return err;
	if (kid) {
		if (!aa_kid_is_valid(kid, strlen(kid)))
			return AA_JOSE_KEY_MALFORMED;
		copy = strdup(kid);
		if (!copy)
			return AA_JOSE_NOMEM;
		free(key->kid);
		key->kid = copy;
	}
	set->keys[set->n++] = key;
	return AA_JOSE_OK;
}

/* Adds one key of a JWKS. Only a lack of memory is an error. */
static enum aa_jose_err add_jwk(struct aa_keyset *set, size_t index, const json_t *jwk,
				aa_keyset_skipped_fn *skipped, void *data)
{
	struct aa_key *key = NULL;
	enum aa_jose_err err = aa_key_from_jwk(jwk, &key);

	if (err == AA_JOSE_OK)
		err = aa_keyset_add(set, key, NULL);
	if (err == AA_JOSE_OK)
		return err;
	aa_key_free(key);
	if (err == AA_JOSE_NOMEM)
		return err;
	if (skipped)
		skipped(data, index, json_string_value(json_object_get(jwk, "kid")), err);
	return AA_JOSE_OK;
}

enum aa_jose_err aa_keyset_from_jwks(const json_t *jwks, aa_keyset_skipped_fn *skipped, void *data,
				     struct aa_keyset **ret)
{
	const json_t *keys = json_object_get(jwks, "keys");
	struct aa_keyset *set = NULL;
	enum aa_jose_err err;

	if (!json_is_array(keys))
		return AA_JOSE_KEY_MALFORMED;
	err = aa_keyset_new(&set);
	for (size_t i = 0; err == AA_JOSE_OK && i < json_array_size(keys); i++)
		err = add_jwk(set, i, json_array_get(keys, i), skipped, data);
	if (err != AA_JOSE_OK) {
		aa_keyset_free(set);
		return err;
	}
	*ret = set;
	return AA_JOSE_OK;
}

enum aa_jose_err aa_keyset_find(const struct aa_keyset *set, const char *kid, enum aa_alg alg,
				const struct aa_key **ret)
{
	const struct aa_key *found = NULL;

	for (size_t i = 0; i < set->n; i++) {
		const char *own = set->keys[i]->kid;

		if (kid && (!own || strcmp(own, kid) != 0))
			continue;
		found = found ? aa_key_of_two(found, set->keys[i], alg) : set->keys[i];
		if (!found)
			return AA_JOSE_NO_KEY;
	}
	if (!found)
		return AA_JOSE_NO_KEY;
	*ret = found;
	return AA_JOSE_OK;
}

enum aa_jose_err aa_keyset_only(const json_t *jwks, struct aa_key **ret)
{
	struct aa_keyset *set = NULL;
	const struct aa_key *only = NULL;
	enum aa_jose_err err = aa_keyset_from_jwks(jwks, NULL, NULL, &set);

	if (err != AA_JOSE_OK)
		return err;
	err = aa_keyset_find(set, NULL, AA_ALG_INVALID, &only);
	for (size_t i = 0; err == AA_JOSE_OK && i < set->n; i++) {
		if (set->keys[i] == only) {
			*ret = set->keys[i];
			set->keys[i] = NULL;
		}
	}
	aa_keyset_free(set);
	return err;
}
