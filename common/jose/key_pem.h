/* SPDX-License-Identifier: Apache-2.0 */
/* key_pem.h: public keys in PEM: SubjectPublicKeyInfo (RFC 7468 section 13, RFC 5280 section 4.1.2.7), PKCS#1 and certificates. */
#ifndef AGENTAUTH_JOSE_KEY_PEM_H
#define AGENTAUTH_JOSE_KEY_PEM_H

#include <openssl/evp.h>

#include "common/jose/jose.h"
#include "common/jose/key.h"

/* Reads PEM with one block alone: SubjectPublicKeyInfo ("BEGIN PUBLIC KEY"), PKCS#1 ("BEGIN RSA PUBLIC KEY") or the key of
 * a certificate ("BEGIN CERTIFICATE"), of which nothing else is looked at. A private key is AA_JOSE_KEY_PRIVATE, an
 * encrypted one AA_JOSE_KEY_ENCRYPTED, and nobody is ever prompted. */
enum aa_jose_err aa_key_from_pem(const char *pem, size_t len, struct aa_key **ret);
/* Writes SubjectPublicKeyInfo in PEM. *ret is from malloc(). */
enum aa_jose_err aa_key_to_pem(const struct aa_key *key, char **ret);
/* Reads the public half of an OpenSSL key, also where its numbers are in a provider: in a token, in a TPM. */
enum aa_jose_err aa_key_from_pkey(const EVP_PKEY *pkey, struct aa_key **ret);

/* Decodes a text that is this one block. *ret is from malloc(); the caller wipes a private key's. */
enum aa_jose_err aa_pem_decode(const char *pem, size_t len, const char *begin, const char *end, uint8_t **ret,
			       size_t *ret_len);

#endif
