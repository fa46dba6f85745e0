/* SPDX-License-Identifier: Apache-2.0 */
/* key.h: a public key, and which algorithms it is for. The forms of keys have files of their own: key_jwk, key_pem, key_ssh. */
#ifndef AGENTAUTH_JOSE_KEY_H
#define AGENTAUTH_JOSE_KEY_H

#include <openssl/evp.h>

#include "common/jose/jose.h"

/* A public key that may verify: its strength was checked as THREATS 16 asks. It owns an EVP_PKEY. */
struct aa_key;
void aa_key_free(struct aa_key *key);

const char *aa_key_kid(const struct aa_key *key); /* NULL: the key has none */
EVP_PKEY *aa_key_pkey(const struct aa_key *key);  /* borrowed */
/* Says whether the key may be used with this algorithm: its kty and curve fit, and so does its own "alg", if it has
 * one. */
bool aa_key_fits(const struct aa_key *key, enum aa_alg alg);
/* Gives the entry for `alg` of two entries of a set that hold the same key under the same kid, as providers list a key
 * once for each of its algorithms. NULL: the entries hold two keys. */
const struct aa_key *aa_key_of_two(const struct aa_key *a, const struct aa_key *b, enum aa_alg alg);
/* Gives the algorithm to sign with by default: the JWK's own alg, else ES256/384/512 by curve, EdDSA, RS256. */
enum aa_alg aa_key_default_alg(const struct aa_key *key);

#endif
