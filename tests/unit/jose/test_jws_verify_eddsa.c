/* SPDX-License-Identifier: Apache-2.0 */
/* test_jws_verify_eddsa.c: Ed25519 signatures have one spelling. */
#include <stdlib.h>

#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "tests/unit/jose/jws_steps.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

/* L, little endian: RFC 8032 section 5.1 */
static const uint8_t ed25519_order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
					  0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,	  0,	0,    0,
					  0,	0,    0,    0,	  0,	0,    0,    0,	  0,	0x10};

TEST(an_ed25519_s_is_below_the_order)
{
	char *token = make_signed("{\"alg\":\"EdDSA\"}", payload, AA_ALG_EDDSA, make_key(AA_ALG_EDDSA)),
	     *dot = strrchr(token, '.');
	unsigned carry = 0;
	uint8_t *sig;
	size_t len;

	sig = make_bytes(dot + 1, &len);
	*dot = 0;
	assert_int_equal(len, 64);
	assert_int_equal(check_signature(token, sig, 64, public_of(AA_ALG_EDDSA)), AA_JOSE_OK);
	assert_int_equal(check_signature(token, sig, 63, public_of(AA_ALG_EDDSA)), AA_JOSE_SIGNATURE);
	for (size_t i = 0; i < 32; i++) { /* S + L: the same modulo L */
		carry += (unsigned)sig[32 + i] + ed25519_order[i];
		sig[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_int_equal(carry, 0);
	assert_int_equal(check_signature(token, sig, 64, public_of(AA_ALG_EDDSA)), AA_JOSE_SIGNATURE);
	memset(sig + 32, 0, 32);
	assert_int_equal(check_signature(token, sig, 64, public_of(AA_ALG_EDDSA)), AA_JOSE_SIGNATURE);
	memset(sig, 0, 64);
	assert_int_equal(check_signature(token, sig, 64, public_of(AA_ALG_EDDSA)), AA_JOSE_SIGNATURE);
	free(sig);
	free(token);
}

TEST(no_bit_of_an_ed25519_signature_can_be_changed)
{
	char *token = make_signed("{\"alg\":\"EdDSA\"}", payload, AA_ALG_EDDSA, make_key(AA_ALG_EDDSA)),
	     *dot = strrchr(token, '.');
	uint8_t *sig;
	size_t len;

	sig = make_bytes(dot + 1, &len);
	*dot = 0;
	for (size_t bit = 0; bit < 8 * len; bit++) {
		sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(check_signature(token, sig, len, public_of(AA_ALG_EDDSA)),
				 AA_JOSE_SIGNATURE);
		sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(check_signature(token, sig, len, public_of(AA_ALG_EDDSA)), AA_JOSE_OK);
	free(sig);
	free(token);
}

/* Why keys of small order are refused: OpenSSL says yes to this, for any message. */
TEST(openssl_takes_a_signature_under_the_identity_that_nobody_made)
{
	uint8_t identity[32] = {1}, sig[64] = {1};
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, identity, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct aa_key *key = NULL;
	json_t *jwk = make_json(
	    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}");

	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey), 1);
	assert_int_equal(EVP_DigestVerify(ctx, sig, 64, (const uint8_t *)"any message", 11), 1);
	assert_int_equal(aa_key_from_jwk(jwk, &key), AA_JOSE_KEY_WEAK);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	json_decref(jwk);
}
