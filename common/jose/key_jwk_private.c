/* SPDX-License-Identifier: Apache-2.0 */
/* key_jwk_private.c: private keys as JWK: RFC 7517, RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2. */
#include "common/jose/key_jwk_private.h"

#include <openssl/crypto.h>

#include <stdlib.h>
#include <string.h>

#include "common/jose/json.h"
#include "common/jose/key.h"
#include "common/jose/key_internal.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_numbers.h"
#include "common/jose/key_private.h"

/* A private key's key_ops must say that it signs (RFC 7517 section 4.3). */
static bool signs(const json_t *jwk)
{
	const json_t *ops = json_object_get(jwk, "key_ops");
	const char *one;

	for (size_t i = 0; i < json_array_size(ops); i++) {
		one = json_string_value(json_array_get(ops, i));
		if (one && strcmp(one, "sign") == 0)
			return true;
	}
	return !ops;
}

/* Reads the public half by the one rule for public keys; kid and alg stay with it. */
static enum aa_jose_err read_public(const json_t *jwk, struct aa_key **ret)
{
	static const char *const private[] = {"d", "p", "q", "dp", "dq", "qi", "key_ops"};
	json_t *public = json_copy((json_t *)(uintptr_t)jwk);
	enum aa_jose_err err;

	if (!public)
		return AA_JOSE_NOMEM;
	for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++)
		json_object_del(public, private[i]);
	err = aa_key_from_jwk(public, ret); /* with "oth" or "k" in it still it is refused */
	json_decref(public);
	return err;
}

static void wipe(uint8_t *bytes, size_t len)
{
	if (bytes)
		OPENSSL_cleanse(bytes, len);
	free(bytes);
}

static enum aa_jose_err read_rsa(const json_t *jwk, struct aa_number d, struct aa_key *pub,
				 struct aa_private_key **ret)
{
	uint8_t *p = NULL, *q = NULL;
	size_t p_len = 0, q_len = 0;
	enum aa_jose_err err = aa_jwk_bytes(jwk, "p", &p, &p_len);

	if (err == AA_JOSE_OK)
		err = aa_jwk_bytes(jwk, "q", &q, &q_len);
	if (err == AA_JOSE_OK)
		err = aa_private_key_from_rsa(pub, d, (struct aa_number){p, p_len},
					      (struct aa_number){q, q_len}, ret);
	wipe(p, p_len);
	wipe(q, q_len);
	return err;
}

static enum aa_jose_err read_private(const json_t *jwk, struct aa_key *pub, struct aa_private_key **ret)
{
	struct aa_number number;
	uint8_t *d = NULL;
	size_t len = 0;
	enum aa_jose_err err = aa_jwk_bytes(jwk, "d", &d, &len);

	if (err != AA_JOSE_OK)
		return err;
	number = (struct aa_number){d, len};
	if (pub->kty == AA_KTY_RSA)
		err = read_rsa(jwk, number, pub, ret);
	else if (pub->kty == AA_KTY_EC)
		err = aa_private_key_from_ec(pub, number, ret);
	else
		err = aa_private_key_from_ed25519(pub, number, ret);
	wipe(d, len);
	return err;
}

enum aa_jose_err aa_private_key_from_jwk(const char *text, size_t len, struct aa_private_key **ret)
{
	struct aa_key *pub = NULL;
	json_t *jwk = NULL;
	enum aa_jose_err err = aa_json_object(text, len, &jwk);

	if (err != AA_JOSE_OK)
		return err == AA_JOSE_NOMEM ? err : AA_JOSE_KEY_MALFORMED;
	err = signs(jwk) ? read_public(jwk, &pub) : AA_JOSE_KEY_UNFIT;
	if (err == AA_JOSE_OK) {
		err = read_private(jwk, pub, ret);
		if (err != AA_JOSE_OK)
			aa_key_free(pub);
	}
	json_decref(jwk);
	return err;
}
