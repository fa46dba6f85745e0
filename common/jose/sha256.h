/* SPDX-License-Identifier: Apache-2.0 */
/* sha256.h: writes SHA-256 as text: in hexadecimal, for names and the log, and in base64url. */
#ifndef AGENTAUTH_JOSE_SHA256_H
#define AGENTAUTH_JOSE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define AA_SHA256_HEX_SIZE 65 /* with its zero */

/* Writes bytes as lower case hexadecimal digits, two each, and a zero. */
void aa_hex(char *ret, const void *bytes, size_t n);

/* The hash is that of common/text/digest.h, which cannot fail: these answer 0. */
int aa_sha256_hex(char ret[AA_SHA256_HEX_SIZE], const void *data, size_t len);
/* Hashes texts with a zero between each two: whatever stands in them, two lists that differ hash apart. */
int aa_sha256_texts(char ret[AA_SHA256_HEX_SIZE], const char *const *texts, size_t n);
int aa_sha256_pair(char ret[AA_SHA256_HEX_SIZE], const char *a, const char *b);
/* Gives the first 64 bits of such a hash, as the key of a table. */
uint64_t aa_sha256_first(const char hex[AA_SHA256_HEX_SIZE]);
/* Hashes a text into base64url without padding, 43 characters. The caller frees; NULL: memory is out. */
char *aa_sha256_base64url(const char *text);

#endif
