/* SPDX-License-Identifier: Apache-2.0 */
/* key_numbers.h: private keys from the numbers that stand in files of other forms.
 *
 * Each function takes the public key over where it succeeds, which has been checked before, and fails
 * (AA_JOSE_KEY_MALFORMED) where a signature of the private half does not verify with the public one.
 */
#ifndef AGENTAUTH_JOSE_KEY_NUMBERS_H
#define AGENTAUTH_JOSE_KEY_NUMBERS_H

#include "common/jose/jose.h"
#include "common/jose/key.h"
#include "common/jose/key_private.h"

struct aa_number { /* big endian */
	const uint8_t *p;
	size_t n;
};
enum aa_jose_err aa_private_key_from_rsa(struct aa_key *pub, struct aa_number d, struct aa_number p,
					 struct aa_number q, struct aa_private_key **ret);
enum aa_jose_err aa_private_key_from_ec(struct aa_key *pub, struct aa_number d, struct aa_private_key **ret);
enum aa_jose_err aa_private_key_from_ed25519(struct aa_key *pub, struct aa_number seed,
					     struct aa_private_key **ret);

#endif
