/* SPDX-License-Identifier: Apache-2.0 */
/* test_private_key.c: private keys: the agent's side of the library. */
#include "common/jose/jws_sign.h"
#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>

#include <stdlib.h>

static enum aa_jose_err load(const char *pem, const char *passphrase)
{
	struct aa_private_key *key = NULL;
	enum aa_jose_err err = aa_private_key_from_pem(pem, strlen(pem), passphrase, &key);

	assert_true((err == AA_JOSE_OK) == (key != NULL));
	aa_private_key_free(key);
	return err;
}

static char *encrypted_pem(const struct aa_private_key *key, const char *passphrase)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, *copy;
	long len;

	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, aa_private_key_pkey(key), EVP_aes_256_cbc(),
						       passphrase, (int)strlen(passphrase), NULL, NULL),
			 1);
	len = BIO_get_mem_data(bio, &text);
	copy = strndup(text, (size_t)len);
	BIO_free(bio);
	return copy;
}

TEST(a_key_of_each_algorithm_comes_back_from_pem)
{
	for (int alg = AA_ALG_RS256; alg < AA_ALG_COUNT; alg++) {
		const struct aa_private_key *key = make_key((enum aa_alg)alg);
		struct aa_private_key *again = NULL;
		char *pem = NULL;
		size_t len;

		assert_true(aa_key_fits(aa_private_key_public(key), (enum aa_alg)alg));
		assert_int_equal(aa_private_key_to_pem(key, &pem, &len), AA_JOSE_OK);
		assert_int_equal(strlen(pem), len);
		assert_memory_equal(pem, "-----BEGIN PRIVATE KEY-----", 27);
		assert_int_equal(aa_private_key_from_pem(pem, len, NULL, &again), AA_JOSE_OK);
		assert_int_equal(EVP_PKEY_eq(aa_private_key_pkey(key), aa_private_key_pkey(again)), 1);
		aa_private_key_free(again);
		free(pem);
	}
}

TEST(what_each_algorithm_signs_its_public_key_verifies)
{
	json_t *header = json_pack("{s:s, s:s, s:s}", "typ", "JWT", "kid", "k", "alg", "none");

	for (int alg = AA_ALG_RS256; alg < AA_ALG_COUNT; alg++) {
		const struct aa_private_key *key = make_key((enum aa_alg)alg);
		char *token = NULL;

		assert_int_equal(aa_jws_sign(header, "a\0b", 3, (enum aa_alg)alg, key, &token), AA_JOSE_OK);
		assert_int_equal(check_token(token, aa_private_key_public(key)), AA_JOSE_OK);
		free(token);
	}
	assert_member(header, "alg", "none"); /* the caller's stays as it is */
	json_decref(header);
}

TEST(a_key_does_not_sign_with_another_kinds_algorithm)
{
	json_t *header = json_object();
	char *token = NULL;

	assert_int_equal(aa_jws_sign(header, "x", 1, AA_ALG_ES384, make_key(AA_ALG_ES256), &token),
			 AA_JOSE_ALG);
	assert_int_equal(aa_jws_sign(header, "x", 1, AA_ALG_RS256, make_key(AA_ALG_EDDSA), &token),
			 AA_JOSE_ALG);
	assert_int_equal(aa_jws_sign(header, "x", 1, AA_ALG_INVALID, make_key(AA_ALG_ES256), &token),
			 AA_JOSE_ALG);
	assert_null(token);
	json_decref(header);
}

TEST(an_encrypted_key_opens_with_its_passphrase_only)
{
	char *pem = encrypted_pem(make_key(AA_ALG_ES256), "correct horse");

	assert_int_equal(load(pem, "correct horse"), AA_JOSE_OK);
	assert_int_equal(load(pem, "wrong horse"), AA_JOSE_KEY_ENCRYPTED);
	assert_int_equal(load(pem, ""), AA_JOSE_KEY_ENCRYPTED);
	assert_int_equal(load(pem, NULL), AA_JOSE_KEY_ENCRYPTED);
	free(pem);
}

TEST(a_passphrase_for_a_key_in_the_clear_does_no_harm)
{
	char *pem = NULL;
	size_t len;

	assert_int_equal(aa_private_key_to_pem(make_key(AA_ALG_EDDSA), &pem, &len), AA_JOSE_OK);
	assert_int_equal(load(pem, "not needed"), AA_JOSE_OK);
	free(pem);
}

TEST(what_is_no_private_key_is_malformed)
{
	char *public = NULL;

	assert_int_equal(aa_key_to_pem(aa_private_key_public(make_key(AA_ALG_ES256)), &public), AA_JOSE_OK);
	assert_int_equal(load(public, NULL), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load("", NULL), AA_JOSE_KEY_MALFORMED);
	assert_int_equal(load("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", NULL),
			 AA_JOSE_KEY_MALFORMED);
	free(public);
}

static char *pem_of_new(const char *type, const char *group, size_t bits)
{
	EVP_PKEY *pkey = bits	 ? EVP_PKEY_Q_keygen(NULL, NULL, type, bits)
			 : group ? EVP_PKEY_Q_keygen(NULL, NULL, type, group)
				 : EVP_PKEY_Q_keygen(NULL, NULL, type);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, *copy;
	long len;

	assert_non_null(pkey);
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
	len = BIO_get_mem_data(bio, &text);
	copy = strndup(text, (size_t)len);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	return copy;
}

TEST(weak_keys_and_other_kinds_are_refused_when_loaded)
{
	char *rsa1024 = pem_of_new("RSA", NULL, 1024), *k256 = pem_of_new("EC", "secp256k1", 0),
	     *x25519 = pem_of_new("X25519", NULL, 0), *p256 = pem_of_new("EC", "P-256", 0);

	assert_int_equal(load(p256, NULL), AA_JOSE_OK);
	assert_int_equal(load(rsa1024, NULL), AA_JOSE_KEY_WEAK);
	assert_int_equal(load(k256, NULL), AA_JOSE_KEY_UNFIT);
	assert_int_equal(load(x25519, NULL), AA_JOSE_KEY_UNFIT);
	free(rsa1024);
	free(k256);
	free(x25519);
	free(p256);
}

/* Some programs write the point of an EC key in its short form, which no public key may have here. */
TEST(a_key_whose_point_is_written_short_is_the_same_key)
{
	EVP_PKEY *pkey = EVP_PKEY_dup(aa_private_key_pkey(make_key(AA_ALG_ES384)));
	struct aa_private_key *again = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem, want[44], got[44];
	uint8_t *der = NULL;
	long len;

	assert_int_equal(
	    EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"),
	    1);
	assert_in_range(i2d_PUBKEY(pkey, &der), 1, 90); /* 120 in full */
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
	len = BIO_get_mem_data(bio, &pem);
	assert_int_equal(aa_private_key_from_pem(pem, (size_t)len, NULL, &again), AA_JOSE_OK);
	assert_int_equal(aa_key_thumbprint(aa_private_key_public(again), got), AA_JOSE_OK);
	assert_int_equal(aa_key_thumbprint(aa_private_key_public(make_key(AA_ALG_ES384)), want), AA_JOSE_OK);
	assert_string_equal(got, want);
	aa_private_key_free(again);
	OPENSSL_free(der);
	EVP_PKEY_free(pkey);
	BIO_free(bio);
}

TEST(weak_keys_are_not_generated)
{
	struct aa_private_key *key = NULL;

	assert_int_equal(aa_private_key_generate(AA_ALG_RS256, 1024, &key), AA_JOSE_KEY_WEAK);
	assert_int_equal(aa_private_key_generate(AA_ALG_RS256, 16385, &key), AA_JOSE_KEY_UNFIT);
	assert_int_equal(aa_private_key_generate(AA_ALG_INVALID, 0, &key), AA_JOSE_ALG);
	assert_null(key);
}
