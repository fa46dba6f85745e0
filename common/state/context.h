/* SPDX-License-Identifier: Apache-2.0 */
/* context.h: one decision's view of the host: one generation, one time, and the directories. */
#ifndef AGENTAUTH_STATE_CONTEXT_H
#define AGENTAUTH_STATE_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/registry/accounts.h"
#include "common/state/audit.h"
#include "common/verify/policy.h"
#include "common/verify/verdict.h"

struct aa_context {
	const char *statedir, *rundir, *logdir; /* set by the caller, and owner and now too */
	uid_t owner;				/* who must own what is read, beside uid 0 */
	int64_t now;
	char keysdir[4096];
	char hostname[256];
	const struct aa_trace *trace; /* NULL: nobody looks on */
	bool dry;		      /* no mark is made, no key asked for, no line logged */
	bool starved;		      /* a limit of the caller's could not be raised, see guard.h */
	int gen_fd;		      /* -1: not open */
	struct aa_accounts accounts;
	struct aa_policy *policy; /* NULL: not open */
};

/* Opens the generation and its accounts. 0 or a negative errno, never -ENOENT. The caller calls aa_context_close() in
 * every case. */
int aa_context_open(struct aa_context *ctx);
/* Opens the same and finds the account. 0; -ENOENT: there is no such agent; another negative errno: it cannot be
 * told. The caller calls aa_context_close() in every case. */
int aa_context_find(struct aa_context *ctx, const char *name, struct aa_account *ret);
/* Opens the policy and the agent's record, and adds the roles that it has for a time. AA_AGENT_RETIRED for a retired account, AA_REGISTRY_UNAVAILABLE where the two
 * halves of the registry do not agree. */
enum aa_reason aa_context_agent(struct aa_context *ctx, const struct aa_account *account,
				struct aa_agent **ret);
void aa_context_close(struct aa_context *ctx);

/* Appends to the audit log as the host's policy says. Steals the reference. AA_OK, or AA_AUDIT_UNAVAILABLE where the
 * policy is to deny. Where the policy cannot be read, or the caller's limits may be why the line is missing, the
 * answer is to deny. */
enum aa_reason aa_context_audit(struct aa_context *ctx, json_t *record);

#endif
