/* SPDX-License-Identifier: Apache-2.0 */
/* jws_sign.h: writes a compact JWS, for the agent's side and the tests. */
#ifndef AGENTAUTH_JOSE_JWS_SIGN_H
#define AGENTAUTH_JOSE_JWS_SIGN_H

#include <jansson.h>
#include <openssl/evp.h>

#include "common/jose/jose.h"
#include "common/jose/key_private.h"

/* Signs: `header` gets alg; *ret is the compact serialization, from malloc(). */
enum aa_jose_err aa_jws_sign(const json_t *header, const void *payload, size_t payload_len, enum aa_alg alg,
			     const struct aa_private_key *key, char **ret);
/* Signs with OpenSSL's key, in a provider too, which was loaded into `libctx`; `pub` is its public half. OpenSSL's
 * errors are left for the caller to read. */
enum aa_jose_err aa_pkey_sign(EVP_PKEY *pkey, OSSL_LIB_CTX *libctx, const struct aa_key *pub, enum aa_alg alg,
			      const char *input, size_t len, struct aa_signature *ret);

#endif
