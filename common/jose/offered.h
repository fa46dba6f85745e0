/* SPDX-License-Identifier: Apache-2.0 */
/* offered.h: which algorithms this host's OpenSSL hands out.
 *
 * OpenSSL's own configuration decides, and no setting of ours: a host in FIPS mode has "fips=yes" among the default
 * properties, and every algorithm here is fetched with these, by name or implicitly, never around them (fips_module(7)).
 * What the FIPS provider lacks or marks "fips=no" (EdDSA, in those of OpenSSL 3.0 to 3.3) is off then, and all is off
 * where no such provider is loaded.
 */
#ifndef AGENTAUTH_JOSE_OFFERED_H
#define AGENTAUTH_JOSE_OFFERED_H

#include <openssl/evp.h>

#include "common/jose/jose.h"

/* Gives the hash that the algorithm names; NULL for EdDSA. */
const EVP_MD *aa_alg_md(enum aa_alg alg);
/* Says whether a signature of this algorithm can be verified here. False for AA_ALG_INVALID. */
bool aa_alg_is_offered(enum aa_alg alg);
/* Says whether OpenSSL is told to hand out FIPS algorithms alone. */
bool aa_fips_is_asked(void);

#endif
