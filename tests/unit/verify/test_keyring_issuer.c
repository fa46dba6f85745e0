/* SPDX-License-Identifier: Apache-2.0 */
/* test_keyring_issuer.c: the key sets of issuers: which keys count, and which files. */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/rsa.h>

#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/support_tokens.h"
#include "tests/unit/support/test.h"
#include "tests/unit/verify/keyring_steps.h"

/* ---- an issuer's set: what makes a key unusable ------------------------------------- */

static json_t *set_with(const char *member, const char *text)
{
	json_t *jwks = support_jwks("r1", support_key(AA_ALG_RS256, 0));
	json_t *jwk = json_array_get(json_object_get(jwks, "keys"), 0);

	support_bend(jwk, member, text);
	return jwks;
}

TEST(keys_that_are_not_for_verifying_are_never_used, site)
{
	static const struct {
		const char *member, *text;
		enum aa_reason reason;
	} cases[] = {
	    {"use", NULL, AA_OK},
	    {"use", "\"sig\"", AA_OK},
	    {"use", "\"enc\"", AA_UNKNOWN_KEY},
	    {"use", "\"\"", AA_UNKNOWN_KEY},
	    {"use", "1", AA_UNKNOWN_KEY},
	    {"key_ops", "[\"verify\"]", AA_OK},
	    {"key_ops", "[\"sign\",\"verify\"]", AA_OK},
	    {"key_ops", "[\"encrypt\"]", AA_UNKNOWN_KEY},
	    {"key_ops", "[]", AA_UNKNOWN_KEY},
	    {"key_ops", "\"verify\"", AA_UNKNOWN_KEY},
	    {"alg", "\"RS256\"", AA_OK},
	    {"alg", "\"RSA-OAEP\"", AA_UNKNOWN_KEY},
	    {"alg", "\"HS256\"", AA_UNKNOWN_KEY},
	    {"alg", "\"PS256\"", AA_ALG_NOT_ALLOWED},
	    {"kty", "\"EC\"", AA_UNKNOWN_KEY},
	    {"kty", "\"oct\"", AA_UNKNOWN_KEY},
	    {"kty", NULL, AA_UNKNOWN_KEY},
	    {"d", "\"AQAB\"", AA_UNKNOWN_KEY},
	    {"k", "\"AQAB\"", AA_UNKNOWN_KEY},
	    {"x5c", "[\"AAAA\"]", AA_OK}, /* ignored */
	    {"e", "\"AQ\"", AA_UNKNOWN_KEY},
	    {"e", "\"Ag\"", AA_UNKNOWN_KEY},
	    {"e", "\"AA\"", AA_UNKNOWN_KEY},
	    {"e", "\"AQAB=\"", AA_UNKNOWN_KEY},
	    {"n", "\"AQAB\"", AA_UNKNOWN_KEY},
	    {"n", NULL, AA_UNKNOWN_KEY},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum aa_reason reason =
		    token_with_set(*state, set_with(cases[i].member, cases[i].text), "r1");

		if (reason != cases[i].reason)
			fail_msg("%s = %s: %s", cases[i].member, cases[i].text ? cases[i].text : "-",
				 aa_reason_name(reason));
	}
}

TEST(weak_rsa_keys_are_never_used, site)
{
	assert_int_equal(with_rsa_bits(*state, 2048), AA_OK);
	assert_int_equal(with_rsa_bits(*state, 2047), AA_UNKNOWN_KEY);
	assert_int_equal(with_rsa_bits(*state, 1024), AA_UNKNOWN_KEY);
	assert_int_equal(with_rsa_bits(*state, 512), AA_UNKNOWN_KEY);
}

static json_t *ec_set_with(const char *member, const char *text)
{
	json_t *jwks = support_jwks("e1", support_key(AA_ALG_ES256, 2));

	support_bend(json_array_get(json_object_get(jwks, "keys"), 0), member, text);
	return jwks;
}

TEST(points_off_the_curve_are_never_used, site)
{
	static const char zeros[] = "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"";

	assert_int_equal(es_token_with_set(*state, ec_set_with("use", "\"sig\"")), AA_OK);
	assert_int_equal(es_token_with_set(*state, ec_set_with("x", zeros)), AA_UNKNOWN_KEY);
	assert_int_equal(es_token_with_set(*state, ec_set_with("y", zeros)), AA_UNKNOWN_KEY);
	assert_int_equal(es_token_with_set(*state, ec_set_with("x", "\"AAAA\"")), AA_UNKNOWN_KEY);
	assert_int_equal(es_token_with_set(*state, ec_set_with("crv", "\"P-384\"")), AA_UNKNOWN_KEY);
	assert_int_equal(es_token_with_set(*state, ec_set_with("crv", "\"secp256k1\"")), AA_UNKNOWN_KEY);
	assert_int_equal(es_token_with_set(*state, ec_set_with("crv", NULL)), AA_UNKNOWN_KEY);
}

TEST(ed25519_points_of_small_order_are_never_used, site)
{
	static const char *const bad[] = {
	    "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* the identity */
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA",
	    "7P________________________________________8",  /* y = -1 */
	    "7f________________________________________8",  /* y = p: a second spelling of 0 */
	    "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",	    /* 30 bytes */
	    "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* 33 bytes */
	};
	struct support_site *site = *state;

	support_publish_with(site, "issuer:corp", "algorithms", "[\"EdDSA\"]");
	assert_int_equal(okp_token(site, NULL), AA_OK);
	/* the base point, an ordinary one: used, and its signature is another's */
	assert_int_equal(okp_token(site, "WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY"), AA_BAD_SIGNATURE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(okp_token(site, bad[i]), AA_UNKNOWN_KEY);
}

/* An encryption key beside the signing key, as providers publish them, does not stand in its way. */
TEST(an_unusable_key_beside_a_good_one_is_skipped, site)
{
	json_t *jwks = support_jwks("r1", support_key(AA_ALG_RS256, 1), "r1", support_key(AA_ALG_RS256, 0));

	json_object_set_new(json_array_get(json_object_get(jwks, "keys"), 0), "use", json_string("enc"));
	assert_int_equal(token_with_set(*state, json_incref(jwks), "r1"), AA_OK);
	assert_int_equal(token_with_set(*state, json_incref(jwks), NULL), AA_OK);
	json_object_set_new(json_array_get(json_object_get(jwks, "keys"), 0), "use", json_string("sig"));
	assert_int_equal(token_with_set(*state, jwks, "r1"), AA_UNKNOWN_KEY);
}

/* A set of RSA key 0 under r1 twice, for these algorithms; NULL: the entry names none. */
static json_t *set_for(const char *one, const char *two)
{
	const struct aa_private_key *key = support_key(AA_ALG_RS256, 0);
	json_t *jwks = support_jwks("r1", key, "r1", key), *keys = json_object_get(jwks, "keys");

	if (one)
		json_object_set_new(json_array_get(keys, 0), "alg", json_string(one));
	if (two)
		json_object_set_new(json_array_get(keys, 1), "alg", json_string(two));
	return jwks;
}

TEST(entries_that_are_the_same_key_are_one_key, site)
{
	assert_int_equal(token_with_set(*state, set_for(NULL, NULL), "r1"), AA_OK);
	assert_int_equal(token_with_set(*state, set_for("RS256", "PS256"), "r1"), AA_OK);
	assert_int_equal(token_with_set(*state, set_for("PS256", "RS256"), "r1"), AA_OK);
	assert_int_equal(token_with_set(*state, set_for("PS256", "RS256"), NULL), AA_OK);
	assert_int_equal(token_with_set(*state, set_for("PS256", "RS512"), "r1"), AA_ALG_NOT_ALLOWED);
}

/* EdDSA and Ed25519 are one algorithm, in the header, the policy and the key. */
TEST(ed25519_goes_by_either_name, site)
{
	static const char *const names[] = {"EdDSA", "Ed25519"};
	static const enum aa_alg algs[] = {AA_ALG_EDDSA, AA_ALG_ED25519};
	const struct aa_private_key *key = support_key(AA_ALG_EDDSA, 0);
	struct support_site *site = *state;

	for (int i = 0; i < 8; i++) {
		json_t *jwks = support_jwks("o1", key);

		support_set(site, "issuer:corp", "algorithms",
			    i & 1 ? "[\"EdDSA\"]" : "[\"RS256\",\"Ed25519\"]");
		support_site_publish(site);
		json_object_set_new(json_array_get(json_object_get(jwks, "keys"), 0), "alg",
				    json_string(names[i >> 1 & 1]));
		support_write_keys(site, "corp", jwks, NOW);
		json_decref(jwks);
		assert_int_equal(support_reason(site, NOW,
						support_sign(support_token_claims(NOW), algs[i >> 2], key,
							     "o1", "at+jwt")),
				 AA_OK);
		support_publish_with(site, "issuer:corp", "algorithms", "[\"RS256\"]");
		assert_int_equal(support_reason(site, NOW,
						support_sign(support_token_claims(NOW), algs[i >> 2], key,
							     "o1", "at+jwt")),
				 AA_ALG_NOT_ALLOWED);
	}
}

TEST(two_usable_keys_of_one_kid_are_no_key, site)
{
	assert_int_equal(token_with_set(*state,
					support_jwks("r1", support_key(AA_ALG_RS256, 0), "r2",
						     support_key(AA_ALG_RS256, 1)),
					"r1"),
			 AA_OK);
	assert_int_equal(token_with_set(*state,
					support_jwks("r1", support_key(AA_ALG_RS256, 0), "r1",
						     support_key(AA_ALG_RS256, 1)),
					"r1"),
			 AA_UNKNOWN_KEY);
}

TEST(a_set_without_the_kid_is_no_key, site)
{
	const struct aa_private_key *key = support_key(AA_ALG_RS256, 0), *more = support_key(AA_ALG_RS256, 1);

	assert_int_equal(token_with_set(*state, support_jwks("r1", key), NULL), AA_OK);
	assert_int_equal(token_with_set(*state, support_jwks("", key), NULL), AA_OK);
	assert_int_equal(token_with_set(*state, support_jwks("", key), "r1"), AA_UNKNOWN_KEY);
	assert_int_equal(token_with_set(*state, support_jwks("r1", key, "r2", more), NULL), AA_UNKNOWN_KEY);
	assert_int_equal(token_with_set(*state, support_jwks("r2", more), "r1"), AA_UNKNOWN_KEY);
	assert_int_equal(token_with_set(*state, support_json("{\"keys\":[]}"), "r1"), AA_UNKNOWN_KEY);
	assert_int_equal(token_with_set(*state, support_json("{\"keys\":[1,null,[],\"r1\"]}"), "r1"),
			 AA_UNKNOWN_KEY);
	assert_int_equal(token_with_set(*state, support_json("{\"keys\":{\"kid\":\"r1\"}}"), "r1"),
			 AA_UNKNOWN_KEY);
	assert_int_equal(token_with_set(*state, support_json("{}"), "r1"), AA_UNKNOWN_KEY);
}

/* ---- the set as a file --------------------------------------------------------------- */

TEST(a_set_that_is_no_json_is_no_set, site)
{
	struct support_site *site = *state;
	char *text, *huge = malloc(2 << 20);
	size_t len;
	json_t *jwks = support_jwks("r1", support_key(AA_ALG_RS256, 0));
	static const char html[] = "<!DOCTYPE html><html><body>Sign in</body></html>";

	text = json_dumps(jwks, JSON_COMPACT);
	len = strlen(text);
	memset(huge, ' ', 2 << 20);
	memcpy(huge, text, len);
	assert_int_equal(with_file(site, text, len), AA_OK);
	assert_int_equal(with_file(site, text, len - 1), AA_KEYS_STALE);
	assert_int_equal(with_file(site, text, 0), AA_KEYS_STALE);
	assert_int_equal(with_file(site, html, sizeof(html) - 1), AA_KEYS_STALE);
	assert_int_equal(with_file(site, "[]", 2), AA_KEYS_STALE);
	assert_int_equal(with_file(site, text, len + 1), AA_KEYS_STALE); /* a zero byte */
	assert_int_equal(with_file(site, huge, 1 << 20), AA_OK);
	assert_int_equal(with_file(site, huge, (1 << 20) + 1), AA_KEYS_STALE);
	free(huge);
	free(text);
	json_decref(jwks);
}

TEST(a_set_that_is_missing_or_not_ours_is_no_set, site)
{
	struct support_site *site = *state;
	const char *path = support_path(site->keysdir, "corp"), *aside = support_path(site->keysdir, "aside");

	assert_int_equal(token_now(site, NOW), AA_OK);
	assert_int_equal(chmod(path, 0664), 0);
	assert_int_equal(token_now(site, NOW), AA_KEYS_STALE);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chmod(site->keysdir, 0777), 0);
	assert_int_equal(token_now(site, NOW), AA_KEYS_STALE);
	assert_int_equal(chmod(site->keysdir, 0755), 0);
	assert_int_equal(token_now(site, NOW), AA_OK);
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(token_now(site, NOW), AA_KEYS_STALE);
	assert_int_equal(symlink("aside", path), 0);
	assert_int_equal(token_now(site, NOW), AA_KEYS_STALE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(token_now(site, NOW), AA_KEYS_STALE); /* and at once */
}

/* An issuer that was taken away leaves its keys to no other one that comes to have its name. */
TEST(a_fetched_set_is_of_one_issuer, site)
{
	const struct support_site *site = *state;

	assert_int_equal(with_set_of(site, json_string(SITE_ISSUER)), AA_OK);
	assert_int_equal(with_set_of(site, json_string(SITE_ISSUER "/")), AA_KEYS_STALE);
	assert_int_equal(with_set_of(site, json_string("https://former.example.com")), AA_KEYS_STALE);
	assert_int_equal(with_set_of(site, json_null()), AA_KEYS_STALE);
	assert_int_equal(with_set_of(site, json_string(SITE_ISSUER)), AA_OK);
}

TEST(a_fetched_set_is_good_for_its_age, site)
{
	struct support_site *site = *state;

	assert_int_equal(token_now(site, NOW + 86400), AA_OK);
	assert_int_equal(token_now(site, NOW + 86401), AA_KEYS_STALE);
	/* the clock went back: its age cannot be told */
	assert_int_equal(token_now(site, NOW - 60), AA_OK);
	assert_int_equal(token_now(site, NOW - 61), AA_KEYS_STALE);
	support_publish_with(site, "issuer:corp", "jwks_max_age", "0");
	assert_int_equal(token_now(site, NOW + 864000), AA_OK); /* 0: never too old */
}

TEST(a_set_from_a_file_of_the_host_has_no_age, site)
{
	struct support_site *site = *state;
	char text[600];

	snprintf(text, sizeof(text), "\"%s\"", support_path(site->dir, "keys.json"));
	support_publish_with(site, "issuer:corp", "keys_file", text);
	assert_int_equal(token_now(site, NOW), AA_KEYS_STALE);
	assert_int_equal(rename(support_path(site->keysdir, "corp"), support_path(site->dir, "keys.json")),
			 0);
	assert_int_equal(token_now(site, NOW), AA_OK);
	assert_int_equal(token_now(site, NOW + 86400 * 365), AA_OK);
}

/* The same kid at two issuers: each key opens its own issuer's tokens alone. */
TEST(one_kid_at_two_issuers_is_two_keys, site)
{
	static const char second[] = "https://two.example.com";
	struct support_site *site = *state;
	json_t *jwks = support_jwks("r1", support_key(AA_ALG_RS256, 1));
	char *tokens[4];

	json_object_set_new(site->records, "issuer:two", json_deep_copy(support_record(site, "issuer:corp")));
	support_set(site, "issuer:two", "name", "\"two\"");
	support_set(site, "issuer:two", "issuer", "\"https://two.example.com\"");
	json_object_set_new(site->records, "iss:https://two.example.com",
			    json_pack("{s:s}", "issuer", "two"));
	support_set(site, "agent:builder-7", "bindings",
		    "[{\"issuer\":\"corp\",\"client\":\"builder-7\",\"subject\":\"svc-builder-7\"},"
		    "{\"issuer\":\"two\",\"client\":\"builder-7\",\"subject\":\"svc-builder-7\"}]");
	support_site_publish(site);
	support_write_keys(site, "two", jwks, NOW);
	for (unsigned i = 0; i < 4; i++) {
		json_t *claims = support_token_claims(NOW);

		if (i & 1)
			json_object_set_new(claims, "iss", json_string(second));
		tokens[i] =
		    support_sign(claims, AA_ALG_RS256, support_key(AA_ALG_RS256, i >> 1), "r1", "at+jwt");
	}
	assert_int_equal(support_reason(site, NOW, tokens[0]), AA_OK);		  /* corp's key, corp */
	assert_int_equal(support_reason(site, NOW, tokens[1]), AA_BAD_SIGNATURE); /* corp's key, two */
	assert_int_equal(support_reason(site, NOW, tokens[2]), AA_BAD_SIGNATURE);
	assert_int_equal(support_reason(site, NOW, tokens[3]), AA_OK);
	json_decref(jwks);
}

TEST(an_issuers_algorithms_are_its_own, site)
{
	struct support_site *site = *state;
	const struct aa_private_key *key = support_key(AA_ALG_RS256, 0);

	assert_int_equal(
	    support_reason(site, NOW,
			   support_sign(support_token_claims(NOW), AA_ALG_RS256, key, "r1", "JWT")),
	    AA_OK);
	assert_int_equal(
	    support_reason(site, NOW,
			   support_sign(support_token_claims(NOW), AA_ALG_PS256, key, "r1", "JWT")),
	    AA_ALG_NOT_ALLOWED);
	assert_int_equal(
	    support_reason(site, NOW,
			   support_sign(support_token_claims(NOW), AA_ALG_RS512, key, "r1", "JWT")),
	    AA_ALG_NOT_ALLOWED);
}
