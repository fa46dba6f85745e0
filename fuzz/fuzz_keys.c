/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_keys.c: any bytes as a JWK, a key set, a PEM or an SSH public key, as a private key in each form, and as what an
 * ssh-agent signs. Holds of every key that is taken: written as a JWK, a PEM and an SSH line and read again it is the same key, by
 * its thumbprint. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/jose/json.h"
#include "common/jose/key.h"
#include "common/jose/key_any.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_pem.h"
#include "common/jose/key_private.h"
#include "common/jose/key_ssh.h"
#include "common/jose/keyset.h"
#include "fuzz/fuzz.h"

static void is_key(const struct aa_key *key, const char *thumbprint)
{
	char again[44];

	FUZZ_HOLDS(aa_key_thumbprint(key, again) == AA_JOSE_OK && strcmp(thumbprint, again) == 0);
}

static void survives_writing(const struct aa_key *key)
{
	struct aa_key *other = NULL;
	json_t *jwk = aa_key_to_jwk(key);
	char *text = NULL, thumbprint[44];

	FUZZ_HOLDS(aa_key_thumbprint(key, thumbprint) == AA_JOSE_OK);
	FUZZ_HOLDS(jwk && aa_key_from_jwk(jwk, &other) == AA_JOSE_OK);
	is_key(other, thumbprint);
	aa_key_free(other);
	json_decref(jwk);

	FUZZ_HOLDS(aa_key_to_pem(key, &text) == AA_JOSE_OK);
	FUZZ_HOLDS(aa_key_from_pem(text, strlen(text), &other) == AA_JOSE_OK);
	is_key(other, thumbprint);
	aa_key_free(other);
	free(text);

	text = NULL;
	if (aa_key_to_ssh(key, &text) ==
	    AA_JOSE_OK) { /* SSH knows no P-384 of its own naming, but each of our kinds */
		FUZZ_HOLDS(aa_key_from_ssh(text, strlen(text), &other) == AA_JOSE_OK);
		is_key(other, thumbprint);
		aa_key_free(other);
		free(text);
	}
}

static void read_set(const uint8_t *data, size_t size)
{
	struct aa_keyset *set = NULL;
	json_t *json = NULL;

	if (aa_json_object(data, size, &json) != AA_JOSE_OK)
		return;
	if (aa_keyset_from_jwks(json, NULL, NULL, &set) == AA_JOSE_OK) {
		for (size_t i = 0; i < aa_keyset_count(set); i++) {
			const struct aa_key *found = NULL;

			if (aa_key_kid(aa_keyset_at(set, i)) &&
			    aa_keyset_find(set, aa_key_kid(aa_keyset_at(set, i)), AA_ALG_INVALID, &found) ==
				AA_JOSE_OK)
				FUZZ_HOLDS(aa_key_of_two(found, aa_keyset_at(set, i), AA_ALG_INVALID));
		}
		aa_keyset_free(set);
	}
	json_decref(json);
}

/* What an ssh-agent answers, as a signature of a key of each kind: its length is the one that a JWS has. */
static void read_signature(const uint8_t *data, size_t size)
{
	static const struct {
		enum aa_alg alg;
		size_t len;
	} kinds[] = {{AA_ALG_RS256, 256}, {AA_ALG_ES256, 64}, {AA_ALG_ES512, 132}, {AA_ALG_EDDSA, 64}};
	static struct aa_private_key *keys[4];

	for (size_t i = 0; i < 4; i++) {
		struct aa_signature sig = {0};

		FUZZ_HOLDS(keys[i] || aa_private_key_generate(kinds[i].alg, 2048, &keys[i]) == AA_JOSE_OK);
		if (aa_signature_from_ssh(aa_private_key_public(keys[i]), kinds[i].alg, data, size, &sig) ==
		    AA_JOSE_OK)
			FUZZ_HOLDS(sig.len == kinds[i].len);
		free(sig.bytes);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct aa_private_key *private = NULL;
	struct aa_key *key = NULL;

	if (size > 65536)
		return 0;
	if (aa_key_from_any((const char *)data, size, &key) == AA_JOSE_OK) {
		survives_writing(key);
		aa_key_free(key);
	}
	if (aa_private_key_from_any((const char *)data, size, "passphrase", &private) == AA_JOSE_OK) {
		survives_writing(aa_private_key_public(private));
		aa_private_key_free(private);
	}
	read_set(data, size);
	read_signature(data, size);
	return 0;
}
