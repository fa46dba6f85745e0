/* SPDX-License-Identifier: Apache-2.0 */
/* digester.h hashes many short texts with SHA-256, with memory that is used again. */
#ifndef AGENTAUTHCTL_DIGESTER_H
#define AGENTAUTHCTL_DIGESTER_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#define DIGEST_SIZE 32

struct digester {
	EVP_MD_CTX *ctx;
	EVP_MD *md;
};

struct digest_part {
	const void *bytes;
	size_t len;
};

void digester_begin(struct digester *d);
void digester_free(struct digester *d);
/* digester_hash() hashes the parts as one text. It returns false where OpenSSL fails, or did not begin. */
bool digester_hash(struct digester *d, const struct digest_part *parts, size_t n,
		   unsigned char ret[DIGEST_SIZE]);

#endif
