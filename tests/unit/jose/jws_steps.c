/* SPDX-License-Identifier: Apache-2.0 */
/* jws_steps.c: see jws_steps.h. */
#include <stdlib.h>

#include <openssl/rsa.h>

#include "common/jose/key.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "tests/unit/jose/jws_steps.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

const struct aa_key *public_of(enum aa_alg alg)
{
	return aa_private_key_public(make_key(alg));
}

enum aa_jose_err check_signature(const char *input, const uint8_t *sig, size_t len, const struct aa_key *key)
{
	char *token = make_token(input, sig, len);
	enum aa_jose_err err = check_token(token, key);

	free(token);
	return err;
}

/* The private key's bare operation on a block. */
static void rsa_raw(EVP_PKEY *pkey, const uint8_t block[RSA_LEN], uint8_t sig[RSA_LEN])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	size_t len = RSA_LEN;

	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_sign(ctx, sig, &len, block, RSA_LEN), 1);
	assert_int_equal(len, RSA_LEN);
	EVP_PKEY_CTX_free(ctx);
}

void pkcs1_block(uint8_t block[RSA_LEN], const uint8_t *body, size_t len)
{
	memset(block, 0xff, RSA_LEN);
	block[0] = 0;
	block[1] = 1;
	block[RSA_LEN - len - 1] = 0;
	memcpy(block + RSA_LEN - len, body, len);
}

enum aa_jose_err check_block(const char *input, const uint8_t block[RSA_LEN])
{
	uint8_t sig[RSA_LEN];

	rsa_raw(aa_private_key_pkey(make_key(AA_ALG_RS256)), block, sig);
	return check_signature(input, sig, RSA_LEN, public_of(AA_ALG_RS256));
}

enum aa_jose_err check_body(const char *input, const uint8_t *body, size_t len)
{
	uint8_t block[RSA_LEN];

	pkcs1_block(block, body, len);
	return check_block(input, block);
}

enum aa_jose_err check_pss(const char *header, const char *md, const char *mgf1, const char *salt)
{
	char *input = make_input(header, payload);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum aa_jose_err err;
	EVP_PKEY_CTX *pctx;
	uint8_t sig[RSA_LEN];
	size_t len = sizeof(sig);

	assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, md, NULL, NULL,
					       aa_private_key_pkey(make_key(AA_ALG_RS256)), NULL),
			 1);
	assert_int_equal(EVP_PKEY_CTX_ctrl_str(pctx, "rsa_padding_mode", "pss"), 1);
	assert_int_equal(EVP_PKEY_CTX_ctrl_str(pctx, "rsa_mgf1_md", mgf1), 1);
	assert_int_equal(EVP_PKEY_CTX_ctrl_str(pctx, "rsa_pss_saltlen", salt), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &len, (const uint8_t *)input, strlen(input)), 1);
	err = check_signature(input, sig, len, public_of(AA_ALG_PS256));
	EVP_MD_CTX_free(ctx);
	free(input);
	return err;
}
