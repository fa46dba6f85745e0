/* SPDX-License-Identifier: Apache-2.0 */
/* digester.c hashes with SHA-256, see digester.h. */
#include "config.h"

#include "tools/agentauthctl/publish/digester.h"

void digester_begin(struct digester *d)
{
	*d = (struct digester){EVP_MD_CTX_new(), EVP_MD_fetch(NULL, "SHA256", NULL)};
}

void digester_free(struct digester *d)
{
	EVP_MD_CTX_free(d->ctx);
	EVP_MD_free(d->md);
}

bool digester_hash(struct digester *d, const struct digest_part *parts, size_t n,
		   unsigned char ret[DIGEST_SIZE])
{
	if (!d->ctx || !d->md || EVP_DigestInit_ex2(d->ctx, d->md, NULL) != 1)
		return false;
	for (size_t i = 0; i < n; i++)
		if (EVP_DigestUpdate(d->ctx, parts[i].bytes, parts[i].len) != 1)
			return false;
	return EVP_DigestFinal_ex(d->ctx, ret, NULL) == 1;
}
