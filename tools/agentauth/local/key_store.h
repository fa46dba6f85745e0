/* SPDX-License-Identifier: Apache-2.0 */
/* key_store.h: a key that a PKCS#11 token, a TPM or another provider of OpenSSL keeps, named by its URI. */
#ifndef AGENTAUTH_AGENT_KEY_STORE_H
#define AGENTAUTH_AGENT_KEY_STORE_H

#include <stddef.h>

#include "common/jose/key.h"
#include "tools/agentauth/local/secret.h"

/* The private key at `uri`, such as "pkcs11:token=…;object=…" (RFC 7512) or "handle:0x81000001" (tpm2-openssl). The provider
 * is the one that the URI's scheme is known for, beside those that openssl.cnf(5) loads. `pin` is read when the provider asks
 * for it, and nobody is asked at a terminal. NULL with the reason said. */
struct aa_private_key *key_store_open(const char *uri, const struct secret_source *pin);

/* Whether the text is a key in PEM whose private half is in a provider: what a TPM has wrapped, or the URI of a token's. */
bool key_store_wrote(const char *pem, size_t len);
/* The key of such a text, which is the file `path`. NULL with the reason said. */
struct aa_private_key *key_store_decode(const char *path, const char *pem, size_t len,
					const struct secret_source *pin);

#endif
