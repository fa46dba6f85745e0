/* SPDX-License-Identifier: Apache-2.0 */
/* jose.h: the error enum and the algorithms of common/jose.
 *
 * common/jose knows JWS (RFC 7515), JWK (RFC 7517, 7638, 8037) and JWA (RFC 7518), OpenSSL and jansson, and nothing
 * of agentauth. It never logs. It keeps no state but the parameters of the three curves, which are set up once and do
 * not change (curve.c). Every function that can fail answers an enum aa_jose_err; outputs through ret_… pointers stay
 * untouched on failure. OpenSSL's error queue is left as it was.
 */
#ifndef AGENTAUTH_JOSE_H
#define AGENTAUTH_JOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AA_JWS_MAX 16384     /* bytes of a compact serialization that login accepts */
#define AA_JSON_DEPTH_MAX 16 /* nesting of objects and arrays */

enum aa_jose_err {
	AA_JOSE_OK = 0,
	AA_JOSE_NOMEM,
	AA_JOSE_OVERSIZE,      /* longer than the cap */
	AA_JOSE_MALFORMED,     /* not a compact JWS, not canonical base64url, not strict JSON, crit, b64 */
	AA_JOSE_ALG,	       /* alg missing, none, HS*, unknown, or not one that the key is for */
	AA_JOSE_KEY_WEAK,      /* RSA < 2048 bits or e < 3, point off the curve or of small order */
	AA_JOSE_KEY_UNFIT,     /* use or key_ops say that it does not verify; unknown kty or curve */
	AA_JOSE_KEY_PRIVATE,   /* oct, or private members, in a public set */
	AA_JOSE_KEY_LENGTH,    /* a coordinate that has not the length of its curve */
	AA_JOSE_KEY_MALFORMED, /* not a key at all */
	AA_JOSE_KEY_ENCRYPTED, /* an encrypted PEM, and no passphrase or a wrong one */
	AA_JOSE_NO_KEY,	       /* no key of this kid; no kid and several keys; two keys of this kid */
	AA_JOSE_SIGNATURE,     /* the signature is not this key's over these bytes */
	AA_JOSE_SIGNER,	       /* the holder of the private key refused to sign */
	AA_JOSE_ALG_OFF,       /* OpenSSL does not hand out the algorithm here: offered.h */
	AA_JOSE_CRYPTO,	       /* OpenSSL failed in a way that is not the input's doing */
};

/* Gives a sentence for a person, without a full stop: "the token is longer than 16 KiB". */
const char *aa_jose_strerror(enum aa_jose_err err);

enum aa_alg {
	AA_ALG_INVALID = 0,
	AA_ALG_RS256,
	AA_ALG_RS384,
	AA_ALG_RS512,
	AA_ALG_PS256,
	AA_ALG_PS384,
	AA_ALG_PS512,
	AA_ALG_ES256,
	AA_ALG_ES384,
	AA_ALG_ES512,
	AA_ALG_EDDSA,	/* Ed25519 only, RFC 8037 */
	AA_ALG_ED25519, /* the same under its own name, RFC 9864 */
};
#define AA_ALG_COUNT 12

/* Reads a name in its exact case, RFC 7518 section 3.1; any other text is AA_ALG_INVALID. */
enum aa_alg aa_alg_from_name(const char *name);
const char *aa_alg_name(enum aa_alg alg);
/* Says whether both names mean one algorithm: EdDSA and Ed25519 differ in the name alone. */
bool aa_alg_same(enum aa_alg a, enum aa_alg b);

#endif
