/* SPDX-License-Identifier: Apache-2.0 */
/* base64url.h: base64url without padding, RFC 4648 section 5 and RFC 7515 section 2, canonical form only. */
#ifndef AGENTAUTH_JOSE_BASE64URL_H
#define AGENTAUTH_JOSE_BASE64URL_H

#include "common/jose/jose.h"

/* Refuses padding, + and /, any other byte, length % 4 == 1 and non-zero unused bits. The empty string
 * decodes to nothing. *ret is from malloc(), with a zero byte behind the data; the caller frees it. */
enum aa_jose_err aa_base64url_decode(const char *in, size_t in_len, uint8_t **ret, size_t *ret_len);

/* Encodes into a text from malloc(); NULL: memory is out. */
char *aa_base64url_encode(const void *in, size_t in_len);

/* These read and write the ordinary alphabet with its padding (RFC 4648 section 4), as strictly, for PEM and SSH
 * keys. */
enum aa_jose_err aa_base64_decode(const char *in, size_t in_len, uint8_t **ret, size_t *ret_len);
char *aa_base64_encode(const void *in, size_t in_len);

#endif
