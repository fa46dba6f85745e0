/* SPDX-License-Identifier: Apache-2.0 */
/* key_private.h: private keys, for the agent's side and the tests: nothing that decides on a login uses them. */
#ifndef AGENTAUTH_JOSE_KEY_PRIVATE_H
#define AGENTAUTH_JOSE_KEY_PRIVATE_H

#include <openssl/evp.h>

#include "common/jose/jose.h"
#include "common/jose/key.h"

struct aa_private_key;
void aa_private_key_free(struct aa_private_key *key); /* wipes */
/* `alg` decides on kty, curve and hash; RSA keys have `rsa_bits` (0: 3072). */
enum aa_jose_err aa_private_key_generate(enum aa_alg alg, unsigned rsa_bits, struct aa_private_key **ret);
/* Reads PKCS#8 or traditional PEM and checks its strength. Encrypted, and `passphrase` NULL or another:
 * AA_JOSE_KEY_ENCRYPTED. */
enum aa_jose_err aa_private_key_from_pem(const char *pem, size_t len, const char *passphrase,
					 struct aa_private_key **ret);
/* Reads PKCS#12 in DER; errors as above, and AA_JOSE_CRYPTO where OpenSSL lacks its cipher. */
enum aa_jose_err aa_private_key_from_pkcs12(const char *bytes, size_t len, const char *passphrase,
					    struct aa_private_key **ret);
/* Writes PKCS#8 in PEM. *ret is from malloc(); the caller wipes it. */
enum aa_jose_err aa_private_key_to_pem(const struct aa_private_key *key, char **ret, size_t *ret_len);
/* Does the same, encrypted with a passphrase; NULL: as it is. */
enum aa_jose_err aa_private_key_to_locked_pem(const struct aa_private_key *key, const char *passphrase,
					      char **ret, size_t *ret_len);
const struct aa_key *aa_private_key_public(const struct aa_private_key *key); /* borrowed */
/* The numbers are borrowed. NULL where they are elsewhere, and a signer signs. */
EVP_PKEY *aa_private_key_pkey(const struct aa_private_key *key);

/* A signature as it stands in a JWS (RFC 7518 section 3), from malloc(). */
struct aa_signature {
	uint8_t *bytes;
	size_t len;
};
/* A signer holds private numbers that are not at hand: an agent, a token, a TPM. */
struct aa_signer {
	/* AA_JOSE_SIGNER: the signer refused, and has said why. */
	enum aa_jose_err (*sign)(void *data, enum aa_alg alg, const char *input, size_t len,
				 struct aa_signature *ret);
	void (*free)(void *data);
};
/* Makes the private half of `pub`, in the signer's hands. Takes `pub` and `data`, unless it fails. */
enum aa_jose_err aa_private_key_by_signer(struct aa_key *pub, const struct aa_signer *signer, void *data,
					  struct aa_private_key **ret);

#endif
