/* SPDX-License-Identifier: Apache-2.0 */
/* generation.h: opens the published generation of the registry.
 *
 * STATEDIR/current is a symbolic link to generations/N. A reader opens it once, as a directory, and goes on with
 * openat(), so that all that it reads in one decision is of one generation, whatever is published meanwhile.
 *
 * Every function answers 0 or a negative errno value, logs nothing and leaves errno as it was. -ENOENT is "there is
 * none"; any other value is "cannot be told", and the caller fails closed.
 */
#ifndef AGENTAUTH_REGISTRY_GENERATION_H
#define AGENTAUTH_REGISTRY_GENERATION_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define AA_ACCOUNTS_FILE "accounts.cdb"
#define AA_POLICY_FILE "policy.cdb"
#define AA_CURRENT_LINK "current"	 /* in STATEDIR: the symbolic link to generations/N */
#define AA_GENERATIONS_DIR "generations" /* in STATEDIR */
#define AA_OPEN_TRIES 3 /* a generation may be replaced and removed while a reader is on its way to it */

/* Opens STATEDIR/current. It and STATEDIR must be owned by uid 0 or by `owner`, and be writable by nobody
 * else. -ENOENT: nothing was published yet. A link that points to nothing, or not to generations/N, is
 * -EBADMSG. *ret_fd is an O_CLOEXEC directory descriptor that the caller closes. */
int aa_generation_open(const char *statedir, uid_t owner, int *ret_fd);

/* Reads the number of the generation that STATEDIR/current points to: 1 or more. */
int aa_generation_number(const char *statedir, uint32_t *ret_number);

/* Writes "generations/N". */
#define AA_GENERATION_PATH_MAX sizeof(AA_GENERATIONS_DIR "/4294967295")
void aa_generation_path(char ret[AA_GENERATION_PATH_MAX], uint32_t number);

#endif
