/* SPDX-License-Identifier: Apache-2.0 */
/* jose.c: the names of errors and algorithms. */
#include "common/jose/jose.h"

#include <string.h>

const char *aa_jose_strerror(enum aa_jose_err err)
{
	switch (err) {
	case AA_JOSE_OK:
		return "nothing is wrong";
	case AA_JOSE_NOMEM:
		return "memory is out";
	case AA_JOSE_OVERSIZE:
		return "the token is longer than is accepted";
	case AA_JOSE_MALFORMED:
		return "not a signed token: that is three parts of base64url without padding, the first a "
		       "JSON object with no member twice and neither \"crit\" nor \"b64\"";
	case AA_JOSE_ALG:
		return "the token's algorithm is missing, not accepted, or not one that the key is for";
	case AA_JOSE_KEY_WEAK:
		return "the key is too weak: RSA below 2048 bits or with a bad exponent, or a point that is "
		       "not safe on its curve";
	case AA_JOSE_KEY_UNFIT:
		return "the key is not for verifying signatures, or its type or curve is not supported";
	case AA_JOSE_KEY_PRIVATE:
		return "this is a private or secret key where a public key belongs";
	case AA_JOSE_KEY_LENGTH:
		return "a coordinate of the key (x, y) has not the full length of its curve: 32, 48 or 66 "
		       "bytes of "
		       "P-256, P-384 or P-521 with the zeros in front, and 32 of Ed25519";
	case AA_JOSE_KEY_MALFORMED:
		return "this cannot be read as a key";
	case AA_JOSE_KEY_ENCRYPTED:
		return "the key is encrypted, and its passphrase is missing or wrong";
	case AA_JOSE_NO_KEY:
		return "no key, or more than one, answers to the token's key id";
	case AA_JOSE_SIGNATURE:
		return "the signature does not match the token and the key";
	case AA_JOSE_SIGNER:
		return "what holds the private key would not sign";
	case AA_JOSE_ALG_OFF:
		return "this host's OpenSSL does not offer the key's algorithm, as in FIPS mode";
	case AA_JOSE_CRYPTO:
		return "the cryptographic library failed";
	}
	return "unknown error";
}

static const char *const alg_names[AA_ALG_COUNT] = {
    [AA_ALG_RS256] = "RS256", [AA_ALG_RS384] = "RS384",	    [AA_ALG_RS512] = "RS512",
    [AA_ALG_PS256] = "PS256", [AA_ALG_PS384] = "PS384",	    [AA_ALG_PS512] = "PS512",
    [AA_ALG_ES256] = "ES256", [AA_ALG_ES384] = "ES384",	    [AA_ALG_ES512] = "ES512",
    [AA_ALG_EDDSA] = "EdDSA", [AA_ALG_ED25519] = "Ed25519",
};

enum aa_alg aa_alg_from_name(const char *name)
{
	for (int i = AA_ALG_INVALID + 1; name && i < AA_ALG_COUNT; i++)
		if (strcmp(name, alg_names[i]) == 0)
			return (enum aa_alg)i;
	return AA_ALG_INVALID;
}

const char *aa_alg_name(enum aa_alg alg)
{
	if (alg <= AA_ALG_INVALID || alg >= AA_ALG_COUNT)
		return "invalid";
	return alg_names[alg];
}

bool aa_alg_same(enum aa_alg a, enum aa_alg b)
{
	return (a == AA_ALG_ED25519 ? AA_ALG_EDDSA : a) == (b == AA_ALG_ED25519 ? AA_ALG_EDDSA : b);
}
