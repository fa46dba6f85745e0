/* SPDX-License-Identifier: Apache-2.0 */
/* test_jws_verify_rsa.c: RSA signatures whose padding, hash or salt is not exact. */
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "common/jose/key.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "tests/unit/jose/jws_steps.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

/* ---- RSA PKCS#1 v1.5 ------------------------------------------------------ */

static const uint8_t sha256_info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
				      0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

static void make_body(const char *input, uint8_t body[51])
{
	memcpy(body, sha256_info, sizeof(sha256_info));
	assert_int_equal(
	    EVP_Digest(input, strlen(input), body + sizeof(sha256_info), NULL, EVP_sha256(), NULL), 1);
}

TEST(no_byte_of_the_pkcs1_block_can_be_changed)
{
	char *input = make_input("{\"alg\":\"RS256\"}", payload);
	uint8_t body[51], block[RSA_LEN];

	make_body(input, body);
	pkcs1_block(block, body, sizeof(body));
	assert_int_equal(check_block(input, block), AA_JOSE_OK);
	for (size_t at = 1; at < RSA_LEN; at++) {
		static const uint8_t flips[] = {0x01, 0x80, 0xff};

		for (size_t i = 0; i < 3; i++) {
			block[at] ^= flips[i];
			assert_int_equal(check_block(input, block), AA_JOSE_SIGNATURE);
			block[at] ^= flips[i];
		}
	}
	assert_int_equal(check_block(input, block), AA_JOSE_OK);
	free(input);
}

TEST(other_encodings_of_the_same_digest_are_refused)
{
	char *input = make_input("{\"alg\":\"RS256\"}", payload);
	uint8_t body[51], bent[80];

	make_body(input, body);
	assert_int_equal(check_body(input, body, 51), AA_JOSE_OK);
	/* without the NULL parameters */
	memcpy(bent, body, 51);
	bent[1] -= 2;
	bent[3] -= 2;
	memmove(bent + 15, bent + 17, 34);
	assert_int_equal(check_body(input, bent, 49), AA_JOSE_SIGNATURE);
	/* the outer length in long form */
	bent[0] = 0x30;
	bent[1] = 0x81;
	memcpy(bent + 2, body + 1, 50);
	assert_int_equal(check_body(input, bent, 52), AA_JOSE_SIGNATURE);
	/* a byte behind the structure, and one inside it */
	memcpy(bent, body, 51);
	bent[51] = 0;
	assert_int_equal(check_body(input, bent, 52), AA_JOSE_SIGNATURE);
	bent[1]++;
	assert_int_equal(check_body(input, bent, 52), AA_JOSE_SIGNATURE);
	/* the hash alone */
	assert_int_equal(check_body(input, body + sizeof(sha256_info), 32), AA_JOSE_SIGNATURE);
	/* half of the hash */
	memcpy(bent, body, 51);
	bent[1] -= 16;
	bent[18] = 16;
	assert_int_equal(check_body(input, bent, 35), AA_JOSE_SIGNATURE);
	/* nothing */
	assert_int_equal(check_body(input, body, 0), AA_JOSE_SIGNATURE);
	free(input);
}

TEST(short_padding_with_garbage_behind_the_digest_is_refused)
{
	char *input = make_input("{\"alg\":\"RS256\"}", payload);
	uint8_t body[51], block[RSA_LEN];

	make_body(input, body);
	for (size_t pad = 0; pad <= 194; pad++) {
		memset(block, 0x5a, sizeof(block));
		block[0] = 0;
		block[1] = 1;
		memset(block + 2, 0xff, pad);
		block[2 + pad] = 0;
		memcpy(block + 3 + pad, body, sizeof(body));
		assert_int_equal(check_block(input, block), AA_JOSE_SIGNATURE);
	}
	free(input);
}

static struct aa_private_key *key_with_exponent_3(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	struct aa_private_key *key = NULL;
	BIGNUM *three = BN_new();
	EVP_PKEY *pkey = NULL;
	char *pem;
	BIO *bio = BIO_new(BIO_s_mem());
	long len;

	BN_set_word(three, 3);
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 8 * RSA_LEN), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, three), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &pkey), 1);
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
	len = BIO_get_mem_data(bio, &pem);
	assert_int_equal(aa_private_key_from_pem(pem, (size_t)len, NULL, &key), AA_JOSE_OK);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	EVP_PKEY_CTX_free(ctx);
	BN_free(three);
	return key;
}

/* The largest number whose cube is at most `n`, bit by bit. */
static BIGNUM *cube_root(const BIGNUM *n)
{
	BIGNUM *root = BN_new(), *cube = BN_new();
	BN_CTX *ctx = BN_CTX_new();

	BN_zero(root);
	for (int bit = BN_num_bits(n) / 3 + 1; bit >= 0; bit--) {
		BN_set_bit(root, bit);
		BN_sqr(cube, root, ctx);
		BN_mul(cube, cube, root, ctx);
		if (BN_cmp(cube, n) > 0)
			BN_clear_bit(root, bit);
	}
	BN_free(cube);
	BN_CTX_free(ctx);
	return root;
}

/* Bleichenbacher 2006: without the private key, a number whose cube begins as a signature's block does. */
TEST(a_cube_root_is_no_signature_for_exponent_three)
{
	struct aa_private_key *key = key_with_exponent_3();
	char *input = make_input("{\"alg\":\"RS256\"}", payload), *token;
	uint8_t block[RSA_LEN], sig[RSA_LEN], body[51], cube_bytes[RSA_LEN];
	BIGNUM *want, *root, *cube = BN_new();
	BN_CTX *ctx = BN_CTX_new();

	make_body(input, body);
	memset(block, 0xff, sizeof(block)); /* rounding down then stays above what is wanted */
	block[0] = 0;
	block[1] = 1;
	block[10] = 0;
	memcpy(block + 11, body, sizeof(body));
	want = BN_bin2bn(block, RSA_LEN, NULL);
	root = cube_root(want);
	BN_sqr(cube, root, ctx);
	BN_mul(cube, cube, root, ctx);
	assert_int_equal(BN_bn2binpad(cube, cube_bytes, RSA_LEN), RSA_LEN);
	assert_memory_equal(cube_bytes, block, 11 + sizeof(body)); /* the forgery is what it claims to be */
	assert_int_equal(BN_bn2binpad(root, sig, RSA_LEN), RSA_LEN);
	assert_int_equal(check_signature(input, sig, RSA_LEN, aa_private_key_public(key)), AA_JOSE_SIGNATURE);
	token = make_signed("{\"alg\":\"RS256\"}", payload, AA_ALG_RS256, key);
	assert_int_equal(check_token(token, aa_private_key_public(key)), AA_JOSE_OK);
	free(token);
	free(input);
	BN_free(want);
	BN_free(root);
	BN_free(cube);
	BN_CTX_free(ctx);
	aa_private_key_free(key);
}

TEST(an_rsa_signature_is_as_long_as_the_modulus)
{
	char *token = make_signed("{\"alg\":\"RS256\"}", payload, AA_ALG_RS256, make_key(AA_ALG_RS256)),
	     *dot = strrchr(token, '.');
	uint8_t *good, sig[RSA_LEN + 1] = {0};
	size_t len;

	good = make_bytes(dot + 1, &len);
	*dot = 0;
	memcpy(sig + 1, good, len);
	assert_int_equal(check_signature(token, sig + 1, RSA_LEN, public_of(AA_ALG_RS256)), AA_JOSE_OK);
	assert_int_equal(check_signature(token, sig, RSA_LEN + 1, public_of(AA_ALG_RS256)),
			 AA_JOSE_SIGNATURE);
	assert_int_equal(check_signature(token, sig + 1, RSA_LEN - 1, public_of(AA_ALG_RS256)),
			 AA_JOSE_SIGNATURE);
	/* 0, 1, and a number past the modulus */
	memset(sig, 0, sizeof(sig));
	assert_int_equal(check_signature(token, sig, RSA_LEN, public_of(AA_ALG_RS256)), AA_JOSE_SIGNATURE);
	sig[RSA_LEN - 1] = 1;
	assert_int_equal(check_signature(token, sig, RSA_LEN, public_of(AA_ALG_RS256)), AA_JOSE_SIGNATURE);
	memset(sig, 0xff, sizeof(sig));
	assert_int_equal(check_signature(token, sig, RSA_LEN, public_of(AA_ALG_RS256)), AA_JOSE_SIGNATURE);
	free(good);
	free(token);
}

/* ---- RSA PSS -------------------------------------------------------------- */

TEST(a_pss_salt_is_as_long_as_the_hash)
{
	static const char *const bad[] = {"0", "1", "20", "31", "33", "48", "64", "max"};

	assert_int_equal(check_pss("{\"alg\":\"PS256\"}", "SHA256", "SHA256", "32"), AA_JOSE_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(check_pss("{\"alg\":\"PS256\"}", "SHA256", "SHA256", bad[i]),
				 AA_JOSE_SIGNATURE);
	assert_int_equal(check_pss("{\"alg\":\"PS384\"}", "SHA384", "SHA384", "48"), AA_JOSE_OK);
	assert_int_equal(check_pss("{\"alg\":\"PS384\"}", "SHA384", "SHA384", "32"), AA_JOSE_SIGNATURE);
	assert_int_equal(check_pss("{\"alg\":\"PS512\"}", "SHA512", "SHA512", "64"), AA_JOSE_OK);
	assert_int_equal(check_pss("{\"alg\":\"PS512\"}", "SHA512", "SHA512", "0"), AA_JOSE_SIGNATURE);
}

TEST(the_hash_and_mask_of_pss_are_the_algorithms_own)
{
	assert_int_equal(check_pss("{\"alg\":\"PS256\"}", "SHA256", "SHA256", "32"), AA_JOSE_OK);
	assert_int_equal(check_pss("{\"alg\":\"PS256\"}", "SHA256", "SHA1", "32"), AA_JOSE_SIGNATURE);
	assert_int_equal(check_pss("{\"alg\":\"PS256\"}", "SHA256", "SHA512", "32"), AA_JOSE_SIGNATURE);
	assert_int_equal(check_pss("{\"alg\":\"PS256\"}", "SHA512", "SHA512", "32"), AA_JOSE_SIGNATURE);
}
