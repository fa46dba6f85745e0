/* SPDX-License-Identifier: Apache-2.0 */
/* decision.h: what was decided beside the text: STATEDIR/state/, suspended agents and revoked credentials.
 *
 * A decision wins over the text and survives apply and rollback. Every decision is one file, so that it is made and
 * read atomically:
 *   state/suspended/NAME              JSON {"by", "at", "why"}
 *   state/revoked/jti/SHA256HEX       of ISSUER NUL JTI       (issuer: its configured name, "" for assertions, "*" for all)
 *                                     JSON {"issuer", "jti", "by", "at", "why"}
 *   state/revoked/kid/SHA256HEX       of KID                  JSON {"kid", "by", "at", "why"}
 *   state/revoked/before/NAME         JSON {"before": seconds, "by", "at", "why"}: the agent's credentials issued
 *                                     earlier are refused
 * The directories are 0700. A directory that cannot be read denies.
 */
#ifndef AGENTAUTH_STATE_DECISION_H
#define AGENTAUTH_STATE_DECISION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "common/verify/reason.h"

/* Says whether the agent is suspended. AA_OK, AA_AGENT_SUSPENDED, or AA_REGISTRY_UNAVAILABLE where that cannot be
 * told. */
enum aa_reason aa_decision_agent(const char *statedir, const char *agent);
/* Says whether a credential was revoked. AA_OK, AA_REVOKED, or AA_REGISTRY_UNAVAILABLE. jti, kid may be NULL; iat 0:
 * unknown. The jti is looked up both under the issuer and under "*" (revoked without naming an issuer). *ret_claim
 * (or NULL) names the claim: iat, jti or kid. */
enum aa_reason aa_decision_credential(const char *statedir, const char *agent, const char *issuer,
				      const char *jti, const char *kid, int64_t iat, const char **ret_claim);

/* The writers answer 0 or a negative errno. -EEXIST / -ENOENT: that was decided, or taken back, already. */
int aa_decision_suspend(const char *statedir, const char *agent, const char *by, const char *why,
			int64_t now);
int aa_decision_resume(const char *statedir, const char *agent);

/* These hold at once as well, and outlive a loss of power from aa_decision_sync() on: thousands of agents wait for the
 * disk once, and not once for each. */
int aa_decision_suspend_one_of_many(const char *statedir, const char *agent, const char *by, const char *why,
				    int64_t now);
int aa_decision_resume_one_of_many(const char *statedir, const char *agent);
int aa_decision_sync(const char *statedir);
int aa_decision_revoke_jti(const char *statedir, const char *issuer, const char *jti, const char *by,
			   const char *why, int64_t now);
int aa_decision_revoke_kid(const char *statedir, const char *kid, const char *by, const char *why,
			   int64_t now);
/* -EEXIST also where an earlier decision cuts off as much or more. */
int aa_decision_revoke_before(const char *statedir, const char *agent, int64_t before, const char *by,
			      const char *why, int64_t now);
int aa_decision_unrevoke_jti(const char *statedir, const char *issuer, const char *jti);
int aa_decision_unrevoke_kid(const char *statedir, const char *kid);
int aa_decision_unrevoke_before(const char *statedir, const char *agent);
/* Lists all that is revoked, as an array of the files' objects, each with "kind" (jti, kid, before), "file" (below
 * state/) and, for a date, "agent". A file that cannot be understood revokes all the same, and has these members
 * alone. A new reference. 0 or a negative errno. */
int aa_decision_revocations(const char *statedir, json_t **ret);
/* Gives the revoked keys as an object: of each kid's SHA-256 as hex, what aa_decision_revocations() lists of it. */
int aa_decision_revoked_keys(const char *statedir, json_t **ret);
/* Gives the content of state/suspended/NAME as a new reference. NULL: not suspended, or unreadable. */
json_t *aa_decision_suspension(const char *statedir, const char *agent);
/* Gives the content of state/revoked/before/NAME likewise. */
json_t *aa_decision_cutoff(const char *statedir, const char *agent);
/* Makes state/ and the folders below it. */
int aa_decision_init(const char *statedir);

/* ---- one file, for those that keep decisions of another kind in state/ ---- */

/* Writes state/DIR/NAME, synced, and steals the reference. An existing file is replaced only if `replace` says so. 0 or a
 * negative errno. */
int aa_decision_write(const char *statedir, const char *dir, const char *name, json_t *what, bool replace);
/* Gives its content as a new reference. NULL: there is none, or none that is to be believed. */
json_t *aa_decision_load(const char *statedir, const char *dir, const char *name);
/* Removes it. -ENOENT: there was none. */
int aa_decision_withdraw(const char *statedir, const char *dir, const char *name);

#endif
