/* SPDX-License-Identifier: Apache-2.0 */
/* cdb_write.h writes accounts.cdb and policy.cdb of a generation (registry/accounts.h, verify/policy.h), account by
 * account, so that a million of them do not have to be in memory. */
#ifndef AGENTAUTHCTL_CDB_WRITE_H
#define AGENTAUTHCTL_CDB_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "tools/agentauthctl/model/model.h"

struct cdb_writer;

struct cdb_account {
	const char *name;
	uint32_t uid, flags;
	const char *gecos;
	const char *ssh; /* lines of the "s" record, or NULL */
	size_t ssh_len;
	const uint32_t *role_gids; /* of the "r" record */
	size_t n_role_gids;
};

/* Functions return 0 or a negative errno. After a failure, only cdb_write_free() may follow. */

/* cdb_write_begin() makes both files, empty, in the directory open as `dirfd`. */
int cdb_write_begin(int dirfd, const struct model *model, struct cdb_writer **ret);
int cdb_write_policy(struct cdb_writer *s, const char *key, const char *value, size_t len);
/* Accounts come in the order of their names. */
int cdb_write_account(struct cdb_writer *s, const struct cdb_account *account);
/* cdb_write_finish() writes what follows on the accounts, syncs both files, and frees `s`. */
int cdb_write_finish(struct cdb_writer *s);
void cdb_write_free(struct cdb_writer *s);

#endif
