/* SPDX-License-Identifier: Apache-2.0 */
/* test_jws_verify.c: the examples of the RFCs, which key is for which algorithm, and ECDSA. */
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/hmac.h>

#include "common/jose/jws.h"
#include "common/jose/jws_verify.h"
#include "common/jose/key.h"
#include "common/jose/key_any.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "tests/unit/jose/jws_steps.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

/* ---- the RFCs' own examples ---------------------------------------------- */

static const char rfc7515_payload[] =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

static const char rfc7520_payload[] = "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG"
				      "9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwg"
				      "YW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbm"
				      "cgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9m"
				      "ZiB0by4";

struct example {
	const char *jwk, *header, *payload, *signature;
};
static const struct example examples[] = {
    /* RFC 7515 A.2 */
    {"{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"
     "4qPCJrcS2mJPMEzP1Pt0Bm4"
     "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
     "bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
     "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"
     "h9iaGNj8q2ethFkMLs91kz"
     "k2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"AQAB\"}",
     "eyJhbGciOiJSUzI1NiJ9", rfc7515_payload,
     "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
     "O8W2Fp5jujGbds9uJdbF9CUAr7t1"
     "dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_"
     "dO--xi12jzD"
     "wusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"
     "IoypGlUPQGe7"
     "7Rw"},
    /* A.3 */
    {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
     "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
     "eyJhbGciOiJFUzI1NiJ9", rfc7515_payload,
     "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
    /* A.4: the payload is not JSON */
    {"{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_"
     "NjFZ6OvLFV1jSfS9tsz4"
     "qUxcWceqwQGk\",\"y\":\"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-"
     "x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2\"}",
     "eyJhbGciOiJFUzUxMiJ9", "UGF5bG9hZA",
     "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_"
     "7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3"
     "xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"},
    /* RFC 8037 A.4 */
    {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
     "eyJhbGciOiJFZERTQSJ9", "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
     "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
    /* RFC 7520 section 4.1 */
    {"{\"kty\":\"RSA\",\"kid\":\"bilbo.baggins@hobbiton.example\",\"use\":\"sig\",\"n\":"
     "\"n4EPtAOCc9AlkeQHPzHStgAb"
     "gs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-"
     "QtiWN2lbzcE"
     "e6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-"
     "OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzw"
     "OHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__"
     "kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw\",\"e"
     "\":\"AQAB\"}",
     "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9", rfc7520_payload,
     "MRjdkly7_-"
     "oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDk"
     "oBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_"
     "qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9Uzp"
     "ERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_"
     "fcIe8u9ipH84ogo"
     "ree7vjbU5y18kDquDg"},
    /* RFC 7520 section 4.2 */
    {"{\"kty\":\"RSA\",\"kid\":\"bilbo.baggins@hobbiton.example\",\"use\":\"sig\",\"n\":"
     "\"n4EPtAOCc9AlkeQHPzHStgAb"
     "gs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-"
     "QtiWN2lbzcE"
     "e6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-"
     "OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzw"
     "OHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__"
     "kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw\",\"e"
     "\":\"AQAB\"}",
     "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9", rfc7520_payload,
     "cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-"
     "tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OL"
     "PpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_"
     "ijQ7p8Vdz0TTrxUeT3lm8d9shn"
     "r2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_"
     "jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6"
     "oD4ifKo8DYM-X72Eaw"},
    /* RFC 7520 section 4.3 */
    {"{\"kty\":\"EC\",\"kid\":\"bilbo.baggins@hobbiton.example\",\"use\":\"sig\",\"crv\":\"P-521\",\"x\":"
     "\"AHKZLLO"
     "sCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt\",\"y\":"
     "\"AdymlHvOiLxXkEha"
     "yXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1\"}",
     "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9", rfc7520_payload,
     "AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_"
     "sDDyYjnA"
     "MDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2"},
};

TEST(the_examples_of_the_rfcs_verify_and_bent_ones_do_not)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		const struct example *e = &examples[i];
		struct aa_key *key = NULL;
		char token[2048];

		assert_int_equal(aa_key_from_any(e->jwk, strlen(e->jwk), &key), AA_JOSE_OK);
		snprintf(token, sizeof(token), "%s.%s.%s", e->header, e->payload, e->signature);
		assert_int_equal(check_token(token, key), AA_JOSE_OK);
		token[strlen(e->header) + 1] ^= 1;
		assert_int_equal(check_token(token, key), AA_JOSE_SIGNATURE);
		aa_key_free(key);
	}
}

/* RFC 7515 A.5, the unsecured JWS, and A.1, HS256 */
TEST(the_unsecured_example_and_hs256_are_refused_before_any_key)
{
	char token[512];

	snprintf(token, sizeof(token), "eyJhbGciOiJub25lIn0.%s.", rfc7515_payload);
	assert_int_equal(parse_only(token), AA_JOSE_ALG);
	/* an empty signature under an algorithm that has one */
	snprintf(token, sizeof(token), "eyJhbGciOiJSUzI1NiJ9.%s.", rfc7515_payload);
	assert_int_equal(parse_only(token), AA_JOSE_MALFORMED);
	snprintf(token, sizeof(token), "eyJhbGciOiJub25lIn0.%s.AAAA", rfc7515_payload);
	assert_int_equal(parse_only(token), AA_JOSE_ALG);
	snprintf(token, sizeof(token),
		 "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.%s.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
		 rfc7515_payload);
	assert_int_equal(parse_only(token), AA_JOSE_ALG);
}

/* ---- which key for which algorithm --------------------------------------- */

TEST(only_the_algorithms_of_its_kind_verify_with_a_key)
{
	for (int alg = AA_ALG_RS256; alg < AA_ALG_COUNT; alg++) {
		char header[64], *token;

		snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", aa_alg_name((enum aa_alg)alg));
		token = make_signed(header, payload, (enum aa_alg)alg, make_key((enum aa_alg)alg));
		for (int other = AA_ALG_RS256; other < AA_ALG_COUNT; other++) {
			bool same = public_of((enum aa_alg)other) == public_of((enum aa_alg)alg);

			assert_int_equal(check_token(token, public_of((enum aa_alg)other)),
					 same ? AA_JOSE_OK : AA_JOSE_ALG);
		}
		free(token);
	}
}

/* The signature is of the one algorithm and the header says another of the same kind. */
TEST(a_signature_of_another_algorithm_than_the_headers_is_refused)
{
	static const char *const headers[] = {"{\"alg\":\"RS256\"}", "{\"alg\":\"RS384\"}",
					      "{\"alg\":\"PS256\"}", "{\"alg\":\"PS512\"}"};
	static const enum aa_alg algs[] = {AA_ALG_RS256, AA_ALG_RS384, AA_ALG_PS256, AA_ALG_PS512};

	for (size_t h = 0; h < 4; h++) {
		for (size_t a = 0; a < 4; a++) {
			char *token = make_signed(headers[h], payload, algs[a], make_key(AA_ALG_RS256));

			assert_int_equal(check_token(token, public_of(AA_ALG_RS256)),
					 h == a ? AA_JOSE_OK : AA_JOSE_SIGNATURE);
			free(token);
		}
	}
}

TEST(a_key_whose_jwk_names_another_alg_is_not_for_this_token)
{
	char *token = make_signed("{\"alg\":\"RS256\"}", payload, AA_ALG_RS256, make_key(AA_ALG_RS256));
	static const char *const algs[] = {"RS256", "RS384", "PS256"};

	for (size_t i = 0; i < 3; i++) {
		json_t *jwk = make_jwk(AA_ALG_RS256);
		struct aa_key *key = NULL;

		json_object_set_new(jwk, "alg", json_string(algs[i]));
		assert_int_equal(aa_key_from_jwk(jwk, &key), AA_JOSE_OK);
		assert_int_equal(check_token(token, key), i == 0 ? AA_JOSE_OK : AA_JOSE_ALG);
		aa_key_free(key);
		json_decref(jwk);
	}
	free(token);
}

TEST(a_public_key_is_no_hmac_secret)
{
	for (int alg = AA_ALG_RS256; alg < AA_ALG_COUNT; alg++) {
		char *input = make_input("{\"alg\":\"HS256\"}", payload), *pem = NULL;
		uint8_t mac[32];
		unsigned len = sizeof(mac);

		assert_int_equal(aa_key_to_pem(public_of((enum aa_alg)alg), &pem), AA_JOSE_OK);
		assert_non_null(
		    HMAC(EVP_sha256(), pem, (int)strlen(pem), (uint8_t *)input, strlen(input), mac, &len));
		assert_int_equal(check_signature(input, mac, len, public_of((enum aa_alg)alg)), AA_JOSE_ALG);
		free(pem);
		free(input);
	}
}

TEST(another_key_of_the_same_kind_does_not_verify)
{
	static const enum aa_alg algs[] = {AA_ALG_RS256, AA_ALG_PS256, AA_ALG_ES256,
					   AA_ALG_ES384, AA_ALG_ES512, AA_ALG_EDDSA};

	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		struct aa_private_key *other = NULL;
		char header[64], *token;

		assert_int_equal(aa_private_key_generate(algs[i], 2048, &other), AA_JOSE_OK);
		snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", aa_alg_name(algs[i]));
		token = make_signed(header, payload, algs[i], make_key(algs[i]));
		assert_int_equal(check_token(token, public_of(algs[i])), AA_JOSE_OK);
		assert_int_equal(check_token(token, aa_private_key_public(other)), AA_JOSE_SIGNATURE);
		free(token);
		aa_private_key_free(other);
	}
}

/* ---- ECDSA ---------------------------------------------------------------- */

struct curve {
	enum aa_alg alg;
	const char *header, *group;
	size_t len;
};
static const struct curve curves[] = {
    {AA_ALG_ES256, "{\"alg\":\"ES256\"}", "P-256", 32},
    {AA_ALG_ES384, "{\"alg\":\"ES384\"}", "P-384", 48},
    {AA_ALG_ES512, "{\"alg\":\"ES512\"}", "P-521", 66},
};

/* A good token's input and signature. */
static char *good_ecdsa(const struct curve *curve, uint8_t **sig)
{
	char *token = make_signed(curve->header, payload, curve->alg, make_key(curve->alg)),
	     *dot = strrchr(token, '.');
	size_t len;

	*sig = make_bytes(dot + 1, &len);
	assert_int_equal(len, 2 * curve->len);
	*dot = 0;
	return token;
}

static BIGNUM *order_of(const struct curve *curve)
{
	BIGNUM *order = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(aa_private_key_pkey(make_key(curve->alg)),
					       OSSL_PKEY_PARAM_EC_ORDER, &order),
			 1);
	return order;
}

TEST(r_and_s_outside_one_to_n_minus_one_are_refused)
{
	for (size_t c = 0; c < 3; c++) {
		size_t n = curves[c].len;
		uint8_t *good, *sig = malloc(2 * n), edge[8][66];
		char *input = good_ecdsa(&curves[c], &good);
		BIGNUM *order = order_of(&curves[c]);

		/* 0, 1, n - 1, n, n + 1, all ones */
		memset(edge, 0, sizeof(edge));
		edge[1][n - 1] = 1;
		BN_sub_word(order, 1);
		for (int i = 2; i < 5; i++, BN_add_word(order, 1))
			assert_int_equal(BN_bn2binpad(order, edge[i], (int)n), (int)n);
		memset(edge[5], 0xff, n);
		assert_int_equal(check_signature(input, good, 2 * n, public_of(curves[c].alg)), AA_JOSE_OK);
		for (int r = -1; r < 6; r++) {
			for (int s = -1; s < 6; s++) {
				memcpy(sig, r < 0 ? good : edge[r], n);
				memcpy(sig + n, s < 0 ? good + n : edge[s], n);
				assert_int_equal(check_signature(input, sig, 2 * n, public_of(curves[c].alg)),
						 r < 0 && s < 0 ? AA_JOSE_OK : AA_JOSE_SIGNATURE);
			}
		}
		BN_free(order);
		free(input);
		free(good);
		free(sig);
	}
}

/* RFC 7518 knows no "low s": both of a pair are signatures. A number above n that is the same modulo n is
 * none. */
TEST(the_negative_of_s_verifies_and_s_plus_n_does_not)
{
	size_t n = 66;
	uint8_t *good, sig[132];
	char *input = good_ecdsa(&curves[2], &good);
	BIGNUM *order = order_of(&curves[2]), *s = BN_bin2bn(good + n, (int)n, NULL), *out = BN_new();

	memcpy(sig, good, n);
	BN_sub(out, order, s);
	BN_bn2binpad(out, sig + n, (int)n);
	assert_int_equal(check_signature(input, sig, 2 * n, public_of(AA_ALG_ES512)), AA_JOSE_OK);
	BN_add(out, order, s); /* P-521: 66 bytes have room for it */
	assert_int_equal(BN_bn2binpad(out, sig + n, (int)n), (int)n);
	assert_int_equal(check_signature(input, sig, 2 * n, public_of(AA_ALG_ES512)), AA_JOSE_SIGNATURE);
	BN_free(order);
	BN_free(s);
	BN_free(out);
	free(good);
	free(input);
}

TEST(an_ecdsa_signature_has_one_length)
{
	for (size_t c = 0; c < 3; c++) {
		size_t n = curves[c].len;
		uint8_t *good, *sig = calloc(1, 2 * n + 512);
		char *input = good_ecdsa(&curves[c], &good);
		const struct aa_key *key = public_of(curves[c].alg);

		memcpy(sig, good, 2 * n);
		assert_int_equal(check_signature(input, sig, 2 * n, key), AA_JOSE_OK);
		assert_int_equal(check_signature(input, sig, 2 * n - 1, key), AA_JOSE_SIGNATURE);
		assert_int_equal(check_signature(input, sig, n, key), AA_JOSE_SIGNATURE);
		assert_int_equal(check_signature(input, sig, 1, key), AA_JOSE_SIGNATURE);
		assert_int_equal(check_signature(input, sig, 2 * n + 1, key), AA_JOSE_SIGNATURE);
		assert_int_equal(check_signature(input, sig, 2 * n + 512, key), AA_JOSE_SIGNATURE);
		/* zeros before each half: the numbers are the same */
		memset(sig, 0, 2 * n + 2);
		memcpy(sig + 1, good, n);
		memcpy(sig + n + 2, good + n, n);
		assert_int_equal(check_signature(input, sig, 2 * n + 2, key), AA_JOSE_SIGNATURE);
		free(good);
		free(input);
		free(sig);
	}
}

TEST(an_ecdsa_signature_in_asn1_is_refused)
{
	for (size_t c = 0; c < 3; c++) {
		char *input = make_input(curves[c].header, payload);
		static const char *const md[] = {"SHA256", "SHA384", "SHA512"};
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		uint8_t der[160];
		size_t len = sizeof(der);

		assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, md[c], NULL, NULL,
						       aa_private_key_pkey(make_key(curves[c].alg)), NULL),
				 1);
		assert_int_equal(EVP_DigestSign(ctx, der, &len, (const uint8_t *)input, strlen(input)), 1);
		assert_int_equal(check_signature(input, der, len, public_of(curves[c].alg)),
				 AA_JOSE_SIGNATURE);
		EVP_MD_CTX_free(ctx);
		free(input);
	}
}

/* r and s with zeros before them, or with their top bit set, take other lengths in ASN.1: all must be put
 * together well. */
TEST(many_good_ecdsa_signatures_verify)
{
	for (size_t c = 0; c < 3; c++) {
		for (int i = 0; i < (c == 0 ? 600 : 100); i++) {
			char text[32], *token;

			snprintf(text, sizeof(text), "%d", i);
			token = make_signed(curves[c].header, text, curves[c].alg, make_key(curves[c].alg));
			assert_int_equal(check_token(token, public_of(curves[c].alg)), AA_JOSE_OK);
			free(token);
		}
	}
}

/* ---- for nobody ------------------------------------------------------------ */

TEST(verifying_for_nobody_works_on_every_algorithm_and_length)
{
	for (int alg = AA_ALG_RS256; alg < AA_ALG_COUNT; alg++) {
		for (size_t len = 1; len <= 4096; len = len * 2 + 1) {
			char header[64], *input, *token;
			uint8_t *sig = malloc(len);
			struct aa_jws *jws = NULL;

			memset(sig, 1, len);
			snprintf(header, sizeof(header), "{\"alg\":\"%s\"}", aa_alg_name((enum aa_alg)alg));
			input = make_input(header, payload);
			token = make_token(input, sig, len);
			assert_int_equal(aa_jws_parse(token, strlen(token), AA_JWS_MAX, &jws), AA_JOSE_OK);
			aa_jws_verify_nothing(jws);
			aa_jws_free(jws);
			free(sig);
			free(input);
			free(token);
		}
	}
}
