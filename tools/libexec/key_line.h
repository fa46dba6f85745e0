/* SPDX-License-Identifier: Apache-2.0 */
/* key_line.h: makes the line of authorized_keys that admits a key which sshd was offered. */
#ifndef AGENTAUTH_LIBEXEC_KEY_LINE_H
#define AGENTAUTH_LIBEXEC_KEY_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Check a key's type and base64 as sshd writes them, %t and %k: any other text is a mistake in sshd_config. */
bool aa_key_line_type_is_valid(const char *type);
bool aa_key_line_blob_is_valid(const char *blob);

/* Gives the line for the key `type` `blob` of the agent `user`, with its LF, if the registry has the key and it has
 * not expired at `now`, seconds since 1970. *ret_line is from malloc(); *ret_uid is the agent's. -ENOENT: the agent
 * has no such key, is retired, or `user` is no agent, or an agent whose name the file `passwd` has. Another negative
 * errno: it cannot be told; -EBADMSG: damaged. */
int aa_key_line(const char *statedir, uid_t owner, const char *passwd, const char *user, const char *type,
		const char *blob, int64_t now, uint32_t *ret_uid, char **ret_line);

#endif
