/* SPDX-License-Identifier: Apache-2.0 */
/* digest.c: SHA-256 in hexadecimal. */
#include "config.h"

#include "common/state/digest.h"

#include <errno.h>
#include <string.h>

#include <openssl/evp.h>

static void hex(char ret[65], const unsigned char md[32])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 32; i++) {
		ret[2 * i] = digits[md[i] >> 4];
		ret[2 * i + 1] = digits[md[i] & 15];
	}
	ret[64] = '\0';
}

int aa_sha256_hex(char ret[65], const void *data, size_t len)
{
	unsigned char md[32];
	unsigned n = 0;

	if (EVP_Digest(data, len, md, &n, EVP_sha256(), NULL) != 1 || n != sizeof(md))
		return -EIO;
	hex(ret, md);
	return 0;
}

int aa_sha256_pair(char ret[65], const char *a, const char *b)
{
	unsigned char md[32];
	unsigned n = 0;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
		 EVP_DigestUpdate(ctx, a, strlen(a) + 1) == 1 && EVP_DigestUpdate(ctx, b, strlen(b)) == 1 &&
		 EVP_DigestFinal_ex(ctx, md, &n) == 1 && n == sizeof(md);

	EVP_MD_CTX_free(ctx);
	if (!ok)
		return -EIO;
	hex(ret, md);
	return 0;
}
