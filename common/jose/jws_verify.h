/* SPDX-License-Identifier: Apache-2.0 */
/* jws_verify.h: whether a signature is a key's: RFC 7515 section 5.2, RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1. */
#ifndef AGENTAUTH_JOSE_JWS_VERIFY_H
#define AGENTAUTH_JOSE_JWS_VERIFY_H

#include <openssl/evp.h>

#include "common/jose/jose.h"
#include "common/jose/jws.h"
#include "common/jose/key.h"

/* Verifies the signature over the input by this key with the header's alg, which the key must fit. */
enum aa_jose_err aa_jws_verify(const struct aa_jws *jws, const struct aa_key *key);

/* Costs what aa_jws_verify() costs for this alg, with a key that nobody has, and answers nothing: for a principal
 * without such a key, so that time does not tell that there is none (THREATS 29). */
void aa_jws_verify_nothing(const struct aa_jws *jws);

bool aa_alg_is_pss(enum aa_alg alg);

#endif
