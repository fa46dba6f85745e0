/* SPDX-License-Identifier: Apache-2.0 */
/* ssh_wire.h: numbers and strings as SSH writes them, in keys, in signatures and between an ssh-agent and its clients: RFC
 * 4251 section 5. */
#ifndef AGENTAUTH_JOSE_SSH_WIRE_H
#define AGENTAUTH_JOSE_SSH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes yet to be read. Each aa_ssh_take_… is false where they do not hold what it takes. */
struct aa_ssh_reader {
	const uint8_t *p;
	size_t n;
};
bool aa_ssh_take_u32(struct aa_ssh_reader *in, uint32_t *ret);
/* Takes a length of four bytes and that many bytes, which *ret points to. */
bool aa_ssh_take_string(struct aa_ssh_reader *in, const uint8_t **ret, size_t *ret_len);
/* Takes a positive number, without its sign byte; unneeded zeros are refused. */
bool aa_ssh_take_mpint(struct aa_ssh_reader *in, const uint8_t **ret, size_t *ret_len);
bool aa_ssh_take_word(struct aa_ssh_reader *in, const char *word);

#define AA_SSH_TYPE_MAX 64
/* Gives the first word of a key's blob, with a zero behind it. Types are few, and none is long. */
bool aa_ssh_type_of(struct aa_ssh_reader blob, char ret[AA_SSH_TYPE_MAX]);

/* Bytes written so far; the caller's buffer has room for all that is put into it, a string with 4 bytes more. */
struct aa_ssh_writer {
	uint8_t *p;
	size_t n;
};
void aa_ssh_put_u32(struct aa_ssh_writer *out, uint32_t number);
void aa_ssh_put_string(struct aa_ssh_writer *out, const void *bytes, size_t len);

#endif
