/* SPDX-License-Identifier: Apache-2.0 */
/* crypto.h: OpenSSL, where it can be called at all, and random bytes.
 *
 * OpenSSL makes what it keeps for a process, its default library context, in the first call that wants it. Where memory is out
 * then, versions 3.0 to 3.4 go on with a context that has no locks, and that call, or a later one, reads through NULL: in
 * sshd's process, and in sudo's. Asking for the context by name is the call that makes it and says whether it was made. So
 * each function of this room by which a process can come to OpenSSL first asks here; what takes a key that was made does not.
 * Nothing outside this room begins with OpenSSL.
 */
#ifndef AGENTAUTH_JOSE_CRYPTO_H
#define AGENTAUTH_JOSE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>

/* Says whether OpenSSL can be called. False: its beginning lacked memory, and for this process that is for good. */
bool aa_crypto_begin(void);

/* Fills ret with random bytes of the kernel's, for which nothing of OpenSSL is loaded. False: it has none. */
bool aa_random(void *ret, size_t n);

#endif
