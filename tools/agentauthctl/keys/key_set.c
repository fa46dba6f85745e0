/* SPDX-License-Identifier: Apache-2.0 */
/* key_set.c finds which keys of a key set can be used, see key_set.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/json.h"
#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "tools/agentauthctl/keys/key_set.h"
#include "tools/cli/alloc.h"

/* plain_key() keeps the members of a key that logins look at; the rest (certificates, an issuer's own words) stays
 * behind. */
static json_t *plain_key(const json_t *jwk)
{
	static const char *const members[] = {"kty", "crv", "n",   "e",	  "x",
					      "y",   "kid", "alg", "use", "key_ops"};
	json_t *key = json_object();

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		json_t *value = json_object_get(jwk, members[i]);

		if (value)
			json_object_set(key, members[i], value);
	}
	return key;
}

static char *name_of_key(const json_t *jwk, size_t index)
{
	const char *kid = json_string_value(json_object_get(jwk, "kid"));

	return kid ? xstrdup(kid) : xasprintf("number %zu, without a kid", index + 1);
}

static void skip(json_t *skipped, const json_t *jwk, size_t index, const char *why)
{
	char *name = name_of_key(jwk, index);
	json_t *kid = json_string(name);

	json_array_append_new(skipped,
			      json_pack("{s:o, s:s}", "kid", kid ? kid : json_string("?"), "why", why));
	free(name);
}

/* is_other_key() returns true where the usable JWK `a` is another key than `b`. Entries that are the same key under
 * one kid are one key. */
static bool is_other_key(const json_t *a, const json_t *b)
{
	struct aa_key *one = NULL, *two = NULL;
	bool other = !json_equal(a, b) &&
		     (aa_key_from_jwk(a, &one) != AA_JOSE_OK || aa_key_from_jwk(b, &two) != AA_JOSE_OK ||
		      !aa_key_of_two(one, two, AA_ALG_INVALID));

	aa_key_free(one);
	aa_key_free(two);
	return other;
}

static bool has_twin(const json_t *keys, const json_t *key, const char *kid)
{
	json_t *one;
	size_t i;

	json_array_foreach(keys, i, one)
	{
		const char *own = json_string_value(json_object_get(one, "kid"));

		if (one != key && own && strcmp(own, kid) == 0 && is_other_key(one, key))
			return true;
	}
	return false;
}

/* Of two usable keys with one kid neither is used (THREATS 17). */
static json_t *without_twins(json_t *keys, json_t *skipped)
{
	json_t *left = json_array(), *key;
	size_t i;

	json_array_foreach(keys, i, key)
	{
		const char *kid = json_string_value(json_object_get(key, "kid"));

		if (kid && has_twin(keys, key, kid))
			skip(skipped, key, i,
			     "another key of the set has the same kid: neither can be meant");
		else
			json_array_append(left, key);
	}
	json_decref(keys);
	return left;
}

static json_t *usable_of(const json_t *published, json_t *skipped)
{
	json_t *keys = json_array(), *jwk;
	size_t i;

	json_array_foreach(published, i, jwk)
	{
		struct aa_key *key = NULL;
		enum aa_jose_err err = aa_key_from_jwk(jwk, &key);

		if (err == AA_JOSE_OK)
			json_array_append_new(keys, plain_key(jwk));
		else
			skip(skipped, jwk, i, aa_jose_strerror(err));
		if (err == AA_JOSE_OK)
			aa_key_free(key);
	}
	return without_twins(keys, skipped);
}

json_t *keys_usable(const char *text, size_t len, json_t *skipped, char *why, size_t size)
{
	json_t *json = NULL, *keys;

	if (aa_json_object(text, len, &json) != AA_JOSE_OK) {
		snprintf(why, size, "%s",
			 text[strspn(text, " \t\r\n")] == '<' ? "is a page of HTML and no key set"
							      : "is no JSON object that a key set could be");
		return NULL;
	}
	if (!json_is_array(json_object_get(json, "keys"))) {
		snprintf(why, size, "has no array \"keys\", as a key set has");
		json_decref(json);
		return NULL;
	}
	keys = usable_of(json_object_get(json, "keys"), skipped);
	json_decref(json);
	if (json_array_size(keys) > 0)
		return json_pack("{s:o}", "keys", keys);
	json_decref(keys);
	snprintf(why, size, "has no key that can be used");
	return NULL;
}

static bool admits_key(const struct aa_issuer *issuer, const struct aa_key *key)
{
	for (size_t i = 0; i < issuer->algorithms.n; i++)
		if (aa_key_fits(key, aa_alg_from_name(issuer->algorithms.v[i])))
			return true;
	return false;
}

static void skip_unadmitted(json_t *skipped, const struct aa_issuer *issuer, const json_t *jwk, size_t index,
			    const struct aa_key *key)
{
	const char *alg = aa_alg_name(aa_key_default_alg(key));
	struct buffer why = {0};

	buffer_printf(&why, "it is for %s, and the issuer's algorithms are", alg);
	for (size_t i = 0; i < issuer->algorithms.n; i++)
		buffer_printf(&why, "%s %s", i ? "," : "", issuer->algorithms.v[i]);
	buffer_printf(&why, "; agentauthctl issuer set %s --algorithm %s admits it", issuer->name, alg);
	skip(skipped, jwk, index, why.data);
	buffer_free(&why);
}

size_t keys_admitted(const struct aa_issuer *issuer, const json_t *set, json_t *skipped)
{
	json_t *jwk;
	size_t i, n = 0;

	json_array_foreach(json_object_get(set, "keys"), i, jwk)
	{
		struct aa_key *key = NULL;

		if (aa_key_from_jwk(jwk, &key) != AA_JOSE_OK)
			continue;
		if (admits_key(issuer, key))
			n++;
		else
			skip_unadmitted(skipped, issuer, jwk, i, key);
		aa_key_free(key);
	}
	return n;
}

json_t *keys_not_in(const json_t *set, const json_t *other)
{
	json_t *names = json_array(), *key, *one;
	size_t i, k;

	json_array_foreach(json_object_get(set, "keys"), i, key)
	{
		bool has = false;
		char *name;

		json_array_foreach(json_object_get(other, "keys"), k, one)
		{
			has = has || json_equal(key, one);
		}
		if (has)
			continue;
		name = name_of_key(key, i);
		json_array_append_new(names, json_string(name));
		free(name);
	}
	return names;
}
