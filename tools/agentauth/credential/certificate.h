/* SPDX-License-Identifier: Apache-2.0 */
/* certificate.h: takes the digest of a certificate, by which some identity providers find the key that was registered. */
#ifndef AGENTAUTH_AGENT_CERTIFICATE_H
#define AGENTAUTH_AGENT_CERTIFICATE_H

#include "common/jose/key_private.h"

#define CERTIFICATE_DIGEST_SIZE 44

/* Computes the SHA-256 of the first certificate in the PEM file `path`, in base64url, as "x5t#S256" of RFC 7515 section 4.1.8
 * has it. The certificate must be of `key` and not have ended; the identity provider looks at its chain. Returns 0, or -1 with
 * the reason said. */
int certificate_digest(const char *path, const struct aa_private_key *key, char ret[CERTIFICATE_DIGEST_SIZE]);

#endif
