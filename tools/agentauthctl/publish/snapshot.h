/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.h: writing accounts.cdb and policy.cdb of a generation (registry/accounts.h, verify/policy.h),
 * account by account, so that a million of them do not have to be in memory.
 */
#ifndef AGENTAUTHCTL_SNAPSHOT_H
#define AGENTAUTHCTL_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "tools/agentauthctl/model/model.h"

struct snapshot;

struct snapshot_account {
	const char *name;
	uint32_t uid, flags;
	const char *gecos;
	const char *ssh; /* lines of the "s" record, or NULL */
	size_t ssh_len;
};

/* All give 0 or a negative errno. After one failed, only snapshot_free() may follow. */

/* Makes both files, empty, in the directory open as `dirfd`. */
int snapshot_begin(int dirfd, const struct model *model, struct snapshot **ret);
int snapshot_policy(struct snapshot *s, const char *key, const char *value, size_t len);
/* In the order of their names. */
int snapshot_account(struct snapshot *s, const struct snapshot_account *account);
/* Writes what follows on the accounts, syncs both files, and frees the snapshot. */
int snapshot_finish(struct snapshot *s);
void snapshot_free(struct snapshot *s);

#endif
