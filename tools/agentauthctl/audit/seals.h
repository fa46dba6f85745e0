/* SPDX-License-Identifier: Apache-2.0 */
/* seals.h: signed statements that the audit log had a line of this number and this hash, by which whoever keeps one can
 * tell later that the log was not written anew. A seal is a compact JWS; LOGDIR/audit.seals has those of this host. */
#ifndef AGENTAUTHCTL_SEALS_H
#define AGENTAUTHCTL_SEALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/jose/key.h"
#include "common/jose/key_private.h"
#include "common/state/audit_chain.h"
#include "tools/cli/problems.h"

#define SEALS_NAME "audit.seals"
#define SEAL_KEY "seal.key" /* in STATEDIR: the private half, root's alone */
#define SEAL_PUB "seal.pub"

struct seal {
	struct aa_audit_link at;
	char time[32];
};

struct seals {
	struct seal *v; /* by seq */
	size_t n, cap;
};

/* Returns a new seal, from malloc(); NULL: it could not be signed. */
char *seal_make(const struct aa_private_key *key, const char *host, const struct aa_audit_link *at,
		int64_t now);

/* Reads a file's lines, of which each must be a seal by this key; those that are not are reported with `file`: false. */
bool seals_read(const char *text, const char *file, const struct aa_key *key, struct problems *problems,
		struct seals *ret);
void seals_sort(struct seals *seals);
void seals_free(struct seals *seals);

#endif
