/* SPDX-License-Identifier: Apache-2.0 */
/* sha256.c: writes SHA-256 as text, see sha256.h. */
#include "config.h"

#include "common/jose/sha256.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/jose/base64url.h"
#include "common/jose/crypto.h"

#define HASH_SIZE 32

void aa_hex(char *ret, const void *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *b = bytes;

	for (size_t i = 0; i < n; i++) {
		ret[2 * i] = digits[b[i] >> 4];
		ret[2 * i + 1] = digits[b[i] & 15];
	}
	ret[2 * n] = '\0';
}

static bool hash(unsigned char ret[HASH_SIZE], const void *data, size_t len)
{
	return aa_crypto_begin() && EVP_Digest(data, len, ret, NULL, EVP_sha256(), NULL) == 1;
}

int aa_sha256_hex(char ret[AA_SHA256_HEX_SIZE], const void *data, size_t len)
{
	unsigned char md[HASH_SIZE];

	if (!hash(md, data, len))
		return -EIO;
	aa_hex(ret, md, sizeof(md));
	return 0;
}

int aa_sha256_texts(char ret[AA_SHA256_HEX_SIZE], const char *const *texts, size_t n)
{
	EVP_MD_CTX *ctx = aa_crypto_begin() ? EVP_MD_CTX_new() : NULL;
	unsigned char md[HASH_SIZE];
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(ctx, texts[i], strlen(texts[i]) + (i + 1 < n)) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, md, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return -EIO;
	aa_hex(ret, md, sizeof(md));
	return 0;
}

int aa_sha256_pair(char ret[AA_SHA256_HEX_SIZE], const char *a, const char *b)
{
	const char *const texts[] = {a, b};

	return aa_sha256_texts(ret, texts, 2);
}

char *aa_sha256_base64url(const char *text)
{
	unsigned char md[HASH_SIZE];

	return hash(md, text, strlen(text)) ? aa_base64url_encode(md, sizeof(md)) : NULL;
}

uint64_t aa_sha256_first(const char hex[AA_SHA256_HEX_SIZE])
{
	char first[17];

	memcpy(first, hex, 16);
	first[16] = '\0';
	return strtoull(first, NULL, 16);
}
