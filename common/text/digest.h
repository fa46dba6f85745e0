/* SPDX-License-Identifier: Apache-2.0 */
/* digest.h: SHA-256 (FIPS 180-4, sections 5 and 6.2) on libc alone, for names and for the log's chain.
 *
 * Signatures are OpenSSL's. But an agent's sudo verifies none, and hashes a few hundred bytes: to load libcrypto for these
 * took as long as half of a person's whole sudo.
 */
#ifndef AGENTAUTH_TEXT_DIGEST_H
#define AGENTAUTH_TEXT_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define AA_DIGEST_SIZE 32
#define AA_DIGEST_BLOCK 64

/* A hash is being made: `n` bytes so far, of which the last, incomplete block is kept. */
struct aa_digest {
	uint32_t h[8];
	uint64_t n;
	unsigned char block[AA_DIGEST_BLOCK];
};

void aa_digest_begin(struct aa_digest *digest);
void aa_digest_add(struct aa_digest *digest, const void *data, size_t n);
/* Gives the hash of all that was added; the digest must begin anew. */
void aa_digest_end(struct aa_digest *digest, unsigned char ret[AA_DIGEST_SIZE]);

#endif
