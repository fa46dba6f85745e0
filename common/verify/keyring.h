/* SPDX-License-Identifier: Apache-2.0 */
/* keyring.h: finding the one key that a credential names. For verify's own files. */
#ifndef AGENTAUTH_VERIFY_KEYRING_H
#define AGENTAUTH_VERIFY_KEYRING_H

#include "common/jose/jws.h"
#include "common/jose/key.h"
#include "common/verify/policy.h"
#include "common/verify/verdict.h"

#define AA_KEYSET_FILE_MAX (1024 * 1024)

/* The key of the agent's record that the header names; with no kid, its only active key. AA_UNKNOWN_KEY, AA_KEY_EXPIRED.
 * *ret_kid is borrowed from the agent. The caller frees *ret. */
enum aa_reason aa_keyring_agent(const struct aa_agent *agent, const struct aa_jws *jws, int64_t now,
				struct aa_key **ret, const char **ret_kid);

/* Whether the set is of this issuer: a fetched one says of which URL it is, since another issuer may come to have the
 * name. Sets that earlier versions fetched do not say it. */
bool aa_keyring_is_of(const struct aa_issuer *issuer, const json_t *set);

/* The key of the issuer's set, which lies in its keys_file or in KEYSDIR/NAME. AA_KEYS_STALE: the set is missing,
 * unreadable, another issuer's, or was fetched longer ago than jwks_max_age. AA_UNKNOWN_KEY: it has no such key, or two. */
enum aa_reason aa_keyring_issuer(const struct aa_issuer *issuer, const struct aa_login *login,
				 const struct aa_jws *jws, struct aa_key **ret);

#endif
