/* SPDX-License-Identifier: Apache-2.0 */
/* jwk_steps.c: see jwk_steps.h. */
#include <stdlib.h>

#include <openssl/pkcs12.h>

#include "common/jose/key.h"
#include "common/jose/key_any.h"
#include "common/jose/key_jwk.h"
#include "tests/unit/jose/jwk_steps.h"
#include "tests/unit/support/jose_make.h"
#include "tests/unit/support/test.h"

enum aa_jose_err load(const json_t *jwk)
{
	struct aa_key *key = NULL;
	enum aa_jose_err err = aa_key_from_jwk(jwk, &key);

	assert_true((err == AA_JOSE_OK) == (key != NULL));
	aa_key_free(key);
	return err;
}

enum aa_jose_err load_with_bytes(enum aa_alg alg, const char *name, const uint8_t *bytes, size_t len)
{
	char *text = aa_base64url_encode(bytes, len);
	json_t *jwk = make_jwk(alg);
	enum aa_jose_err err;

	json_object_set_new(jwk, name, json_string(text));
	err = load(jwk);
	json_decref(jwk);
	free(text);
	return err;
}

enum aa_jose_err load_ed25519(const char *hex)
{
	uint8_t raw[64];
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		const char two[] = {hex[2 * i], hex[2 * i + 1], 0};

		raw[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return load_with_bytes(AA_ALG_EDDSA, "x", raw, n);
}

enum aa_jose_err load_any(const char *text)
{
	struct aa_key *key = NULL;
	enum aa_jose_err err = aa_key_from_any(text, strlen(text), &key);

	aa_key_free(key);
	return err;
}
