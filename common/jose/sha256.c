/* SPDX-License-Identifier: Apache-2.0 */
/* sha256.c: writes SHA-256 as text, see sha256.h. */
#include "config.h"

#include "common/jose/sha256.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/jose/base64url.h"
#include "common/text/digest.h"

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

static void hash(unsigned char ret[AA_DIGEST_SIZE], const void *data, size_t len)
{
	struct aa_digest digest;

	aa_digest_begin(&digest);
	aa_digest_add(&digest, data, len);
	aa_digest_end(&digest, ret);
}

int aa_sha256_hex(char ret[AA_SHA256_HEX_SIZE], const void *data, size_t len)
{
	unsigned char md[AA_DIGEST_SIZE];

	hash(md, data, len);
	aa_hex(ret, md, sizeof(md));
	return 0;
}

int aa_sha256_texts(char ret[AA_SHA256_HEX_SIZE], const char *const *texts, size_t n)
{
	unsigned char md[AA_DIGEST_SIZE];
	struct aa_digest digest;

	aa_digest_begin(&digest);
	for (size_t i = 0; i < n; i++)
		aa_digest_add(&digest, texts[i], strlen(texts[i]) + (i + 1 < n));
	aa_digest_end(&digest, md);
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
	unsigned char md[AA_DIGEST_SIZE];

	hash(md, text, strlen(text));
	return aa_base64url_encode(md, sizeof(md));
}

uint64_t aa_sha256_first(const char hex[AA_SHA256_HEX_SIZE])
{
	char first[17];

	memcpy(first, hex, 16);
	first[16] = '\0';
	return strtoull(first, NULL, 16);
}
