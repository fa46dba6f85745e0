/* SPDX-License-Identifier: Apache-2.0 */
/* digest.h: SHA-256 as the names of files and the links of the audit chain. */
#ifndef AGENTAUTH_STATE_DIGEST_H
#define AGENTAUTH_STATE_DIGEST_H

#include <stddef.h>

/* 64 lower case hexadecimal digits and a zero. 0 or -EIO (OpenSSL failed). */
int aa_sha256_hex(char ret[65], const void *data, size_t len);
/* Of A NUL B. */
int aa_sha256_pair(char ret[65], const char *a, const char *b);

#endif
