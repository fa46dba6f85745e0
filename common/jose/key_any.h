/* SPDX-License-Identifier: Apache-2.0 */
/* key_any.h: keys whose form is told from their bytes. */
#ifndef AGENTAUTH_JOSE_KEY_ANY_H
#define AGENTAUTH_JOSE_KEY_ANY_H

#include "common/jose/jose.h"
#include "common/jose/key.h"
#include "common/jose/key_private.h"

/* Reads JWK, JWKS with one usable key, PEM or an SSH line. A private half anywhere in the bytes is refused, in whichever
 * form. */
enum aa_jose_err aa_key_from_any(const char *text, size_t len, struct aa_key **ret);
/* Reads PEM, OpenSSH's format, a private JWK (whose kid and alg stay with the public half) or PKCS#12. OpenSSH's with
 * a passphrase is AA_JOSE_KEY_ENCRYPTED whatever `passphrase` is; PKCS#12 that opens and has a cipher that OpenSSL has not
 * is AA_JOSE_CRYPTO. */
enum aa_jose_err aa_private_key_from_any(const char *bytes, size_t len, const char *passphrase,
					 struct aa_private_key **ret);

#endif
