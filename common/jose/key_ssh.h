/* SPDX-License-Identifier: Apache-2.0 */
/* key_ssh.h: public keys and signatures as OpenSSH writes them: RFC 4253 section 6.6, RFC 5656, RFC 8709. */
#ifndef AGENTAUTH_JOSE_KEY_SSH_H
#define AGENTAUTH_JOSE_KEY_SSH_H

#include "common/jose/jose.h"
#include "common/jose/key.h"
#include "common/jose/key_private.h"
#include "common/jose/ssh_wire.h"

/* Reads a public key line, "TYPE BASE64 [comment]". */
enum aa_jose_err aa_key_from_ssh(const char *line, size_t len, struct aa_key **ret);
/* Reads the BASE64 of such a line, decoded. */
enum aa_jose_err aa_key_from_ssh_blob(const uint8_t *blob, size_t len, struct aa_key **ret);
/* Reads such a blob whose type is already known: the blob must name it too. */
enum aa_jose_err aa_key_from_ssh_type(const char *type, struct aa_ssh_reader in, struct aa_key **ret);
/* Writes "TYPE BASE64" as sshd writes it. *ret is from malloc(). */
enum aa_jose_err aa_key_to_ssh(const struct aa_key *key, char **ret);

/* Reads an SSH agent's signature by the private half of `pub` (RFC 8332 section 3, RFC 5656 section 3.1.2, RFC 8709
 * section 6). */
enum aa_jose_err aa_signature_from_ssh(const struct aa_key *pub, enum aa_alg alg, const uint8_t *blob,
				       size_t len, struct aa_signature *ret);

#endif
