/* SPDX-License-Identifier: Apache-2.0 */
/* jws_internal.h: what verifying and signing share. */
#ifndef AGENTAUTH_JOSE_JWS_INTERNAL_H
#define AGENTAUTH_JOSE_JWS_INTERNAL_H

#include <openssl/evp.h>

#include "common/jose/key_internal.h"

/* SEQUENCE of two INTEGERs, each with a sign byte. */
#define AA_ECDSA_DER_MAX (3 + 2 * (2 + 1 + AA_EC_LEN_MAX))

/* The hash that the algorithm names; NULL for EdDSA. */
const EVP_MD *aa_alg_md(enum aa_alg alg);
bool aa_alg_is_pss(enum aa_alg alg);

#endif
