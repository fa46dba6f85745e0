/* SPDX-License-Identifier: Apache-2.0 */
/* keyring.h: finds the one key that a credential names. For verify's own files. */
#ifndef AGENTAUTH_VERIFY_KEYRING_H
#define AGENTAUTH_VERIFY_KEYRING_H

#include "common/jose/jws.h"
#include "common/jose/key.h"
#include "common/verify/policy.h"
#include "common/verify/verdict.h"

#define AA_KEYSET_FILE_MAX (1024 * 1024)

/* Finds the key of the agent's record that the header names; without a kid, the agent's only active key.
 * AA_UNKNOWN_KEY, AA_KEY_EXPIRED. *ret_kid is borrowed from the agent. The caller frees *ret. */
enum aa_reason aa_keyring_agent(const struct aa_agent *agent, const struct aa_jws *jws, int64_t now,
				struct aa_key **ret, const char **ret_kid);

/* Says whether the set is of this issuer: a fetched set names its URL, since another issuer may come to have the
 * name. Sets that earlier versions fetched do not name one. */
bool aa_keyring_is_of(const struct aa_issuer *issuer, const json_t *set);

/* Finds the key in the issuer's set, which lies in its keys_file or in KEYSDIR/NAME. AA_KEYS_STALE: the set is
 * missing, unreadable, another issuer's, or was fetched longer ago than jwks_max_age. AA_UNKNOWN_KEY: the set has no
 * such key, or two. */
enum aa_reason aa_keyring_issuer(const struct aa_issuer *issuer, const struct aa_login *login,
				 const struct aa_jws *jws, struct aa_key **ret);

#endif
