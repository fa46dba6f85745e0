/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_wire.c: numbers and strings as SSH writes them, see ssh_wire.h. */

#include "common/jose/ssh_wire.h"

#include <string.h>

bool aa_ssh_take_u32(struct aa_ssh_reader *in, uint32_t *ret)
{
	if (in->n < 4)
		return false;
	*ret = (uint32_t)in->p[0] << 24 | (uint32_t)in->p[1] << 16 | (uint32_t)in->p[2] << 8 | in->p[3];
	in->p += 4;
	in->n -= 4;
	return true;
}

bool aa_ssh_take_string(struct aa_ssh_reader *in, const uint8_t **ret, size_t *ret_len)
{
	uint32_t len;

	if (!aa_ssh_take_u32(in, &len) || len > in->n)
		return false;
	*ret = in->p;
	*ret_len = len;
	in->p += len;
	in->n -= len;
	return true;
}

bool aa_ssh_take_mpint(struct aa_ssh_reader *in, const uint8_t **ret, size_t *ret_len)
{
	const uint8_t *p;
	size_t len;

	if (!aa_ssh_take_string(in, &p, &len) || len == 0 || p[0] & 0x80)
		return false;
	if (p[0] == 0) {
		if (len < 2 || !(p[1] & 0x80))
			return false;
		p++;
		len--;
	}
	*ret = p;
	*ret_len = len;
	return true;
}

bool aa_ssh_take_word(struct aa_ssh_reader *in, const char *word)
{
	const uint8_t *p;
	size_t len;

	return aa_ssh_take_string(in, &p, &len) && len == strlen(word) && memcmp(p, word, len) == 0;
}

bool aa_ssh_type_of(struct aa_ssh_reader blob, char ret[AA_SSH_TYPE_MAX])
{
	const uint8_t *word;
	size_t len;

	if (!aa_ssh_take_string(&blob, &word, &len) || len >= AA_SSH_TYPE_MAX || memchr(word, 0, len))
		return false;
	memcpy(ret, word, len);
	ret[len] = 0;
	return true;
}

void aa_ssh_put_u32(struct aa_ssh_writer *out, uint32_t number)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		out->p[out->n++] = (uint8_t)(number >> shift);
}

void aa_ssh_put_string(struct aa_ssh_writer *out, const void *bytes, size_t len)
{
	aa_ssh_put_u32(out, (uint32_t)len);
	memcpy(out->p + out->n, bytes, len);
	out->n += len;
}
