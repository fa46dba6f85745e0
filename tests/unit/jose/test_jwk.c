/* SPDX-License-Identifier: Apache-2.0 */
/* test_jwk.c: which JWKs are keys. */
#include <stdio.h>
#include <stdlib.h>

#include <openssl/pkcs12.h>

#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "tests/unit/jose/jwk_steps.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

/* The JWK of a good key with one member set to what `value` says, as JSON; "" takes the member out. */
static enum aa_jose_err load_with(enum aa_alg alg, const char *name, const char *value)
{
	json_t *jwk = make_jwk(alg);
	enum aa_jose_err err;

	if (*value)
		json_object_set_new(jwk, name, make_json(value));
	else
		json_object_del(jwk, name);
	err = load(jwk);
	json_decref(jwk);
	return err;
}

static uint8_t *member(enum aa_alg alg, const char *name, size_t *ret_len)
{
	json_t *jwk = make_jwk(alg);
	uint8_t *bytes = make_bytes(json_string_value(json_object_get(jwk, name)), ret_len);

	json_decref(jwk);
	return bytes;
}

TEST(a_key_of_each_kind_loads)
{
	for (size_t i = 0; i < N_KINDS; i++)
		assert_int_equal(load_with(kinds[i], "unheard_of", "[1]"), AA_JOSE_OK);
}

TEST(what_is_no_jwk_is_malformed)
{
	static const char *const texts[] = {"[]",
					    "null",
					    "\"x\"",
					    "{}",
					    "{\"kty\":1}",
					    "{\"kty\":null}",
					    "{\"kty\":[\"EC\"]}",
					    "{\"kty\":\"RSA\"}",
					    "{\"kty\":\"EC\"}",
					    "{\"kty\":\"OKP\"}",
					    "{\"kty\":\"EC\",\"crv\":\"P-256\"}",
					    "{\"kty\":\"EC\",\"crv\":256}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *jwk = make_json(texts[i]);

		assert_int_equal(load(jwk), AA_JOSE_KEY_MALFORMED);
		json_decref(jwk);
	}
	assert_int_equal(load(NULL), AA_JOSE_KEY_MALFORMED);
}

TEST(a_type_or_curve_that_is_not_supported_is_unfit)
{
	assert_int_equal(load_with(AA_ALG_ES256, "kty", "\"ec\""), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_ES256, "kty", "\"AKP\""), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_ES256, "crv", "\"secp256k1\""), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_ES256, "crv", "\"p-256\""), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_EDDSA, "crv", "\"Ed448\""), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_EDDSA, "crv", "\"X25519\""), AA_JOSE_KEY_UNFIT);
}

TEST(secrets_and_private_members_are_refused_as_such)
{
	static const char *const names[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (size_t k = 0; k < N_KINDS; k++)
			assert_int_equal(load_with(kinds[k], names[i], "\"AAAA\""), AA_JOSE_KEY_PRIVATE);
	assert_int_equal(load_with(AA_ALG_ES256, "d", "\"\""), AA_JOSE_KEY_PRIVATE);
	assert_int_equal(load_with(AA_ALG_RS256, "kty", "\"oct\""), AA_JOSE_KEY_PRIVATE);
}

TEST(use_and_key_ops_must_allow_verifying)
{
	assert_int_equal(load_with(AA_ALG_RS256, "use", "\"sig\""), AA_JOSE_OK);
	assert_int_equal(load_with(AA_ALG_RS256, "use", "\"enc\""), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_RS256, "use", "\"SIG\""), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_RS256, "use", "\"jwt-svid\""), AA_JOSE_OK); /* SPIFFE */
	assert_int_equal(load_with(AA_ALG_RS256, "use", "\"x509-svid\""), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_RS256, "use", "[\"sig\"]"), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_with(AA_ALG_RS256, "key_ops", "[\"sign\",\"verify\"]"), AA_JOSE_OK);
	assert_int_equal(load_with(AA_ALG_RS256, "key_ops", "[\"encrypt\",\"wrapKey\"]"), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_RS256, "key_ops", "[]"), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_RS256, "key_ops", "\"verify\""), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_with(AA_ALG_RS256, "key_ops", "[\"verify\",1]"), AA_JOSE_KEY_MALFORMED);
}

TEST(alg_must_be_one_that_the_key_can_do)
{
	assert_int_equal(load_with(AA_ALG_RS256, "alg", "\"PS256\""), AA_JOSE_OK);
	assert_int_equal(load_with(AA_ALG_RS256, "alg", "\"RSA-OAEP\""), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_RS256, "alg", "\"HS256\""), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_RS256, "alg", "\"ES256\""), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_RS256, "alg", "\"none\""), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_RS256, "alg", "256"), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_with(AA_ALG_ES256, "alg", "\"ES256\""), AA_JOSE_OK);
	assert_int_equal(load_with(AA_ALG_ES256, "alg", "\"ES384\""), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_EDDSA, "alg", "\"EdDSA\""), AA_JOSE_OK);
	assert_int_equal(load_with(AA_ALG_EDDSA, "alg", "\"Ed25519\""), AA_JOSE_OK);
	assert_int_equal(load_with(AA_ALG_EDDSA, "alg", "\"Ed448\""), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_ES256, "alg", "\"Ed25519\""), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_with(AA_ALG_EDDSA, "alg", "\"eddsa\""), AA_JOSE_KEY_UNFIT);
}

TEST(a_jwk_that_names_its_alg_fits_no_other)
{
	struct aa_key *key = NULL;
	json_t *jwk = make_jwk(AA_ALG_RS256);

	assert_int_equal(aa_key_from_jwk(jwk, &key), AA_JOSE_OK);
	assert_true(aa_key_fits(key, AA_ALG_RS256));
	assert_true(aa_key_fits(key, AA_ALG_PS512));
	assert_false(aa_key_fits(key, AA_ALG_ES256));
	assert_false(aa_key_fits(key, AA_ALG_INVALID));
	assert_int_equal(aa_key_default_alg(key), AA_ALG_RS256);
	aa_key_free(key);
	json_object_set_new(jwk, "alg", json_string("PS512"));
	assert_int_equal(aa_key_from_jwk(jwk, &key), AA_JOSE_OK);
	assert_false(aa_key_fits(key, AA_ALG_RS256));
	assert_true(aa_key_fits(key, AA_ALG_PS512));
	assert_int_equal(aa_key_default_alg(key), AA_ALG_PS512);
	aa_key_free(key);
	json_decref(jwk);
}

TEST(a_kid_is_short_and_printable)
{
	char longest[2 + 257 + 1];

	memset(longest, 'k', sizeof(longest));
	longest[0] = '"';
	longest[257] = '"';
	longest[258] = 0;
	assert_int_equal(load_with(AA_ALG_ES256, "kid", longest), AA_JOSE_OK);
	longest[257] = 'k';
	longest[258] = '"';
	longest[259] = 0;
	assert_int_equal(load_with(AA_ALG_ES256, "kid", longest), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_with(AA_ALG_ES256, "kid", "\"2026-01 main\""), AA_JOSE_OK);
	assert_int_equal(load_with(AA_ALG_ES256, "kid", "\"\""), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_with(AA_ALG_ES256, "kid", "\"a\\nb\""), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_with(AA_ALG_ES256, "kid", "\"\xc3\xa9\""), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_with(AA_ALG_ES256, "kid", "1"), AA_JOSE_KEY_MALFORMED);
}

TEST(rsa_moduli_are_2048_to_16384_odd_bits)
{
	uint8_t n[2049];

	memset(n, 0xff, sizeof(n));
	assert_int_equal(load_with_bytes(AA_ALG_RS256, "n", n, 256), AA_JOSE_OK);
	assert_int_equal(load_with_bytes(AA_ALG_RS256, "n", n, 255), AA_JOSE_KEY_WEAK);
	assert_int_equal(load_with_bytes(AA_ALG_RS256, "n", n, 128), AA_JOSE_KEY_WEAK);
	n[0] = 0x7f;
	assert_int_equal(load_with_bytes(AA_ALG_RS256, "n", n, 256), AA_JOSE_KEY_WEAK); /* 2047 */
	n[0] = 0x80;
	assert_int_equal(load_with_bytes(AA_ALG_RS256, "n", n, 2048), AA_JOSE_OK);
	assert_int_equal(load_with_bytes(AA_ALG_RS256, "n", n, 2049), AA_JOSE_KEY_UNFIT);
	n[255] = 0xfe;
	assert_int_equal(load_with_bytes(AA_ALG_RS256, "n", n, 256), AA_JOSE_KEY_WEAK); /* even */
	n[255] = 0xff;
	n[0] = 0;
	assert_int_equal(load_with_bytes(AA_ALG_RS256, "n", n, 257),
			 AA_JOSE_OK); /* a zero in front: one number */
	n[1] = 0x7f;
	assert_int_equal(load_with_bytes(AA_ALG_RS256, "n", n, 257),
			 AA_JOSE_KEY_WEAK); /* which does not make it longer */
	assert_int_equal(load_with_bytes(AA_ALG_RS256, "n", n, 0), AA_JOSE_KEY_MALFORMED);
}

TEST(rsa_exponents_are_odd_and_at_least_three)
{
	assert_int_equal(load_with(AA_ALG_RS256, "e", "\"AQAB\""), AA_JOSE_OK);
	assert_int_equal(load_with(AA_ALG_RS256, "e", "\"Aw\""), AA_JOSE_OK);		 /* 3 */
	assert_int_equal(load_with(AA_ALG_RS256, "e", "\"AQ\""), AA_JOSE_KEY_WEAK);	 /* 1 */
	assert_int_equal(load_with(AA_ALG_RS256, "e", "\"Ag\""), AA_JOSE_KEY_WEAK);	 /* 2 */
	assert_int_equal(load_with(AA_ALG_RS256, "e", "\"AQAA\""), AA_JOSE_KEY_WEAK);	 /* 65536 */
	assert_int_equal(load_with(AA_ALG_RS256, "e", "\"AA\""), AA_JOSE_KEY_MALFORMED); /* 0 */
	assert_int_equal(load_with(AA_ALG_RS256, "e", "\"AAEAAQ\""), AA_JOSE_OK);	 /* a zero in front */
	assert_int_equal(load_with(AA_ALG_RS256, "e", "\"AAE\""), AA_JOSE_KEY_WEAK);	 /* 1, all the same */
	assert_int_equal(load_with(AA_ALG_RS256, "e", "\"AAAA\""), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_with(AA_ALG_RS256, "e", "\"AQAAAAAAAAAB\""),
			 AA_JOSE_KEY_WEAK); /* more than 64 bits */
	assert_int_equal(load_with(AA_ALG_RS256, "e", "65537"), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_with(AA_ALG_RS256, "e", "\"AQAB=\""), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_with(AA_ALG_RS256, "e", ""), AA_JOSE_KEY_MALFORMED);
}

TEST(ec_points_lie_on_their_curve)
{
	for (size_t i = 1; i < 4; i++) {
		size_t len;
		uint8_t *y = member(kinds[i], "y", &len), *x = member(kinds[i], "x", &len);

		assert_int_equal(load_with_bytes(kinds[i], "y", y, len), AA_JOSE_OK);
		y[len - 1] ^= 1;
		assert_int_equal(load_with_bytes(kinds[i], "y", y, len), AA_JOSE_KEY_WEAK);
		y[len - 1] ^= 1;
		assert_int_equal(load_with_bytes(kinds[i], "y", y, len - 1), AA_JOSE_KEY_LENGTH);
		x[0] ^= 1;
		assert_int_equal(load_with_bytes(kinds[i], "x", x, len), AA_JOSE_KEY_WEAK);
		memset(x, 0xff, len); /* past the field's prime */
		assert_int_equal(load_with_bytes(kinds[i], "x", x, len), AA_JOSE_KEY_WEAK);
		free(x);
		free(y);
	}
	assert_int_equal(load_with(AA_ALG_ES256, "x", "\"\""), AA_JOSE_KEY_LENGTH);
	assert_int_equal(load_with(AA_ALG_ES256, "y", ""), AA_JOSE_KEY_MALFORMED);
	/* the point of one curve under the name of another */
	assert_int_equal(load_with(AA_ALG_ES384, "crv", "\"P-256\""), AA_JOSE_KEY_LENGTH);
}

TEST(a_coordinate_has_its_full_length)
{
	size_t len;
	uint8_t *x = member(AA_ALG_ES256, "x", &len), longer[33] = {0};

	memcpy(longer + 1, x, 32);
	assert_int_equal(load_with_bytes(AA_ALG_ES256, "x", longer + 1, 32), AA_JOSE_OK);
	assert_int_equal(load_with_bytes(AA_ALG_ES256, "x", longer, 33), AA_JOSE_OK); /* a zero in front */
	assert_int_equal(load_with_bytes(AA_ALG_ES256, "x", longer + 2, 31), AA_JOSE_KEY_LENGTH);
	longer[0] = 1;
	assert_int_equal(load_with_bytes(AA_ALG_ES256, "x", longer, 33), AA_JOSE_KEY_LENGTH);
	free(x);
}

/* What some encoders write where they have nothing to say. */
TEST(a_member_that_is_null_counts_as_absent)
{
	static const char *const names[] = {"use", "key_ops", "alg", "kid", "d", "p",  "q",
					    "dp",  "dq",      "qi",  "oth", "k", "x5c"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (size_t k = 0; k < N_KINDS; k++)
			assert_int_equal(load_with(kinds[k], names[i], "null"), AA_JOSE_OK);
	assert_int_equal(load_with(AA_ALG_RS256, "n", "null"), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_with(AA_ALG_ES256, "crv", "null"), AA_JOSE_KEY_MALFORMED);
}

/* The thumbprint of a good key's JWK with `front` before and `behind` behind the text of a member, "" where it is refused. */
static void thumbprint_of(enum aa_alg alg, const char *name, const char *front, const char *behind,
			  char ret[44])
{
	json_t *jwk = make_jwk(alg);
	const char *text = json_string_value(json_object_get(jwk, name));
	struct aa_key *key = NULL;

	json_object_set_new(jwk, name, json_sprintf("%s%s%s", front, text, behind));
	ret[0] = 0;
	if (aa_key_from_jwk(jwk, &key) == AA_JOSE_OK)
		assert_int_equal(aa_key_thumbprint(key, ret), AA_JOSE_OK);
	aa_key_free(key);
	json_decref(jwk);
}

TEST(padding_and_zeros_in_front_spell_the_same_key)
{
	/* "AAAA" in front is three zero octets. */
	static const struct {
		enum aa_alg alg;
		const char *name, *padding;
		bool number;
	} cases[] = {{AA_ALG_RS256, "n", "==", true},
		     {AA_ALG_ES256, "x", "=", true},
		     {AA_ALG_ES256, "y", "=", true},
		     {AA_ALG_ES384, "x", "", true},
		     {AA_ALG_EDDSA, "x", "=", false}};
	char plain[44], other[44];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		thumbprint_of(cases[i].alg, cases[i].name, "", "", plain);
		thumbprint_of(cases[i].alg, cases[i].name, "", cases[i].padding, other);
		assert_string_equal(other, plain);
		thumbprint_of(cases[i].alg, cases[i].name, "AAAA", cases[i].padding, other);
		assert_string_equal(other, cases[i].number ? plain : "");
		thumbprint_of(cases[i].alg, cases[i].name, "", "===", other);
		assert_string_equal(other, "");
		thumbprint_of(cases[i].alg, cases[i].name, "=", "", other);
		assert_string_equal(other, "");
		thumbprint_of(cases[i].alg, cases[i].name, "AAA+", "", other);
		assert_string_equal(other, "");
	}
}

TEST(ed25519_points_of_small_order_or_odd_spelling_are_weak)
{
	static const char *const bad[] = {
	    /* order 1, 2, 4, 4, 8 and each with its sign bit set */
	    "0100000000000000000000000000000000000000000000000000000000000000",
	    "0100000000000000000000000000000000000000000000000000000000000080",
	    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	    "0000000000000000000000000000000000000000000000000000000000000000",
	    "0000000000000000000000000000000000000000000000000000000000000080",
	    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	    /* 0 and 1 written as p and p + 1, and the largest numbers */
	    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(load_ed25519(bad[i]), AA_JOSE_KEY_WEAK);
	/* the base point, and p - 2, which is canonical still */
	assert_int_equal(load_ed25519("5866666666666666666666666666666666666666666666666666666666666666"),
			 AA_JOSE_OK);
	assert_int_equal(load_ed25519("ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
			 AA_JOSE_OK);
	assert_int_equal(load_ed25519("58666666666666666666666666666666666666666666666666666666666666"),
			 AA_JOSE_KEY_LENGTH);
	assert_int_equal(load_ed25519("586666666666666666666666666666666666666666666666666666666666666666"),
			 AA_JOSE_KEY_LENGTH);
}
