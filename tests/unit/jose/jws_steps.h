/* SPDX-License-Identifier: Apache-2.0 */
/* jws_steps.h: signatures of which one number is the test's. */
#ifndef AGENTAUTH_TESTS_JWS_STEPS_H
#define AGENTAUTH_TESTS_JWS_STEPS_H

#include <openssl/rsa.h>

#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

static const char payload[] = "{\"iss\":\"a\"}";

const struct aa_key *public_of(enum aa_alg alg);
enum aa_jose_err check_signature(const char *input, const uint8_t *sig, size_t len, const struct aa_key *key);

#define RSA_LEN 256

/* 00 01 FF…FF 00 body */
void pkcs1_block(uint8_t block[RSA_LEN], const uint8_t *body, size_t len);
enum aa_jose_err check_block(const char *input, const uint8_t block[RSA_LEN]);
enum aa_jose_err check_body(const char *input, const uint8_t *body, size_t len);
enum aa_jose_err check_pss(const char *header, const char *md, const char *mgf1, const char *salt);

#endif
