/* SPDX-License-Identifier: Apache-2.0 */
/* key_private.c: private keys, for the agent's side and the tests: nothing that decides on a login uses them. */
#define _GNU_SOURCE /* memmem */

#include "common/jose/key_private.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/crypto.h"
#include "common/jose/curve.h"
#include "common/jose/key.h"
#include "common/jose/key_internal.h"
#include "common/jose/key_pem.h"

#define RSA_BITS_DEFAULT 3072

void aa_private_key_free(struct aa_private_key *key)
{
	if (!key)
		return;
	if (key->signer)
		key->signer->free(key->signer_data);
	EVP_PKEY_free(key->pkey); /* OpenSSL wipes the private numbers */
	aa_key_free(key->pub);
	free(key);
}

const struct aa_key *aa_private_key_public(const struct aa_private_key *key)
{
	return key->pub;
}

EVP_PKEY *aa_private_key_pkey(const struct aa_private_key *key)
{
	return key->pkey;
}

enum aa_jose_err aa_private_key_by_signer(struct aa_key *pub, const struct aa_signer *signer, void *data,
					  struct aa_private_key **ret)
{
	struct aa_private_key *key = calloc(1, sizeof(*key));

	if (!key)
		return AA_JOSE_NOMEM;
	key->pub = pub;
	key->signer = signer;
	key->signer_data = data;
	*ret = key;
	return AA_JOSE_OK;
}

/* A public key may have no other spelling of a point here. */
static void spell_point_in_full(EVP_PKEY *pkey)
{
	ERR_set_mark();
	(void)EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
					     "uncompressed");
	ERR_pop_to_mark();
}

/* Takes `pkey`, also when it fails. */
static enum aa_jose_err wrap(EVP_PKEY *pkey, struct aa_private_key **ret)
{
	struct aa_private_key *key = calloc(1, sizeof(*key));
	enum aa_jose_err err = AA_JOSE_NOMEM;

	if (!key) {
		EVP_PKEY_free(pkey);
		return err;
	}
	key->pkey = pkey;
	spell_point_in_full(pkey);
	err = aa_key_from_pkey(pkey, &key->pub);
	if (err != AA_JOSE_OK) {
		aa_private_key_free(key);
		return err;
	}
	*ret = key;
	return AA_JOSE_OK;
}

static EVP_PKEY *generate(enum aa_alg alg, unsigned rsa_bits)
{
	if (aa_alg_same(alg, AA_ALG_EDDSA))
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	for (size_t i = 0; i < AA_CURVE_COUNT; i++)
		if (aa_curves[i].alg == alg)
			return EVP_PKEY_Q_keygen(NULL, NULL, "EC", aa_curves[i].group);
	return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)rsa_bits);
}

enum aa_jose_err aa_private_key_generate(enum aa_alg alg, unsigned rsa_bits, struct aa_private_key **ret)
{
	EVP_PKEY *pkey;

	if (rsa_bits == 0)
		rsa_bits = RSA_BITS_DEFAULT;
	if (alg <= AA_ALG_INVALID || alg >= AA_ALG_COUNT)
		return AA_JOSE_ALG;
	if (rsa_bits < AA_RSA_BITS_MIN)
		return AA_JOSE_KEY_WEAK;
	if (rsa_bits > AA_RSA_BITS_MAX)
		return AA_JOSE_KEY_UNFIT;
	if (!aa_crypto_begin())
		return AA_JOSE_NOMEM;
	pkey = generate(alg, rsa_bits);
	return pkey ? wrap(pkey, ret) : AA_JOSE_CRYPTO;
}

/* Answers OpenSSL's callback, which would else ask at the terminal. */
static int give_passphrase(char *buf, int size, int writing, void *data)
{
	size_t len = data ? strlen(data) : 0;

	(void)writing;
	if (!data || size < 0 || len > (size_t)size)
		return -1;
	memcpy(buf, data, len);
	return (int)len;
}

enum aa_jose_err aa_private_key_from_pem(const char *pem, size_t len, const char *passphrase,
					 struct aa_private_key **ret)
{
	bool encrypted = memmem(pem, len, "ENCRYPTED", strlen("ENCRYPTED")) != NULL;
	EVP_PKEY *pkey;
	BIO *bio;

	if (encrypted && !passphrase)
		return AA_JOSE_KEY_ENCRYPTED;
	if (len > INT_MAX)
		return AA_JOSE_KEY_MALFORMED;
	bio = aa_crypto_begin() ? BIO_new_mem_buf(pem, (int)len) : NULL;
	if (!bio)
		return AA_JOSE_NOMEM;
	ERR_set_mark();
	pkey = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, (void *)(uintptr_t)passphrase);
	ERR_pop_to_mark();
	BIO_free(bio);
	if (!pkey)
		return encrypted ? AA_JOSE_KEY_ENCRYPTED : AA_JOSE_KEY_MALFORMED;
	return wrap(pkey, ret);
}

/* The MAC tells a wrong passphrase from a cipher that OpenSSL lacks; without a passphrase PKCS#12 has two ways to say so. */
static enum aa_jose_err open_pkcs12(PKCS12 *p12, const char *passphrase, EVP_PKEY **ret)
{
	bool opens = PKCS12_verify_mac(p12, passphrase, passphrase ? (int)strlen(passphrase) : 0) == 1 ||
		     (!passphrase && PKCS12_verify_mac(p12, "", 0) == 1);

	if (!opens)
		return AA_JOSE_KEY_ENCRYPTED;
	if (PKCS12_parse(p12, passphrase, ret, NULL, NULL) != 1)
		return AA_JOSE_CRYPTO;
	return *ret ? AA_JOSE_OK : AA_JOSE_KEY_MALFORMED;
}

enum aa_jose_err aa_private_key_from_pkcs12(const char *bytes, size_t len, const char *passphrase,
					    struct aa_private_key **ret)
{
	const unsigned char *p = (const unsigned char *)bytes;
	enum aa_jose_err err = AA_JOSE_KEY_MALFORMED;
	EVP_PKEY *pkey = NULL;
	PKCS12 *p12;

	if (len > INT_MAX)
		return err;
	if (!aa_crypto_begin())
		return AA_JOSE_NOMEM;
	ERR_set_mark();
	p12 = d2i_PKCS12(NULL, &p, (long)len);
	if (p12)
		err = open_pkcs12(p12, passphrase, &pkey);
	PKCS12_free(p12);
	ERR_pop_to_mark();
	return err == AA_JOSE_OK ? wrap(pkey, ret) : err;
}

/* Encrypts by PBES2 with AES-256 (RFC 8018), where there is a passphrase. */
static bool write_pkcs8(BIO *bio, EVP_PKEY *pkey, const char *passphrase)
{
	return PEM_write_bio_PKCS8PrivateKey(bio, pkey, passphrase ? EVP_aes_256_cbc() : NULL, passphrase,
					     passphrase ? (int)strlen(passphrase) : 0, NULL, NULL) == 1;
}

enum aa_jose_err aa_private_key_to_pem(const struct aa_private_key *key, char **ret, size_t *ret_len)
{
	return aa_private_key_to_locked_pem(key, NULL, ret, ret_len);
}

enum aa_jose_err aa_private_key_to_locked_pem(const struct aa_private_key *key, const char *passphrase,
					      char **ret, size_t *ret_len)
{
	enum aa_jose_err err = AA_JOSE_NOMEM;
	char *text, *copy;
	long len;
	BIO *bio;

	if (!key->pkey)
		return AA_JOSE_KEY_UNFIT;
	bio = BIO_new(BIO_s_secmem());
	if (!bio)
		return err;
	err = AA_JOSE_CRYPTO;
	if (!write_pkcs8(bio, key->pkey, passphrase))
		goto out;
	len = BIO_get_mem_data(bio, &text);
	err = AA_JOSE_NOMEM;
	copy = len > 0 ? strndup(text, (size_t)len) : NULL;
	if (!copy)
		goto out;
	*ret = copy;
	*ret_len = (size_t)len;
	err = AA_JOSE_OK;
out:
	BIO_free(bio);
	return err;
}
