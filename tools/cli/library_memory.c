/* SPDX-License-Identifier: Apache-2.0 */
/* library_memory.c: see library_memory.h. */
#include "config.h"

#include "tools/cli/library_memory.h"

#include <stdlib.h>

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "tools/cli/alloc.h"

static void *crypto_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return size ? xmalloc(size) : NULL;
}

static void *crypto_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (size)
		return xrealloc(old, size, 1);
	free(old);
	return NULL;
}

static void crypto_free(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	free(memory);
}

void library_memory(json_free_t free_json)
{
	json_set_alloc_funcs(xmalloc, free_json);
	(void)CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free);
}

void library_begin(void)
{
	unsigned char hash[EVP_MAX_MD_SIZE];

	(void)EVP_Digest("", 0, hash, NULL, EVP_sha256(), NULL);
}
