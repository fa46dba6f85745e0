/* SPDX-License-Identifier: Apache-2.0 */
/* key.h: public keys: JWK, JWKS, PEM and SSH forms; private keys for signing. */
#ifndef AGENTAUTH_JOSE_KEY_H
#define AGENTAUTH_JOSE_KEY_H

#include <jansson.h>
#include <openssl/evp.h>

#include "common/jose/jose.h"

struct aa_key; /* one public key that may verify, checked as THREATS 16 asks; owns an EVP_PKEY */
void aa_key_free(struct aa_key *key);

const char *aa_key_kid(const struct aa_key *key); /* NULL: it has none */
/* Whether the key may be used with this algorithm: its kty and curve fit, and so does its own "alg", if it
 * has one. */
bool aa_key_fits(const struct aa_key *key, enum aa_alg alg);
/* Of two entries of a set that answer to one token: the one for `alg`, where both are the same key under the same
 * kid, as providers list a key once for each of its algorithms. NULL: they are two keys. */
const struct aa_key *aa_key_of_two(const struct aa_key *a, const struct aa_key *b, enum aa_alg alg);
EVP_PKEY *aa_key_pkey(const struct aa_key *key); /* borrowed */
/* The algorithm to sign with by default: ES256/384/512 by curve, EdDSA, RS256; the JWK's own alg where it
 * names one. */
enum aa_alg aa_key_default_alg(const struct aa_key *key);

/* A public JWK, RFC 7517, RFC 7518 section 6, RFC 8037 section 2. */
enum aa_jose_err aa_key_from_jwk(const json_t *jwk, struct aa_key **ret);
/* PEM with one block alone: SubjectPublicKeyInfo ("BEGIN PUBLIC KEY"), PKCS#1 ("BEGIN RSA PUBLIC KEY") or the key of a
 * certificate ("BEGIN CERTIFICATE"), of which nothing else is looked at. A private key is AA_JOSE_KEY_PRIVATE, an
 * encrypted one AA_JOSE_KEY_ENCRYPTED, and nobody is ever prompted. */
enum aa_jose_err aa_key_from_pem(const char *pem, size_t len, struct aa_key **ret);
/* An OpenSSH public key line, "TYPE BASE64 [comment]" (RFC 4253 section 6.6, RFC 5656, RFC 8709). */
enum aa_jose_err aa_key_from_ssh(const char *line, size_t len, struct aa_key **ret);
/* The BASE64 of such a line, decoded. */
enum aa_jose_err aa_key_from_ssh_blob(const uint8_t *blob, size_t len, struct aa_key **ret);
/* Whatever of JWK, JWKS with one usable key, PEM or SSH line the bytes are. A private half anywhere in them is refused,
 * in whichever form. */
enum aa_jose_err aa_key_from_any(const char *text, size_t len, struct aa_key **ret);
/* The public half of what OpenSSL holds, also where its numbers are in a provider: in a token, in a TPM. */
enum aa_jose_err aa_key_from_pkey(const EVP_PKEY *pkey, struct aa_key **ret);
/* In which form the bytes hold a private or secret key; NULL: in none that is known. */
struct aa_private_form {
	const char *name; /* "OpenSSH's format" */
	/* the command that writes the public half of the file KEY; NULL: there is no such half */
	const char *public;
};
const struct aa_private_form *aa_private_form(const char *bytes, size_t len);

/* The public JWK: the required members of RFC 7638 and no others. A new reference, NULL: memory is out. */
json_t *aa_key_to_jwk(const struct aa_key *key);
/* SubjectPublicKeyInfo PEM, from malloc(). */
enum aa_jose_err aa_key_to_pem(const struct aa_key *key, char **ret);
/* "TYPE BASE64" as sshd writes it, from malloc(). */
enum aa_jose_err aa_key_to_ssh(const struct aa_key *key, char **ret);
/* RFC 7638, SHA-256, base64url: 43 characters and a zero. */
enum aa_jose_err aa_key_thumbprint(const struct aa_key *key, char ret[44]);

/* A set: keys that cannot be used are skipped, not an error, and told by reason (the tools report them). */
struct aa_keyset;
void aa_keyset_free(struct aa_keyset *set);
enum aa_jose_err aa_keyset_new(struct aa_keyset **ret);
/* The set takes the key, unless it fails: then it stays the caller's. `kid` NULL: the key's own. */
enum aa_jose_err aa_keyset_add(struct aa_keyset *set, struct aa_key *key, const char *kid);
typedef void aa_keyset_skipped_fn(void *data, size_t index, const char *kid, enum aa_jose_err why);
/* {"keys": [...]}, RFC 7517 section 5. `skipped` may be NULL. */
enum aa_jose_err aa_keyset_from_jwks(const json_t *jwks, aa_keyset_skipped_fn *skipped, void *data,
				     struct aa_keyset **ret);
size_t aa_keyset_count(const struct aa_keyset *set);
const struct aa_key *aa_keyset_at(const struct aa_keyset *set, size_t i);
/* The one key of this kid, in its entry for `alg` where it has several. kid NULL: the only key of the set. Two
 * usable keys of one kid, or none: AA_JOSE_NO_KEY. */
enum aa_jose_err aa_keyset_find(const struct aa_keyset *set, const char *kid, enum aa_alg alg,
				const struct aa_key **ret);

/* ---- the agent's side -------------------------------------------------- */
struct aa_private_key;
void aa_private_key_free(struct aa_private_key *key); /* wipes */
/* alg names kty, curve and size; RSA keys have `rsa_bits` (0: 3072). */
enum aa_jose_err aa_private_key_generate(enum aa_alg alg, unsigned rsa_bits, struct aa_private_key **ret);
/* PKCS#8 or traditional PEM; where it is encrypted and `passphrase` is NULL or another:
 * AA_JOSE_KEY_ENCRYPTED. Strength is checked. */
enum aa_jose_err aa_private_key_from_pem(const char *pem, size_t len, const char *passphrase,
					 struct aa_private_key **ret);
/* PEM as above, OpenSSH's format, a private JWK (whose kid and alg stay with the public half) or PKCS#12. OpenSSH's with
 * a passphrase is AA_JOSE_KEY_ENCRYPTED whatever `passphrase` is; PKCS#12 that opens and has a cipher that OpenSSL has not
 * is AA_JOSE_CRYPTO. */
enum aa_jose_err aa_private_key_from_any(const char *bytes, size_t len, const char *passphrase,
					 struct aa_private_key **ret);
/* PKCS#8 in PEM, from malloc(); wipe it. */
enum aa_jose_err aa_private_key_to_pem(const struct aa_private_key *key, char **ret, size_t *ret_len);
const struct aa_key *aa_private_key_public(const struct aa_private_key *key); /* borrowed */
/* Borrowed. NULL where the numbers are elsewhere, and a signer signs. */
EVP_PKEY *aa_private_key_pkey(const struct aa_private_key *key);

/* A signature as it stands in a JWS (RFC 7518 section 3), from malloc(). */
struct aa_signature {
	uint8_t *bytes;
	size_t len;
};
/* What signs where the private numbers are not at hand: an agent, a token, a TPM. */
struct aa_signer {
	/* AA_JOSE_SIGNER: it would not, and has said why. */
	enum aa_jose_err (*sign)(void *data, enum aa_alg alg, const char *input, size_t len,
				 struct aa_signature *ret);
	void (*free)(void *data);
};
/* The private half of `pub`, in somebody else's hands. Takes `pub` and `data`, unless it fails. */
enum aa_jose_err aa_private_key_by_signer(struct aa_key *pub, const struct aa_signer *signer, void *data,
					  struct aa_private_key **ret);
/* Signs with what OpenSSL holds, in a provider too, which was loaded into `libctx`; `pub` is its public half. OpenSSL's
 * errors are left for the caller to read. */
enum aa_jose_err aa_pkey_sign(EVP_PKEY *pkey, OSSL_LIB_CTX *libctx, const struct aa_key *pub, enum aa_alg alg,
			      const char *input, size_t len, struct aa_signature *ret);
/* What an SSH agent signed (RFC 8332 section 3, RFC 5656 section 3.1.2, RFC 8709 section 6) with `pub`. */
enum aa_jose_err aa_signature_from_ssh(const struct aa_key *pub, enum aa_alg alg, const uint8_t *blob,
				       size_t len, struct aa_signature *ret);

#endif
