/* SPDX-License-Identifier: Apache-2.0 */
/* crypto.c: the beginning of OpenSSL in a process, see crypto.h. */
#include "common/jose/crypto.h"

#include <errno.h>
#include <sys/random.h>

#include <openssl/crypto.h>

bool aa_crypto_begin(void)
{
	return OSSL_LIB_CTX_get0_global_default() != NULL;
}

bool aa_random(void *ret, size_t n)
{
	unsigned char *at = ret;

	while (n > 0) {
		ssize_t done = getrandom(at, n, 0);

		if (done < 0 && errno != EINTR)
			return false;
		at += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
	return true;
}
