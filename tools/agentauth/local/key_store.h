/* SPDX-License-Identifier: Apache-2.0 */
/* key_store.h: opens a key that a PKCS#11 token, a TPM or another provider of OpenSSL keeps. */
#ifndef AGENTAUTH_AGENT_KEY_STORE_H
#define AGENTAUTH_AGENT_KEY_STORE_H

#include <stddef.h>

#include "common/jose/key_private.h"
#include "tools/agentauth/local/secret.h"

/* Opens the private key at `uri`, such as "pkcs11:token=…;object=…" (RFC 7512) or "handle:0x81000001" (tpm2-openssl). The
 * URI's scheme decides which provider is loaded beside those of openssl.cnf(5). `pin` is read when the provider asks for a
 * PIN; nobody is asked at a terminal. Returns NULL with the reason said. */
struct aa_private_key *key_store_open(const char *uri, const struct secret_source *pin);

/* Tells whether the text is PEM whose private key only a provider can use: a key that a TPM has wrapped, or the URI of a key
 * in a token. */
bool key_store_wrote(const char *pem, size_t len);
/* Opens the key of such a text, which was read from the file `path`. Returns NULL with the reason said. */
struct aa_private_key *key_store_decode(const char *path, const char *pem, size_t len,
					const struct secret_source *pin);

#endif
