/* SPDX-License-Identifier: Apache-2.0 */
/* crypto.c: the beginning of OpenSSL in a process, see crypto.h. */
#include "common/jose/crypto.h"

#include <limits.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

bool aa_crypto_begin(void)
{
	return OSSL_LIB_CTX_get0_global_default() != NULL;
}

bool aa_random(void *ret, size_t n)
{
	return n <= INT_MAX && aa_crypto_begin() && RAND_bytes(ret, (int)n) == 1;
}
