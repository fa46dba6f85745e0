/* SPDX-License-Identifier: Apache-2.0 */
/* jose_make.h: keys and tokens for the tests of common/jose: good ones, and ones bent in one place. */
#ifndef TESTS_JOSE_MAKE_H
#define TESTS_JOSE_MAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include <string.h>

#include "common/jose/base64url.h"
#include "common/jose/key.h"
#include "common/jose/key_private.h"

/* One key of each kind for the whole test program: RSA keys are slow to make. `alg` chooses. */
const struct aa_private_key *make_key(enum aa_alg alg);

/* HEADER.PAYLOAD, encoded; from malloc(). */
char *make_input(const char *header, const char *payload);
/* input.SIGNATURE; from malloc(). Frees neither. */
char *make_token(const char *input, const void *sig, size_t sig_len);
/* A whole token whose header is exactly `header`, signed properly with `alg`. */
char *make_signed(const char *header, const char *payload, enum aa_alg alg, const struct aa_private_key *key);

json_t *make_json(const char *text); /* fails the test where it does not parse */
json_t *make_jwk(enum aa_alg alg);   /* the public JWK of make_key(alg) */
uint8_t *make_bytes(const char *base64url, size_t *ret_len);

/* What parsing and then verifying say. */
enum aa_jose_err check_token(const char *token, const struct aa_key *key);
enum aa_jose_err check_bytes(const char *token, size_t len, size_t max, const struct aa_key *key);
enum aa_jose_err parse_only(const char *token);

#endif
