/* SPDX-License-Identifier: Apache-2.0 */
/* base64url.c: base64url and base64, in the one form that an encoder would write. */
#include "common/jose/base64url.h"

#include <stdlib.h>
#include <string.h>

static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char std_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int sextet(char c, const char *alphabet)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == alphabet[62])
		return 62;
	return c == alphabet[63] ? 63 : -1;
}

/* Writes in_len * 3 / 4 bytes. Bits that no byte takes must be zero: otherwise two texts would mean the same bytes,
 * and a signed, logged or marked text would have a second spelling. */
static enum aa_jose_err decode_into(const char *in, size_t in_len, const char *alphabet, uint8_t *out)
{
	uint32_t bits = 0;
	unsigned have = 0;

	if (in_len % 4 == 1)
		return AA_JOSE_MALFORMED;
	for (size_t i = 0; i < in_len; i++) {
		int v = sextet(in[i], alphabet);

		if (v < 0)
			return AA_JOSE_MALFORMED;
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			*out++ = (uint8_t)(bits >> have);
			bits &= (1u << have) - 1;
		}
	}
	return bits == 0 ? AA_JOSE_OK : AA_JOSE_MALFORMED;
}

static enum aa_jose_err decode(const char *in, size_t in_len, const char *alphabet, uint8_t **ret,
			       size_t *ret_len)
{
	size_t len = in_len / 4 * 3 + in_len % 4 * 3 / 4;
	enum aa_jose_err err;
	uint8_t *out = malloc(len + 1);

	if (!out)
		return AA_JOSE_NOMEM;
	err = decode_into(in, in_len, alphabet, out);
	if (err != AA_JOSE_OK) {
		free(out);
		return err;
	}
	out[len] = 0;
	*ret = out;
	*ret_len = len;
	return AA_JOSE_OK;
}

static char *encode(const uint8_t *in, size_t in_len, const char *alphabet, bool pad)
{
	char *out, *o;

	if (in_len > SIZE_MAX / 2)
		return NULL;
	o = out = malloc((in_len + 2) / 3 * 4 + 1);
	if (!out)
		return NULL;
	for (size_t i = 0; i < in_len; i += 3) {
		size_t n = in_len - i < 3 ? in_len - i : 3;
		uint32_t v =
		    (uint32_t)in[i] << 16 | (n > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (n > 2 ? in[i + 2] : 0);

		for (size_t k = 0; k < 4; k++) {
			if (k <= n)
				*o++ = alphabet[v >> (18 - 6 * k) & 63];
			else if (pad)
				*o++ = '=';
		}
	}
	*o = 0;
	return out;
}

enum aa_jose_err aa_base64url_decode(const char *in, size_t in_len, uint8_t **ret, size_t *ret_len)
{
	return decode(in, in_len, url_alphabet, ret, ret_len);
}

char *aa_base64url_encode(const void *in, size_t in_len)
{
	return encode(in, in_len, url_alphabet, false);
}

enum aa_jose_err aa_base64_decode(const char *in, size_t in_len, uint8_t **ret, size_t *ret_len)
{
	size_t len = in_len;

	if (in_len % 4 != 0)
		return AA_JOSE_MALFORMED;
	while (len > 0 && in_len - len < 2 && in[len - 1] == '=')
		len--;
	return decode(in, len, std_alphabet, ret, ret_len);
}

char *aa_base64_encode(const void *in, size_t in_len)
{
	return encode(in, in_len, std_alphabet, true);
}
