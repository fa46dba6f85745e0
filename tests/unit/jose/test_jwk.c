/* SPDX-License-Identifier: Apache-2.0 */
/* test_jwk.c: public keys in each of their forms: THREATS 16, 17, 19. */
#include "common/jose/key.h"
#include "common/jose/key_any.h"
#include "common/jose/key_form.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <stdio.h>
#include <stdlib.h>

static enum aa_jose_err load(const json_t *jwk)
{
	struct aa_key *key = NULL;
	enum aa_jose_err err = aa_key_from_jwk(jwk, &key);

	assert_true((err == AA_JOSE_OK) == (key != NULL));
	aa_key_free(key);
	return err;
}

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

static enum aa_jose_err load_with_bytes(enum aa_alg alg, const char *name, const uint8_t *bytes, size_t len)
{
	char *text = aa_base64url_encode(bytes, len);
	json_t *jwk = make_jwk(alg);
	enum aa_jose_err err;

	json_object_set_new(jwk, name, json_string(text));
	err = load(jwk);
	json_decref(jwk);
	free(text);
	return err;
}

static uint8_t *member(enum aa_alg alg, const char *name, size_t *ret_len)
{
	json_t *jwk = make_jwk(alg);
	uint8_t *bytes = make_bytes(json_string_value(json_object_get(jwk, name)), ret_len);

	json_decref(jwk);
	return bytes;
}

static const enum aa_alg kinds[] = {AA_ALG_RS256, AA_ALG_ES256, AA_ALG_ES384, AA_ALG_ES512, AA_ALG_EDDSA};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

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

static enum aa_jose_err load_ed25519(const char *hex)
{
	uint8_t raw[64];
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		const char two[] = {hex[2 * i], hex[2 * i + 1], 0};

		raw[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return load_with_bytes(AA_ALG_EDDSA, "x", raw, n);
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

/* ---- other forms --------------------------------------------------------- */

static void assert_same_key(const struct aa_key *a, const struct aa_key *b)
{
	char x[44], y[44];

	assert_int_equal(aa_key_thumbprint(a, x), AA_JOSE_OK);
	assert_int_equal(aa_key_thumbprint(b, y), AA_JOSE_OK);
	assert_int_equal(strlen(x), 43);
	assert_string_equal(x, y);
	assert_int_equal(EVP_PKEY_eq(aa_key_pkey(a), aa_key_pkey(b)), 1);
}

TEST(jwk_pem_and_ssh_forms_give_the_same_key)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		const struct aa_key *key = aa_private_key_public(make_key(kinds[i]));
		json_t *jwk = aa_key_to_jwk(key);
		char *texts[3] = {json_dumps(jwk, JSON_INDENT(2)), NULL, NULL};

		assert_int_equal(aa_key_to_pem(key, &texts[1]), AA_JOSE_OK);
		assert_int_equal(aa_key_to_ssh(key, &texts[2]), AA_JOSE_OK);
		for (int k = 0; k < 3; k++) {
			struct aa_key *again = NULL;

			assert_int_equal(aa_key_from_any(texts[k], strlen(texts[k]), &again), AA_JOSE_OK);
			assert_same_key(key, again);
			aa_key_free(again);
			free(texts[k]);
		}
		json_decref(jwk);
	}
}

/* RFC 7638 section 3.1 and RFC 8037 appendix A.3 */
TEST(the_thumbprints_of_the_rfcs_hold)
{
	static const char *const jwks[][2] = {
	    {"{\"kty\":\"RSA\",\"n\":"
	     "\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1"
	     "L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
	     "FDW2QvzqY36"
	     "8QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-"
	     "bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPks"
	     "INHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":"
	     "\"2011-04-29\"}",
	     "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
	    {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
	     "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
	};

	for (size_t i = 0; i < 2; i++) {
		struct aa_key *key = NULL;
		char print[44];

		assert_int_equal(aa_key_from_any(jwks[i][0], strlen(jwks[i][0]), &key), AA_JOSE_OK);
		assert_int_equal(aa_key_thumbprint(key, print), AA_JOSE_OK);
		assert_string_equal(print, jwks[i][1]);
		aa_key_free(key);
	}
}

static enum aa_jose_err load_any(const char *text)
{
	struct aa_key *key = NULL;
	enum aa_jose_err err = aa_key_from_any(text, strlen(text), &key);

	aa_key_free(key);
	return err;
}

/* Not inlined: gcc then takes the text for the variable that holds it. */
__attribute__((noinline)) static char *pem_of(enum aa_alg alg)
{
	char *pem = NULL;

	assert_int_equal(aa_key_to_pem(aa_private_key_public(make_key(alg)), &pem), AA_JOSE_OK);
	return pem;
}

TEST(a_pem_public_key_stands_alone_in_its_file)
{
	char *pem = pem_of(AA_ALG_ES256), text[2048];

	snprintf(text, sizeof(text), "\n%s\r\n \n", pem);
	assert_int_equal(load_any(text), AA_JOSE_OK);
	snprintf(text, sizeof(text), "%s%s", pem, pem);
	assert_int_equal(load_any(text), AA_JOSE_KEY_MALFORMED);
	snprintf(text, sizeof(text), "%sx", pem);
	assert_int_equal(load_any(text), AA_JOSE_KEY_MALFORMED);
	snprintf(text, sizeof(text), "%.*s", (int)strlen(pem) - 10, pem);
	assert_int_equal(load_any(text), AA_JOSE_KEY_MALFORMED);
	free(pem);
}

TEST(private_and_encrypted_pem_is_refused_without_a_prompt)
{
	char *private = NULL;
	size_t len;

	assert_int_equal(aa_private_key_to_pem(make_key(AA_ALG_ES256), &private, &len), AA_JOSE_OK);
	assert_int_equal(load_any(private), AA_JOSE_KEY_PRIVATE);
	free(private);
	assert_int_equal(
	    load_any("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"),
	    AA_JOSE_KEY_ENCRYPTED);
	assert_int_equal(
	    load_any(
		"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAA==\n"
		"-----END RSA PRIVATE KEY-----\n"),
	    AA_JOSE_KEY_ENCRYPTED);
	assert_int_equal(
	    load_any("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"),
	    AA_JOSE_KEY_PRIVATE);
	assert_int_equal(
	    load_any(
		"-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END PUBLIC KEY-----\n"),
	    AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_any("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
			 AA_JOSE_KEY_MALFORMED);
}

/* A certificate that this key has signed itself. */
static char *certificate_of(enum aa_alg alg)
{
	EVP_PKEY *pkey = aa_private_key_pkey(make_key(alg));
	BIO *bio = BIO_new(BIO_s_mem());
	X509 *x = X509_new();
	char *text, *copy;
	long len;

	assert_int_equal(X509_set_version(x, 2), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), -7200);
	X509_gmtime_adj(X509_getm_notAfter(x), -3600); /* over: dates count for nothing */
	assert_int_equal(X509_set_pubkey(x, pkey), 1);
	assert_true(X509_sign(x, pkey, alg == AA_ALG_EDDSA ? NULL : EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(bio, x), 1);
	len = BIO_get_mem_data(bio, &text);
	copy = strndup(text, (size_t)len);
	BIO_free(bio);
	X509_free(x);
	return copy;
}

static void is_public_of(const char *text, enum aa_alg alg)
{
	char want[44], got[44];
	struct aa_key *key = NULL;

	assert_int_equal(aa_key_from_any(text, strlen(text), &key), AA_JOSE_OK);
	assert_int_equal(aa_key_thumbprint(aa_private_key_public(make_key(alg)), want), AA_JOSE_OK);
	assert_int_equal(aa_key_thumbprint(key, got), AA_JOSE_OK);
	assert_string_equal(got, want);
	aa_key_free(key);
}

TEST(a_certificate_gives_its_key)
{
	static const enum aa_alg algs[] = {AA_ALG_RS256, AA_ALG_ES256, AA_ALG_ES512, AA_ALG_EDDSA};

	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		char *pem = certificate_of(algs[i]), *two = malloc(2 * strlen(pem) + 1);

		is_public_of(pem, algs[i]);
		sprintf(two, "%s%s", pem, pem);
		assert_int_equal(load_any(two), AA_JOSE_KEY_MALFORMED); /* which of the two? */
		free(two);
		free(pem);
	}
}

/* Whatever a file ends in, nothing behind its end is read (the suite runs this under ASan), and no key is made of it. */
static void no_key_when_cut(const char *text)
{
	size_t len = strlen(text) - 1; /* without the last line's end it is whole still */

	for (size_t i = 0; i < len; i++) {
		char *cut = malloc(i + 1);
		struct aa_key *key = NULL;

		memcpy(cut, text, i);
		assert_int_not_equal(aa_key_from_any(cut, i, &key), AA_JOSE_OK);
		assert_null(key);
		free(cut);
	}
}

/* The file is whole as PEM, and what is in it ends too soon. */
static void no_key_when_der_is_cut(const char *label, const uint8_t *der, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char *b64 = aa_base64_encode(der, i), *text = malloc(strlen(b64) + 128);

		sprintf(text, "-----BEGIN %s-----\n%s\n-----END %s-----\n", label, b64, label);
		assert_int_not_equal(load_any(text), AA_JOSE_OK);
		free(text);
		free(b64);
	}
}

/* What the first block of the PEM holds, as free() takes it. */
static uint8_t *der_in(const char *pem, size_t *ret_len)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	char *label, *header;
	uint8_t *der, *copy;
	long len;

	assert_int_equal(PEM_read_bio(bio, &label, &header, &der, &len), 1);
	copy = malloc((size_t)len);
	memcpy(copy, der, (size_t)len);
	*ret_len = (size_t)len;
	OPENSSL_free(label);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(bio);
	return copy;
}

TEST(a_certificate_cut_anywhere_gives_none)
{
	char *pem = certificate_of(AA_ALG_ES256);
	size_t len;
	uint8_t *der = der_in(pem, &len);

	is_public_of(pem, AA_ALG_ES256);
	no_key_when_cut(pem);
	no_key_when_der_is_cut("CERTIFICATE", der, len);
	free(der);
	free(pem);
}

static char *pkcs1_of(enum aa_alg alg)
{
	uint8_t *der = NULL;
	int len = i2d_PublicKey(aa_private_key_pkey(make_key(alg)), &der);
	char *b64 = aa_base64_encode(der, (size_t)len), *text = malloc(strlen(b64) + 128);

	sprintf(text, "-----BEGIN RSA PUBLIC KEY-----\n%s\n-----END RSA PUBLIC KEY-----\n", b64);
	no_key_when_der_is_cut("RSA PUBLIC KEY", der, (size_t)len);
	free(b64);
	OPENSSL_free(der);
	return text;
}

TEST(a_pkcs1_public_key_is_read)
{
	char *pem = pkcs1_of(AA_ALG_RS256);

	is_public_of(pem, AA_ALG_RS256);
	no_key_when_cut(pem);
	memcpy(strstr(pem, "END RSA"), "END DSA", 7);
	assert_int_equal(load_any(pem), AA_JOSE_KEY_MALFORMED);
	free(pem);
}

static void is_form(const char *bytes, size_t len, const char *name)
{
	const struct aa_private_form *form = aa_private_form(bytes, len);
	struct aa_key *key = NULL;

	assert_non_null(form);
	assert_string_equal(form->name, name);
	assert_int_not_equal(aa_key_from_any(bytes, len, &key), AA_JOSE_OK);
}

static char *json_of(json_t *json)
{
	char *text = json_dumps(json, 0);

	json_decref(json);
	return text;
}

TEST(a_private_half_is_called_by_its_form)
{
	static const struct {
		const char *text, *name;
	} forms[] = {
	    {"-----BEGIN OPENSSH PRIVATE KEY-----\n", "OpenSSH's format"},
	    {"Bag Attributes\n-----BEGIN PRIVATE KEY-----\n", "PKCS#8 in PEM"},
	    {"-----BEGIN PUBLIC KEY-----\n-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
	     "PKCS#8 in PEM, encrypted"},
	    {"-----BEGIN RSA PRIVATE KEY-----\n", "PKCS#1 in PEM"},
	    {"-----BEGIN EC PRIVATE KEY-----\n", "SEC 1 in PEM"},
	    {"-----BEGIN DSA PRIVATE KEY-----\n", "PEM"},
	    {"PuTTY-User-Key-File-3: ssh-ed25519\n", "PuTTY's format"},
	    {" {\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\",\"d\":\"AA\"}", "a JWK"},
	    {"{\"kty\":\"oct\",\"k\":\"AA\"}", "a symmetric JWK"},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		is_form(forms[i].text, strlen(forms[i].text), forms[i].name);
}

TEST(a_private_half_in_der_is_seen)
{
	EVP_PKEY *pkey = aa_private_key_pkey(make_key(AA_ALG_ES256));
	PKCS12 *p12 = PKCS12_create("x", "x", pkey, NULL, NULL, 0, 0, 0, 0, 0);
	uint8_t *pfx = NULL, *private = NULL, *public = NULL;
	int pfx_len = i2d_PKCS12(p12, &pfx), private_len = i2d_PrivateKey(pkey, &private),
	    public_len = i2d_PUBKEY(pkey, &public);

	is_form((char *)pfx, (size_t)pfx_len, "PKCS#12");
	is_form((char *)private, (size_t)private_len, "DER");
	assert_null(aa_private_form((char *)public, (size_t)public_len));
	OPENSSL_free(pfx);
	OPENSSL_free(private);
	OPENSSL_free(public);
	PKCS12_free(p12);
}

/* A set of which one key is public is no reason to overlook that another is not. */
TEST(a_private_half_in_a_set_is_seen)
{
	json_t *a = aa_key_to_jwk(aa_private_key_public(make_key(AA_ALG_ES256))), *b = json_deep_copy(a);
	char *alone = json_of(json_pack("{s:[O]}", "keys", a)), *both;

	json_object_set_new(b, "d", json_string("AAAA"));
	both = json_of(json_pack("{s:[o, o]}", "keys", a, b));
	assert_null(aa_private_form(alone, strlen(alone)));
	assert_int_equal(load_any(alone), AA_JOSE_OK);
	is_form(both, strlen(both), "a JWK in a set");
	free(alone);
	free(both);
}

TEST(a_public_half_is_called_private_by_nothing)
{
	char *texts[] = {pem_of(AA_ALG_ES256), certificate_of(AA_ALG_ES256), pkcs1_of(AA_ALG_RS256), NULL,
			 json_of(aa_key_to_jwk(aa_private_key_public(make_key(AA_ALG_ES256))))};

	assert_int_equal(aa_key_to_ssh(aa_private_key_public(make_key(AA_ALG_EDDSA)), &texts[3]), AA_JOSE_OK);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_null(aa_private_form(texts[i], strlen(texts[i])));
		assert_int_equal(load_any(texts[i]), AA_JOSE_OK);
		free(texts[i]);
	}
}

/* PEM of these bytes. */
static enum aa_jose_err load_der(const uint8_t *der, size_t len)
{
	char *b64 = aa_base64_encode(der, len), *text = malloc(strlen(b64) + 64);
	enum aa_jose_err err;

	sprintf(text, "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n", b64);
	err = load_any(text);
	free(text);
	free(b64);
	return err;
}

static uint8_t *der_of(enum aa_alg alg, size_t *ret_len)
{
	char *pem = pem_of(alg);
	uint8_t *der = der_in(pem, ret_len);

	free(pem);
	return der;
}

TEST(every_cut_of_a_der_key_is_refused)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		size_t len;
		uint8_t *der = der_of(kinds[i], &len);

		assert_int_equal(load_der(der, len), AA_JOSE_OK);
		for (size_t cut = 0; cut < len; cut++)
			assert_int_not_equal(load_der(der, cut), AA_JOSE_OK);
		free(der);
	}
}

/* Each byte before the key's own numbers has one value only. */
TEST(no_byte_of_a_der_keys_frame_can_be_changed)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		size_t len, frame = kinds[i] == AA_ALG_RS256 ? 28 : kinds[i] == AA_ALG_EDDSA ? 12 : 0;
		uint8_t *der = der_of(kinds[i], &len);

		for (size_t at = 0; at < (frame ? frame : 24); at++) {
			for (int bit = 0; bit < 8; bit++) {
				der[at] ^= (uint8_t)(1 << bit);
				assert_int_not_equal(load_der(der, len), AA_JOSE_OK);
				der[at] ^= (uint8_t)(1 << bit);
			}
		}
		free(der);
	}
}

TEST(an_ec_key_with_explicit_parameters_is_unfit)
{
	/* SEQUENCE { SEQUENCE { ecPublicKey, SEQUENCE {} }, BIT STRING } */
	static const uint8_t der[] = {0x30, 0x10, 0x30, 0x0b, 0x06, 0x07, 0x2a, 0x86, 0x48,
				      0xce, 0x3d, 0x02, 0x01, 0x30, 0x00, 0x03, 0x01, 0x00};
	uint8_t with_point[sizeof(der) + 1];

	memcpy(with_point, der, sizeof(der));
	with_point[1]++;
	with_point[sizeof(der) - 2] = 2;
	with_point[sizeof(der)] = 4;
	assert_int_equal(load_der(with_point, sizeof(with_point)), AA_JOSE_KEY_UNFIT);
}

static char *ssh_of(enum aa_alg alg)
{
	char *line = NULL;

	assert_int_equal(aa_key_to_ssh(aa_private_key_public(make_key(alg)), &line), AA_JOSE_OK);
	return line;
}

TEST(an_ssh_line_may_have_a_comment_and_nothing_else)
{
	char *line = ssh_of(AA_ALG_EDDSA), text[512];

	snprintf(text, sizeof(text), "%s builder@ci 7\n", line);
	assert_int_equal(load_any(text), AA_JOSE_OK);
	snprintf(text, sizeof(text), "%s\n%s\n", line, line);
	assert_int_equal(load_any(text), AA_JOSE_KEY_MALFORMED);
	snprintf(text, sizeof(text), "restrict %s\n", line);
	assert_int_equal(load_any(text), AA_JOSE_KEY_MALFORMED);
	snprintf(text, sizeof(text), "ssh-rsa %s\n", line + strlen("ssh-ed25519 "));
	assert_int_equal(load_any(text), AA_JOSE_KEY_MALFORMED);
	snprintf(text, sizeof(text), "%.*s\n", (int)strlen(line) - 4, line);
	assert_int_equal(load_any(text), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_any("ssh-dss AAAAB3NzaC1kc3MAAAAA\n"), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load_any("ssh-ed25519\n"), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_any(""), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_any(" \n"), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load_any("<html>"), AA_JOSE_KEY_MALFORMED);
	free(line);
}
