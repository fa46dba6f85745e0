/* SPDX-License-Identifier: Apache-2.0 */
/* seals.h: signed statements that the audit log had a line of this number and this hash, by which whoever keeps one can
 * tell later that the log was not written anew. A seal is a compact JWS, whose kid is the thumbprint of its key;
 * LOGDIR/audit.seals has those of this host. A key that is followed by another signs the successor's public half in its
 * last seal, so that the first key is enough to believe those of all. */
#ifndef AGENTAUTHCTL_SEALS_H
#define AGENTAUTHCTL_SEALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/jose/key.h"
#include "common/jose/key_jwk.h"
#include "common/jose/key_private.h"
#include "common/state/audit_chain.h"
#include "common/state/audit_verify.h"
#include "tools/cli/problems.h"

#define SEALS_NAME "audit.seals"
#define SEAL_KEY "seal.key" /* in STATEDIR: the private half, root's alone */
#define SEAL_PUB "seal.pub" /* the public halves of all keys that there were, the newest last */

struct seal {
	struct aa_audit_link at;
	char time[32];
	uint64_t line; /* that had its number, counted over all files; 0: none */
	bool fits;
};

struct seals {
	struct seal *v; /* by seq */
	size_t n, cap;
	size_t next; /* whose number the walk has not passed */
	uint64_t met;
};

struct seal_keys {
	struct seal_key {
		struct aa_key *key;
		char kid[AA_THUMBPRINT_SIZE];
	} * v;
	size_t n, cap;
};

/* Takes the key of any form, or of PEM as many as there are. AA_JOSE_OK: at least one, and all of them. */
enum aa_jose_err seal_keys_add(struct seal_keys *keys, const char *text);
void seal_keys_free(struct seal_keys *keys);

/* Returns a new seal, from malloc(); NULL: it could not be signed. `next`: the key that comes after this one, in PEM, or
 * NULL. */
char *seal_make(const struct aa_private_key *key, const char *host, const struct aa_audit_link *at,
		int64_t now, const char *next);

/* Reads a file's lines, of which each must be a seal by one of the keys, to which the successors are added. Those that are
 * not are reported with `file`. */
void seals_read(const char *text, const char *file, struct seal_keys *keys, struct problems *problems,
		struct seals *ret);
void seals_sort(struct seals *seals);
void seals_free(struct seals *seals);

/* Holds the seals of the number that the walk has come to against its line. */
void seals_meet(struct seals *seals, const struct aa_audit_line *line);

struct seals_result {
	size_t fitting, older; /* older: of lines before the first */
	const struct seal *newest_older;
	const struct seal *broken,
	    *good; /* the first that does not fit, and the last that fits before it; NULL: none */
	size_t more_broken;
	const struct seal *behind; /* the last, where its line and all behind are missing; NULL: none */
};
struct seals_result seals_end(const struct seals *seals, uint64_t first_seq, uint64_t last_seq);

#endif
