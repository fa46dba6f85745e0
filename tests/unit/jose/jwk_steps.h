/* SPDX-License-Identifier: Apache-2.0 */
/* jwk_steps.h: keys bent in one member. */
#ifndef AGENTAUTH_TESTS_JWK_STEPS_H
#define AGENTAUTH_TESTS_JWK_STEPS_H

#include <openssl/pkcs12.h>

#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

enum aa_jose_err load(const json_t *jwk);
enum aa_jose_err load_with_bytes(enum aa_alg alg, const char *name, const uint8_t *bytes, size_t len);

static const enum aa_alg kinds[] = {AA_ALG_RS256, AA_ALG_ES256, AA_ALG_ES384, AA_ALG_ES512, AA_ALG_EDDSA};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

enum aa_jose_err load_ed25519(const char *hex);
enum aa_jose_err load_any(const char *text);

#endif
