/* SPDX-License-Identifier: Apache-2.0 */
/* keyring_steps.h: tokens of corp, whose set of keys the test writes. */
#ifndef AGENTAUTH_TESTS_KEYRING_STEPS_H
#define AGENTAUTH_TESTS_KEYRING_STEPS_H

#include <openssl/rsa.h>

#include "tests/unit/support/support_policy.h"
#include "tests/unit/support/test.h"

/* The reason for builder-7's assertion signed by test key n under this kid. */
enum aa_reason signed_by(const struct support_site *site, int64_t now, unsigned n, const char *kid);
/* The reason for corp's good token, RS256 by RSA key 0 under this kid, while this is the set. */
enum aa_reason token_with_set(const struct support_site *site, json_t *jwks, const char *kid);
/* A token by an RSA key of this size, whose public half is the set. */
enum aa_reason with_rsa_bits(const struct support_site *site, size_t bits);
enum aa_reason es_token_with_set(const struct support_site *site, json_t *jwks);
enum aa_reason okp_token(const struct support_site *site, const char *x);
enum aa_reason token_now(const struct support_site *site, int64_t now);
enum aa_reason with_file(const struct support_site *site, const void *bytes, size_t len);
enum aa_reason with_set_of(const struct support_site *site, json_t *issuer);

#endif
