/* SPDX-License-Identifier: Apache-2.0 */
/* test_keyset.c: key sets: which key answers to a kid, and which keys are never used. THREATS 16 to 18. */
#include "common/jose/key.h"
#include "common/jose/key_any.h"
#include "common/jose/key_jwk.h"
#include "common/jose/keyset.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

#include <stdlib.h>

static json_t *jwk_named(enum aa_alg alg, const char *kid)
{
	json_t *jwk = make_jwk(alg);

	if (kid)
		json_object_set_new(jwk, "kid", json_string(kid));
	return jwk;
}

struct skipped {
	size_t n, last;
	enum aa_jose_err why[8];
	char kid[8][32];
};

static void note_skipped(void *data, size_t index, const char *kid, enum aa_jose_err why)
{
	struct skipped *skipped = data;

	skipped->why[skipped->n] = why;
	snprintf(skipped->kid[skipped->n], sizeof(skipped->kid[0]), "%s", kid ? kid : "-");
	skipped->last = index;
	skipped->n++;
}

static struct aa_keyset *load(json_t *keys, struct skipped *skipped)
{
	json_t *jwks = json_pack("{s:o}", "keys", keys);
	struct aa_keyset *set = NULL;

	assert_int_equal(aa_keyset_from_jwks(jwks, skipped ? note_skipped : NULL, skipped, &set), AA_JOSE_OK);
	json_decref(jwks);
	return set;
}

static enum aa_jose_err find(const struct aa_keyset *set, const char *kid)
{
	const struct aa_key *key = NULL;
	enum aa_jose_err err = aa_keyset_find(set, kid, AA_ALG_INVALID, &key);

	assert_true((err == AA_JOSE_OK) == (key != NULL));
	if (key && kid)
		assert_string_equal(aa_key_kid(key), kid);
	return err;
}

TEST(a_key_is_found_by_its_kid_and_by_no_other)
{
	struct aa_keyset *set =
	    load(json_pack("[o, o]", jwk_named(AA_ALG_ES256, "a"), jwk_named(AA_ALG_EDDSA, "b")), NULL);

	assert_int_equal(aa_keyset_count(set), 2);
	assert_int_equal(find(set, "a"), AA_JOSE_OK);
	assert_int_equal(find(set, "b"), AA_JOSE_OK);
	assert_int_equal(find(set, "A"), AA_JOSE_NO_KEY);
	assert_int_equal(find(set, ""), AA_JOSE_NO_KEY);
	assert_null(aa_keyset_at(set, 2));
	aa_keyset_free(set);
}

TEST(without_a_kid_the_set_must_have_one_key)
{
	struct aa_keyset *one = load(json_pack("[o]", jwk_named(AA_ALG_ES256, "a")), NULL);
	struct aa_keyset *two =
	    load(json_pack("[o, o]", jwk_named(AA_ALG_ES256, "a"), jwk_named(AA_ALG_EDDSA, "b")), NULL);
	struct aa_keyset *none = load(json_array(), NULL);

	assert_int_equal(find(one, NULL), AA_JOSE_OK);
	assert_int_equal(find(two, NULL), AA_JOSE_NO_KEY);
	assert_int_equal(find(none, NULL), AA_JOSE_NO_KEY);
	aa_keyset_free(one);
	aa_keyset_free(two);
	aa_keyset_free(none);
}

TEST(of_two_usable_keys_of_one_kid_neither_is_used)
{
	struct aa_keyset *set =
	    load(json_pack("[o, o, o]", jwk_named(AA_ALG_ES256, "same"), jwk_named(AA_ALG_ES384, "other"),
			   jwk_named(AA_ALG_EDDSA, "same")),
		 NULL);
	json_t *unfit = jwk_named(AA_ALG_RS256, "same");
	struct aa_keyset *with_unfit;

	assert_int_equal(find(set, "same"), AA_JOSE_NO_KEY);
	assert_int_equal(find(set, "other"), AA_JOSE_OK);
	aa_keyset_free(set);
	/* an encryption key of the same kid is no second key */
	json_object_set_new(unfit, "use", json_string("enc"));
	with_unfit = load(json_pack("[o, o]", unfit, jwk_named(AA_ALG_ES256, "same")), NULL);
	assert_int_equal(find(with_unfit, "same"), AA_JOSE_OK);
	aa_keyset_free(with_unfit);
}

static json_t *jwk_for(enum aa_alg alg, const char *kid)
{
	json_t *jwk = jwk_named(alg, kid);

	json_object_set_new(jwk, "alg", json_string(aa_alg_name(alg)));
	return jwk;
}

/* As providers publish a key once for each of its algorithms. */
TEST(entries_that_are_the_same_key_are_one_key)
{
	struct aa_keyset *set =
	    load(json_pack("[o, o, o]", jwk_for(AA_ALG_RS256, "same"), jwk_for(AA_ALG_PS256, "same"),
			   jwk_named(AA_ALG_ES256, "other")),
		 NULL);
	struct aa_keyset *renamed =
	    load(json_pack("[o, o]", jwk_named(AA_ALG_ES256, "a"), jwk_named(AA_ALG_ES256, "b")), NULL);
	const struct aa_key *key = NULL;

	assert_int_equal(aa_keyset_find(set, "same", AA_ALG_RS256, &key), AA_JOSE_OK);
	assert_true(aa_key_fits(key, AA_ALG_RS256));
	assert_int_equal(aa_keyset_find(set, "same", AA_ALG_PS256, &key), AA_JOSE_OK);
	assert_true(aa_key_fits(key, AA_ALG_PS256));
	/* which no entry names: found, and fits nothing of that */
	assert_int_equal(aa_keyset_find(set, "same", AA_ALG_RS512, &key), AA_JOSE_OK);
	assert_false(aa_key_fits(key, AA_ALG_RS512));
	/* under two names it is two, since a name can be revoked */
	assert_int_equal(find(renamed, NULL), AA_JOSE_NO_KEY);
	assert_int_equal(find(renamed, "a"), AA_JOSE_OK);
	aa_keyset_free(set);
	aa_keyset_free(renamed);
}

TEST(keys_that_cannot_be_used_are_skipped_and_reported)
{
	json_t *enc = jwk_named(AA_ALG_RS256, "enc"), *private = jwk_named(AA_ALG_ES256, "private");
	struct skipped skipped = {0};
	struct aa_keyset *set;

	json_object_set_new(enc, "use", json_string("enc"));
	json_object_set_new(private, "d", json_string("AAAA"));
	set = load(json_pack("[o, o, s, o, {s:s, s:s, s:s}]", enc, private, "no key",
			     jwk_named(AA_ALG_EDDSA, "good"), "kty", "oct", "k", "AAAA", "kid", "secret"),
		   &skipped);
	assert_int_equal(aa_keyset_count(set), 1);
	assert_int_equal(find(set, "good"), AA_JOSE_OK);
	assert_int_equal(find(set, "private"), AA_JOSE_NO_KEY);
	assert_int_equal(find(set, "enc"), AA_JOSE_NO_KEY);
	assert_int_equal(find(set, NULL), AA_JOSE_OK);
	assert_int_equal(skipped.n, 4);
	assert_int_equal(skipped.why[0], AA_JOSE_KEY_UNFIT);
	assert_int_equal(skipped.why[1], AA_JOSE_KEY_PRIVATE);
	assert_string_equal(skipped.kid[1], "private");
	assert_int_equal(skipped.why[2], AA_JOSE_KEY_MALFORMED);
	assert_string_equal(skipped.kid[2], "-");
	assert_int_equal(skipped.why[3], AA_JOSE_KEY_PRIVATE);
	assert_int_equal(skipped.last, 4);
	aa_keyset_free(set);
}

TEST(what_is_no_set_is_malformed)
{
	static const char *const texts[] = {"{}",	    "[]", "null", "{\"keys\":{}}", "{\"keys\":null}",
					    "{\"Keys\":[]}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *json = make_json(texts[i]);
		struct aa_keyset *set = NULL;

		assert_int_equal(aa_keyset_from_jwks(json, NULL, NULL, &set), AA_JOSE_KEY_MALFORMED);
		assert_null(set);
		json_decref(json);
	}
}

TEST(a_set_of_one_usable_key_reads_as_that_key)
{
	json_t *one = json_pack("{s:[o]}", "keys", jwk_named(AA_ALG_ES256, "a"));
	json_t *two =
	    json_pack("{s:[o, o]}", "keys", jwk_named(AA_ALG_ES256, "a"), jwk_named(AA_ALG_ES384, "b"));
	char *one_text = json_dumps(one, 0), *two_text = json_dumps(two, 0);
	struct aa_key *key = NULL;

	assert_int_equal(aa_key_from_any(one_text, strlen(one_text), &key), AA_JOSE_OK);
	assert_string_equal(aa_key_kid(key), "a");
	aa_key_free(key);
	key = NULL;
	assert_int_equal(aa_key_from_any(two_text, strlen(two_text), &key), AA_JOSE_NO_KEY);
	assert_null(key);
	free(one_text);
	free(two_text);
	json_decref(one);
	json_decref(two);
}

TEST(a_key_is_added_under_a_kid_of_ones_own)
{
	struct aa_keyset *set = NULL;
	struct aa_key *key = NULL;
	json_t *jwk = jwk_named(AA_ALG_ES256, "its-own");

	assert_int_equal(aa_keyset_new(&set), AA_JOSE_OK);
	assert_int_equal(aa_key_from_jwk(jwk, &key), AA_JOSE_OK);
	assert_int_equal(aa_keyset_add(set, key, "bad\nkid"), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(aa_keyset_count(set), 0);
	assert_int_equal(aa_keyset_add(set, key, "given"), AA_JOSE_OK);
	assert_int_equal(find(set, "given"), AA_JOSE_OK);
	assert_int_equal(find(set, "its-own"), AA_JOSE_NO_KEY);
	aa_keyset_free(set);
	json_decref(jwk);
}
